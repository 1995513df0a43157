import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import type { Call } from '../../lib/index.js';
import { headerValue, parseAddress } from '../../lib/parser/index.js';
import type { SipResponse } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, toTagOf } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

/** An INVITE of Carol's that is to take the place of a call. */
const replacing = (replaces: string, headers: Record<string, string> = {}, body = peerOffer()): string =>
  peerRequest(
    'INVITE',
    {
      From: '<sip:carol@example.com>;tag=caroltag',
      'Call-ID': 'call-2',
      Contact: '<sip:carol@carol.invalid;transport=ws>',
      Replaces: replaces,
      ...headers,
    },
    body,
  );

const carols = (method: string, ok: SipResponse, sequence: number): string =>
  inDialog(method, ok, sequence, { From: '<sip:carol@example.com>;tag=caroltag', 'Call-ID': 'call-2' });

/** The call with Bob, as he sees it: our tag is `to-tag`. */
const withBob = (ok: SipResponse, extra = ''): string => `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag${extra}`;

/** No call is announced from now on. */
function silent({ ua }: Phone): void {
  ua.on('incomingCall', () => assert.fail('an incoming call'));
}

describe('CALL-43: INVITE with Replaces', () => {
  it('is answered at once, without ringing; the old call gets a BYE, and its app the new one', async () => {
    const stage = await talking();
    const { call, server, ok, account } = stage;
    silent(stage);
    call.data = { customer: 7 };
    call.mute();
    const replaced = call.once('replaced');
    server.send(replacing(withBob(ok)));
    await server.arrival();
    const second = await server.response(200);
    const bye = await server.request('BYE');
    assert.equal(headerValue(bye, 'Call-ID'), 'call-1');
    server.send(carols('ACK', second, 1));
    const next = (await replaced).call;
    await next.answered;
    assert.deepInclude(call.end, { cause: 'replaced', by: 'remote' });
    assert.deepInclude(next, { data: call.data, muted: true, state: 'confirmed' });
    assert.equal(next.remote.uri, 'sip:carol@example.com');
    assert.deepEqual([...account.calls], [next]);
  });

  it('a call on hold is taken off by it', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    const held = call.hold();
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('recvonly', 2) });
    await server.request('ACK');
    await held;
    const replaced = call.once('replaced');
    server.send(replacing(withBob(ok)));
    await server.arrival();
    assert.include(String((await server.response(200)).body), 'a=sendrecv');
    assert.isFalse((await replaced).call.localHold);
  });

  it('a call of ours that has not been answered is replaced too: CANCEL', async () => {
    const stage = await calling();
    const { call, server, invite } = stage;
    silent(stage);
    server.respond(invite, 180, { toTag: 'bob' });
    await settle();
    const ourTag = parseAddress(headerValue(invite, 'From')!).params.get('tag');
    server.send(replacing(`${call.callId};to-tag=${ourTag};from-tag=bob;early-only`));
    await server.arrival();
    await server.response(200);
    assert.equal((await server.request('CANCEL')).uri, invite.uri);
    assert.deepInclude(call.end, { cause: 'replaced', status: 487 });
  });

  it('§3: an early dialog that we did not begin gets 481, and goes on ringing', async () => {
    const stage = await peerCalls();
    const ringing = await stage.server.response(180);
    stage.server.send(replacing(withBob(ringing)));
    await stage.server.arrival();
    await stage.server.response(481);
    assert.equal(stage.call.state, 'incoming');
  });

  it('§3: early-only, and the call is answered: 486', async () => {
    const stage = await talking();
    silent(stage);
    stage.server.send(replacing(withBob(stage.ok, ';early-only')));
    await stage.server.arrival();
    await stage.server.response(486);
    assert.equal(stage.call.state, 'confirmed');
  });

  it('§3: no such dialog: 481; its tags the wrong way round are no match', async () => {
    const stage = await talking();
    silent(stage);
    for (const other of ['call-x;to-tag=a;from-tag=b', `call-1;to-tag=bobtag;from-tag=${toTagOf(stage.ok)}`]) {
      stage.server.send(replacing(other, { 'Call-ID': other }));
      await stage.server.arrival();
      await stage.server.response(481);
    }
    assert.equal(stage.call.state, 'confirmed');
  });

  it('§3: a dialog that has ended: 603', async () => {
    const stage = await talking();
    silent(stage);
    stage.server.send(inDialog('BYE', stage.ok, 2));
    await stage.server.response(200);
    stage.server.send(replacing(withBob(stage.ok)));
    await stage.server.arrival();
    await stage.server.response(603);
  });

  it('§3: more than one Replaces, one that cannot be read, one beside Join: 400', async () => {
    const stage = await talking();
    silent(stage);
    const { server, ok } = stage;
    const good = withBob(ok);
    for (const [i, invite] of [
      replacing(good).replace(/(Replaces: .*\r\n)/, '$1$1'),
      replacing('call-1;to-tag=x'),
      replacing(good, { Join: 'call-1;to-tag=a;from-tag=b' }),
    ].entries()) {
      server.send(invite.replace('call-2', `call-2${i}`));
      await server.arrival();
      await server.response(400);
    }
    assert.equal(stage.call.state, 'confirmed');
  });

  it('§3: in a request other than INVITE: 400', async () => {
    const { server, ok } = await talking();
    server.send(inDialog('INFO', ok, 2, { Replaces: 'a;to-tag=b;from-tag=c' }));
    await server.response(400);
  });

  it('§3: one that cannot be had is refused, and the old call stays', async () => {
    const stage = await talking();
    silent(stage);
    const { server, ok, call, account } = stage;
    server.send(replacing(withBob(ok), {}, 'v=0\r\n'));
    await server.arrival();
    await server.response(488);
    stage.media.microphoneError = new DOMException('no', 'NotAllowedError');
    server.send(replacing(withBob(ok), { 'Call-ID': 'call-3' }));
    await server.arrival();
    await server.response(480);
    assert.equal(call.state, 'confirmed');
    assert.deepEqual([...account.calls], [call]);
  });

  it('a call of another account is a stranger: 481', async () => {
    const stage = await talking();
    const { ua, server, ok, call } = stage;
    ua.addAccount({ uri: 'sip:dave@example.com', register: false });
    server.send(replacing(withBob(ok), { uri: 'sip:dave@example.com', To: '<sip:dave@example.com>' }));
    await server.arrival();
    await server.response(481);
    assert.equal(call.state, 'confirmed');
  });

  it('maxCalls does not count it: there will be as many as before', async () => {
    const { server, ok } = await talking({}, { maxCalls: 1 });
    server.send(replacing(withBob(ok)));
    await server.arrival();
    await server.response(200);
  });

  it('a CANCEL at its heels: 487, and the old call stays', async () => {
    const { server, ok, call } = await talking();
    const via = { Via: 'SIP/2.0/WS edge.example;branch=z9hG4bKreplacing' };
    server.send(replacing(withBob(ok), via));
    const from = { From: '<sip:carol@example.com>;tag=caroltag', 'Call-ID': 'call-2' };
    server.send(peerRequest('CANCEL', { ...via, ...from, CSeq: '1 CANCEL' }));
    await server.response(200);
    await server.response(487);
    assert.equal(call.state, 'confirmed');
  });

  it('of the peer itself, whose BYE comes while it is answered: refused, and nothing stays open', async () => {
    const stage = await talking();
    const { server, call, ok, media } = stage;
    const events: string[] = [];
    call.on('remoteTrack', () => events.push('remoteTrack'));
    server.send(replacing(withBob(ok), { From: '<sip:bob@example.com>;tag=bobtag2' }));
    for (let turn = 0; turn < 50 && media.connections.length < 2; turn++) await Promise.resolve();
    assert.lengthOf(media.connections, 2, 'its answer is being made');
    server.send(inDialog('BYE', ok, 2));
    await call.ended;
    await settle();
    assert.isTrue(media.connections.every(({ signalingState }) => signalingState === 'closed'));
    assert.isTrue(media.microphones.every(({ readyState }) => readyState === 'ended'));
    assert.deepEqual(events, []);
    await server.response(200);
    await server.response(488);
  });

  it('a call that ends while the microphone opens is not followed by another: 603', async () => {
    const { server, ok, call, media, account } = await talking();
    const prompt = new Deferred<void>();
    media.microphonePrompt = prompt.promise;
    const begun = new Promise<void>((resolve) => account.subscribe(resolve));
    server.send(replacing(withBob(ok)));
    await begun;
    server.send(inDialog('BYE', ok, 2));
    await server.response(200);
    await server.response(603);
    prompt.resolve();
    assert.equal(call.end?.cause, 'hangup');
    await server.nothing();
  });
});

