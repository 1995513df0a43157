import { assert } from 'chai';
import type { AutoAnswer, Call } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { calling, inDialog, inviteVia, peerOffer } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

type Stage = Phone & { readonly calls: Call[] };

/** A phone whose calls may answer themselves, with leave to use the microphone or without. */
async function desk(autoAnswer?: AutoAnswer, permission: PermissionState | 'untold' = 'granted'): Promise<Stage> {
  const calls: Call[] = [];
  const stage = await phone({ account: autoAnswer === undefined ? {} : { autoAnswer } });
  const { environment } = stage;
  environment.queryMicrophonePermission = () => Promise.resolve(permission === 'untold' ? undefined : permission);
  stage.ua.on('incomingCall', ({ call }) => calls.push(call));
  return { ...stage, calls };
}

const invite = (headers: Record<string, string> = {}): string =>
  peerRequest('INVITE', { Via: inviteVia, ...headers }, peerOffer());

const intercom = { 'Call-Info': '<sip:example.com>;answer-after=0' };

describe('calls that answer themselves', () => {
  it('CALL-16: the app hears of the call first, then it rings, then it is answered', async () => {
    const { server, calls, ua } = await desk('header');
    const states: string[] = [];
    ua.on('incomingCall', ({ call }) => {
      assert.deepEqual(call.autoAnswer, { after: 0, by: 'Call-Info' });
      assert.deepEqual(call.getSnapshot().autoAnswer, { after: 0, by: 'Call-Info' });
      states.push(call.state);
      call.on('stateChanged', ({ state }) => states.push(state));
    });
    server.send(invite(intercom));
    await server.response(180);
    await server.response(200);
    assert.deepEqual(states, ['incoming', 'connecting']);
    assert.isUndefined(calls[0]?.autoAnswer, 'it is no question any more');
  });

  it('CALL-16: what phones and exchanges ask by', async () => {
    const cases: [header: Record<string, string>, after: number, by: string][] = [
      [{ 'Call-Info': '<sip:x>;purpose=icon, <sip:y>;answer-after=2' }, 2, 'Call-Info'],
      [{ 'Alert-Info': '<http://www.notused.com>;info=alert-autoanswer;delay=3' }, 3, 'Alert-Info'],
      [{ 'Alert-Info': 'info=alert-autoanswer' }, 0, 'Alert-Info'],
      [{ 'Alert-Info': '<http://127.0.0.1>;info=RingAnswer' }, 0, 'Alert-Info'],
      [{ 'Alert-Info': 'Ring Answer' }, 0, 'Alert-Info'],
      [{ 'Alert-Info': 'Auto Answer' }, 0, 'Alert-Info'],
      [{ 'Alert-Info': '<http://x>;answer-after=1' }, 1, 'Alert-Info'],
      [{ 'Answer-Mode': 'Auto' }, 0, 'Answer-Mode'],
      [{ 'Priv-Answer-Mode': 'Auto;require' }, 0, 'Priv-Answer-Mode'],
    ];
    for (const [header, after, by] of cases) {
      const { server, calls } = await desk('header');
      server.send(invite(header));
      assert.deepEqual(calls[0]?.autoAnswer, { after, by } as never, JSON.stringify(header));
    }
    for (const header of [{}, { 'Alert-Info': '<http://x/ring.wav>' }, { 'Answer-Mode': 'Manual' }]) {
      const { server, calls } = await desk('header');
      server.send(invite(header));
      await server.response(180);
      await settle();
      await server.nothing();
      assert.isUndefined(calls[0]?.autoAnswer);
    }
  });

  it('CALL-16: the delay is kept, and whoever answers, refuses or hangs up before is first', async () => {
    const later = { 'Call-Info': '<sip:x>;answer-after=5' };
    const { server, clock } = await desk('header');
    server.send(invite(later));
    await server.response(180);
    await clock.advance(4999);
    await server.nothing();
    await clock.advance(1);
    await server.response(200);
    const refused = await desk('header');
    refused.server.send(invite(later));
    await refused.server.response(180);
    await settle();
    refused.calls[0]!.reject(486);
    refused.server.send(peerRequest('ACK', { Via: inviteVia }));
    await refused.server.response(486);
    await refused.clock.advance(60_000);
    await refused.server.nothing();
    assert.equal(refused.clock.pending, 0);
    const taken = await desk('header');
    taken.server.send(invite(later));
    await taken.server.response(180);
    await settle();
    let answers = 0;
    const [call] = taken.calls;
    const answer = call!.answer.bind(call!);
    call!.answer = (options) => {
      answers++;
      return answer(options);
    };
    void call!.answer();
    taken.server.send(inDialog('ACK', await taken.server.response(200), 1));
    await taken.clock.advance(5000);
    assert.equal(answers, 1);
  });

  it('CALL-16: without leave to use the microphone it rings', async () => {
    for (const permission of ['prompt', 'denied', 'untold'] as const) {
      const { server, calls, clock } = await desk('always', permission);
      server.send(invite(intercom));
      await server.response(180);
      await clock.advance(10_000);
      await server.nothing();
      assert.equal(calls[0]?.state, 'incoming');
      assert.isUndefined(calls[0]?.autoAnswer, 'and it does not look as if');
    }
  });

  it('CALL-16: never, always, or as a function says', async () => {
    const silent = await desk();
    silent.server.send(invite(intercom));
    await silent.server.response(180);
    await settle();
    await silent.server.nothing();
    const always = await desk('always');
    always.server.send(invite());
    await always.server.response(180);
    await always.server.response(200);
    const asked: string[] = [];
    const choose = await desk((call) => {
      asked.push(call.remote.uri);
      return 3;
    });
    choose.server.send(invite());
    await choose.server.response(180);
    assert.deepEqual([asked, choose.calls[0]?.autoAnswer], [['sip:bob@example.com'], { after: 3, by: 'option' }]);
    await choose.clock.advance(3000);
    await choose.server.response(200);
    const refuses = await desk(() => false);
    refuses.server.send(invite(intercom));
    await refuses.server.response(180);
    await settle();
    await refuses.server.nothing();
  });

  it('CALL-16: as the user agent says, unless the account says otherwise; what it is not is refused by name', async () => {
    const { ua } = await phone({ autoAnswer: 'always' });
    const autoAnswer = 'sometimes' as 'always';
    assert.throws(() => ua.addAccount({ uri: 'sip:a@b.example', autoAnswer }), /autoAnswer/);
    const stage = await phone({ autoAnswer: 'always' });
    stage.environment.queryMicrophonePermission = () => Promise.resolve('granted');
    stage.ua.on('incomingCall', () => undefined);
    stage.server.send(invite());
    await stage.server.response(180);
    await stage.server.response(200);
  });

  it('CALL-16: a caller asks by Call-Info', async () => {
    const { invite: sent, account } = await calling({ answerAfter: 0 });
    assert.equal(headerValue(sent, 'Call-Info'), '<sip:example.com>;answer-after=0');
    assert.throws(() => account.call('bob', { answerAfter: -1 }), /answerAfter/);
  });
});
