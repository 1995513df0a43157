import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, inDialog, peerOffer, talking, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';
import { unhandledIn } from '../support/unhandled.js';

const direction = (message: SipRequest): string | undefined =>
  /a=(send\w+|recvonly|inactive)/.exec(String(message.body))?.[1];

type Stage = Phone & { readonly call: Call };

/** A second call comes in. */
async function another(stage: Stage): Promise<Call> {
  let call: Call | undefined;
  stage.ua.on('incomingCall', (event) => (call = event.call));
  const headers = { 'Call-ID': 'call-2', From: '<sip:carol@example.com>;tag=caroltag' };
  stage.server.send(peerRequest('INVITE', headers, peerOffer()));
  await stage.server.response(180);
  return call ?? assert.fail('no call came');
}

/** The peer agrees to a hold of ours. */
async function agree({ server }: Phone, answer = 'recvonly'): Promise<void> {
  const hold = await server.request('INVITE');
  assert.equal(direction(hold), answer === 'recvonly' ? 'sendonly' : 'sendrecv');
  server.respond(hold, 200, { body: peerSdp(answer, 2), headers: described });
  await server.request('ACK');
}

const first = (options: PhoneOptions = {}): Promise<Stage> => talkingTo({}, {}, options);

describe('one call at a time is heard', () => {
  it('CALL-17: a call that is answered puts the first one on hold, before its own 200', async () => {
    const stage = await first();
    const second = await another(stage);
    await settle();
    await stage.server.nothing(); // ringing alone pauses nobody
    const answered = second.answer();
    await agree(stage);
    const ok = await stage.server.response(200);
    assert.isTrue(stage.call.localHold);
    const carol = { From: '<sip:carol@example.com>;tag=caroltag', 'Call-ID': 'call-2' };
    stage.server.send(inDialog('ACK', ok, 1, carol));
    await answered;
    assert.isFalse(second.localHold);
  });

  it('CALL-17: and one that is still waiting for its ACK, which never comes, is waited for without a word in the console', async () => {
    const { ua, server, clock } = await phone();
    const unhandled = await unhandledIn(async () => {
      const calls: Call[] = [];
      ua.on('incomingCall', ({ call }) => calls.push(call));
      server.send(peerRequest('INVITE', {}, peerOffer()));
      void calls[0]!.answer();
      await settle();
      const headers = { 'Call-ID': 'call-2', From: '<sip:carol@example.com>;tag=caroltag' };
      server.send(peerRequest('INVITE', headers, peerOffer()));
      void calls[1]!.answer();
      await clock.advance(64_000);
      assert.deepInclude(calls[0]!.end, { status: 408 });
    });
    assert.deepEqual(unhandled, []);
  });

  it('CALL-17: a call that is placed puts the first one on hold, before its own INVITE', async () => {
    const stage = await first();
    stage.account.call('carol');
    await agree(stage);
    const invite = await stage.server.request('INVITE');
    assert.equal(invite.uri, 'sip:carol@example.com');
    assert.isTrue(stage.call.localHold);
  });

  it('CALL-17: resume of one holds the other; what was held is not resumed by itself', async () => {
    const stage = await first();
    const second = stage.account.call('carol');
    await agree(stage);
    const invite = await stage.server.request('INVITE');
    stage.server.respond(invite, 200, { body: peerSdp(), headers: described });
    await stage.server.request('ACK');
    await second.answered;
    const resumed = stage.call.resume();
    await agree(stage);
    assert.isTrue(second.localHold);
    await agree(stage, 'sendrecv');
    await resumed;
    assert.isFalse(stage.call.localHold);
    stage.call.hangup();
    await stage.server.request('BYE');
    await settle();
    await stage.server.nothing();
    assert.isTrue(second.localHold);
  });

  it('CALL-17: with resumeHeld it is, when the other one is over; who was held by hand stays so', async () => {
    const stage = await first({ resumeHeld: true });
    const second = stage.account.call('carol');
    await agree(stage);
    const invite = await stage.server.request('INVITE');
    stage.server.respond(invite, 486);
    await stage.server.request('ACK');
    await second.ended;
    await agree(stage, 'sendrecv');
    assert.isFalse(stage.call.localHold);
    void stage.call.hold();
    await agree(stage);
    const third = stage.account.call('dave');
    await stage.server.request('INVITE');
    third.hangup();
    await settle();
    assert.isTrue(stage.call.localHold);
  });

  it('CALL-17: a hold that is refused, or not answered for two seconds, keeps nobody from the next call', async () => {
    const stage = await first();
    stage.account.call('carol');
    stage.server.respond(await stage.server.request('INVITE'), 488);
    await stage.server.request('ACK');
    assert.equal((await stage.server.request('INVITE')).uri, 'sip:carol@example.com');
    const silent = await first();
    silent.account.call('carol');
    await silent.server.request('INVITE');
    await silent.clock.advance(1999);
    assert.lengthOf(silent.media.connections, 1);
    await silent.clock.advance(1);
    await settle();
    const uris = silent.server.received.flatMap((m) => ('method' in m && m.method === 'INVITE' ? [m.uri] : []));
    assert.include(uris, 'sip:carol@example.com');
  });

  it('CALL-17: a call that is given up while it waits is never sent', async () => {
    const stage = await first();
    const second = stage.account.call('carol');
    second.hangup();
    await agree(stage);
    await settle();
    await stage.server.nothing();
    assert.equal(second.end?.cause, 'cancelled');
  });

  it('CALL-17: mix leaves each to itself', async () => {
    const stage = await first({ callPolicy: 'mix' });
    stage.account.call('carol');
    assert.equal((await stage.server.request('INVITE')).uri, 'sip:carol@example.com');
    assert.isFalse(stage.call.localHold);
    const { ua } = await talking();
    assert.throws(
      () => new (ua.constructor as new (options: object) => unknown)({ servers: 'ws://x', callPolicy: 'all' }),
      /callPolicy/,
    );
  });

  it('CALL-17: calls of several accounts are one user’s', async () => {
    const stage = await first();
    const other = stage.ua.addAccount({ uri: 'sip:anna@example.com', register: false });
    other.call('carol');
    const hold = await stage.server.request('INVITE');
    assert.equal(headerValue(hold, 'Call-ID'), stage.call.callId);
  });
});
