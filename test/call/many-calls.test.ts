import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { described, inDialog, peerOffer, towards } from '../support/calls.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

/** A call of ours that the peer takes, and one of us hangs up. */
async function outgoing({ account, server }: Phone, isOursToEnd: boolean): Promise<void> {
  const call = account.call('bob');
  const invite = await server.request('INVITE');
  server.respond(invite, 200, { headers: described, body: peerSdp() });
  await server.request('ACK');
  await call.answered;
  if (isOursToEnd) {
    call.hangup();
    server.respond(await server.request('BYE'), 200);
  } else {
    server.send(towards('BYE', invite, 1));
    await server.response(200);
  }
  await call.ended;
}

/** A call of ours that is given up while it rings. */
async function cancelled({ account, server }: Phone): Promise<void> {
  const call = account.call('bob');
  const invite = await server.request('INVITE');
  server.respond(invite, 180);
  await server.nothing();
  call.hangup();
  server.respond(await server.request('CANCEL'), 200);
  server.respond(invite, 487);
  await server.request('ACK');
  await call.ended;
}

/** A call of the peer's, which is answered and hung up. */
async function incoming({ ua, server }: Phone, number: number): Promise<void> {
  const announced = ua.once('incomingCall');
  const id = { 'Call-ID': `in-${number}` };
  server.send(peerRequest('INVITE', id, peerOffer()));
  const { call } = await announced;
  const answered = call.answer();
  await server.response(180);
  const ok = await server.response(200);
  server.send(inDialog('ACK', ok, 1, id));
  await answered;
  server.send(inDialog('BYE', ok, 2, id));
  assert.equal(headerValue(await server.response(200), 'CSeq'), '2 BYE');
  await call.ended;
}

describe('many calls in a row', () => {
  it('500 of them, made, taken, given up: when their transactions are over no timer, listener, connection or track is left', async () => {
    const stage = await phone();
    const { clock, media, ua } = stage;
    const idle = clock.pending;
    for (let number = 0; number < 125; number++) {
      await outgoing(stage, true);
      await outgoing(stage, false);
      await cancelled(stage);
      await incoming(stage, number);
    }
    assert.isEmpty(ua.calls);
    await clock.advance(32_000); // 64·T1: timers D, L and M
    assert.equal(clock.pending, idle);
    assert.lengthOf(media.connections, 500);
    assert.lengthOf(media.microphones, 500);
    for (const { signalingState, listenerCount } of media.connections)
      assert.deepEqual({ signalingState, listenerCount }, { signalingState: 'closed', listenerCount: 0 });
    for (const { readyState, listenerCount } of media.microphones)
      assert.deepEqual({ readyState, listenerCount }, { readyState: 'ended', listenerCount: 0 });
  }).timeout(20_000);
});