describe('an INVITE of ours with Replaces', () => {
  it('names a call of ours as the callee sees it, and demands Replaces', async () => {
    const { account, call, server, invite } = await talkingTo();
    const ourTag = parseAddress(headerValue(invite, 'From')!).params.get('tag');
    account.call('bob', { replaces: call });
    const second = await server.request('INVITE');
    assert.equal(headerValue(second, 'Replaces'), `${call.callId};to-tag=peer;from-tag=${ourTag}`);
    assert.equal(headerValue(second, 'Require'), 'replaces');
  });

  it('or a dialog of others: a call is picked up', async () => {
    const { account, server } = await talkingTo({}, {}, { callPolicy: 'mix' });
    account.call('bob', { replaces: { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: true } });
    assert.equal(headerValue(await server.request('INVITE'), 'Replaces'), 'a@b;to-tag=1;from-tag=2;early-only');
  });

  it('RFC 3891 §4: not one that the callee did not begin, not one that is over, nothing that breaks the header', async () => {
    const { account, call, server, invite } = await calling();
    server.respond(invite, 180);
    await settle();
    assert.throws(() => account.call('bob', { replaces: call }), /calling|early/);
    call.hangup();
    await server.request('CANCEL');
    assert.throws(() => account.call('bob', { replaces: call }), /disconnected/);
    for (const callId of ['a;b', 'a\r\nX: y', '']) {
      const replaces = { callId, toTag: '1', fromTag: '2' };
      assert.throws(() => account.call('bob', { replaces }), /replaces\.callId/);
    }
    assert.deepEqual([...account.calls], [] as Call[]);
    await server.nothing();
  });
});
