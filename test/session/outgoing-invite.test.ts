import { assert } from 'chai';
import type { Call, CallState } from '../../lib/index.js';
import { CSeq, Via, headerValue, headerValues, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone, toTagOf } from '../support/phone.js';

const sdp = ['Content-Type: application/sdp', 'Contact: <sip:bob@bob.invalid;transport=ws>'];

function states(call: Call): CallState[] {
  const seen: CallState[] = [call.state];
  call.on('stateChanged', ({ state }) => seen.push(state));
  return seen;
}

describe('outgoing INVITE', () => {
  it('CALL-1, CALL-2: INVITE, 100, 180, 200, ACK by the route set; calling, early, connecting, confirmed (§13.2, §12.1.2)', async () => {
    const { account, server, media } = await phone();
    const call = account.call('bob');
    const seen = states(call);
    const invite = await server.request('INVITE');
    assert.equal(invite.uri, 'sip:bob@example.com');
    assert.equal(headerValue(invite, 'Content-Type'), 'application/sdp');
    server.respond(invite, 100);
    server.respond(invite, 180);
    server.respond(invite, 200, {
      headers: [...sdp, 'Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>'],
      body: peerSdp(),
    });
    const ack = await server.request('ACK');
    await call.answered;
    assert.deepEqual(seen, ['calling', 'early', 'connecting', 'confirmed']);
    assert.equal(ack.uri, 'sip:bob@bob.invalid;transport=ws');
    assert.deepEqual(headerValues(ack, 'Route'), ['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    assert.equal(read(ack, CSeq)!.sequence, read(invite, CSeq)!.sequence);
    assert.notEqual(
      read(ack, Via)!.params.get('branch'),
      read(invite, Via)!.params.get('branch'),
      'an ACK to a 2xx is its own transaction',
    );
    call.hangup();
    const bye = await server.request('BYE');
    assert.equal(read(bye, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    server.respond(bye, 200);
    assert.equal((await call.ended).cause, 'hangup');
    assert.isTrue(
      media.microphones.every((track) => track.readyState === 'ended'),
      'the microphone is released',
    );
  });

  it('a 407 is answered with the same Call-ID and From tag and the next CSeq, after an ACK for the 407 (§22.2)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const first = await server.request('INVITE');
    server.respond(first, 407, { headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"'] });
    const ack = await server.request('ACK');
    assert.equal(read(ack, Via)!.params.get('branch'), read(first, Via)!.params.get('branch'));
    assert.equal(toTagOf(ack), 'peer');
    const second = await server.request('INVITE');
    assert.equal(headerValue(second, 'Call-ID'), headerValue(first, 'Call-ID'));
    assert.equal(headerValue(second, 'From'), headerValue(first, 'From'));
    assert.equal(read(second, CSeq)!.sequence, 2);
    assert.match(headerValue(second, 'Proxy-Authorization') ?? '', /^Digest username="alice"/);
    assert.equal(second.body, first.body);
    assert.equal(call.state, 'calling');
    server.respond(second, 407, {
      headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n2", qop="auth"'],
    });
    const end = await call.ended;
    assert.equal(end.cause, 'authentication');
    assert.equal(end.status, 407);
  });

  it('late offer: an INVITE without a description gets the offer in the 2xx and answers it in the ACK (§13.2.1)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob', { offer: 'late' });
    const invite = await server.request('INVITE');
    assert.equal(invite.body, '');
    assert.isUndefined(headerValue(invite, 'Content-Type'));
    server.respond(invite, 200, { headers: sdp, body: peerSdp().replace('setup:active', 'setup:actpass') });
    const ack = await server.request('ACK');
    assert.match(String(ack.body), /^v=0/);
    await call.answered;
  });

  it('late offer: while the answer is being made a repeated 2xx waits for its ACK, and another fork is hung up', async () => {
    const { account, server, media } = await phone();
    let allow = (): void => undefined;
    media.microphonePrompt = new Promise((resolve) => (allow = resolve));
    const call = account.call('bob', { offer: 'late' });
    const invite = await server.request('INVITE');
    const body = peerSdp().replace('setup:active', 'setup:actpass');
    server.respond(invite, 200, { headers: sdp, body });
    server.respond(invite, 200, { headers: sdp, body });
    await server.nothing();
    server.respond(invite, 200, { headers: sdp, body, toTag: 'fork' });
    assert.equal(toTagOf(await server.request('ACK')), 'fork');
    assert.equal(toTagOf(await server.request('BYE')), 'fork');
    allow();
    const ack = await server.request('ACK');
    assert.match(String(ack.body), /^v=0/);
    await call.answered;
    server.respond(invite, 200, { headers: sdp, body });
    assert.deepEqual(await server.request('ACK'), ack);
  });

  it('a 2xx that comes again gets the same ACK again (§13.2.2.4)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    const ack = await server.request('ACK');
    await call.answered;
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    assert.deepEqual(await server.request('ACK'), ack);
    assert.equal(call.state, 'confirmed');
  });

  it('J1: of two forked 2xx the second gets ACK and BYE in its own dialog, and the call goes on with the first (§13.2.2.4)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 200, { headers: sdp, body: peerSdp(), toTag: 'first' });
    await server.request('ACK');
    server.respond(invite, 200, {
      headers: ['Content-Type: application/sdp', 'Contact: <sip:bob@other.invalid>'],
      body: peerSdp(),
      toTag: 'second',
    });
    const ack = await server.request('ACK');
    assert.equal(toTagOf(ack), 'second');
    const bye = await server.request('BYE');
    assert.equal(toTagOf(bye), 'second');
    assert.equal(bye.uri, 'sip:bob@other.invalid');
    assert.equal(call.state, 'confirmed');
    call.hangup();
    assert.equal(toTagOf(await server.request('BYE')), 'first');
  });

  it('CALL-5: hung up before any response, CANCEL waits for a provisional one (§9.1)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    call.hangup();
    assert.equal(call.state, 'disconnected', 'over at once for us');
    assert.equal((await call.ended).cause, 'cancelled');
    await server.nothing();
    server.respond(invite, 100);
    const cancel = await server.request('CANCEL');
    assert.equal(cancel.uri, invite.uri);
    assert.deepEqual(headerValues(cancel, 'Via'), headerValues(invite, 'Via').slice(0, 1));
    assert.equal(headerValue(cancel, 'CSeq'), '1 CANCEL');
    server.respond(cancel, 200);
    server.respond(invite, 487);
    await server.request('ACK');
    await server.nothing();
  });

  it('J9: a 200 that crosses our CANCEL gets ACK and BYE, so that no leg is left behind (§9.1, §15)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 180);
    call.hangup();
    const cancel = await server.request('CANCEL');
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    server.respond(cancel, 200);
    const ack = await server.request('ACK');
    await server.request('BYE');
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    assert.deepEqual(await server.request('ACK'), ack, 'it comes again: its ACK was lost, not the BYE (§13.2.2.4)');
    await server.nothing();
  });

  it('that BYE goes on with the numbers of the early dialog (§12.2.1.1)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 180, { headers: ['Require: 100rel', 'RSeq: 1'] });
    const prack = await server.request('PRACK');
    call.hangup();
    await server.request('CANCEL');
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    await server.request('ACK');
    assert.equal(read(await server.request('BYE'), CSeq)!.sequence, read(prack, CSeq)!.sequence + 1);
  });

  it('hung up while the microphone is asked for, no INVITE ever leaves and the microphone is released', async () => {
    const { account, server, media } = await phone();
    let allow = (): void => undefined;
    media.microphonePrompt = new Promise((resolve) => (allow = resolve));
    const call = account.call('bob');
    await settle();
    call.hangup();
    allow();
    await server.nothing();
    assert.isTrue(media.microphones.every((track) => track.readyState === 'ended'));
    assert.isTrue(media.connections.every((pc) => pc.connectionState === 'closed'));
  });

  it('an AbortSignal hangs up', async () => {
    const { account, server } = await phone();
    const abort = new AbortController();
    const call = account.call('bob', { signal: abort.signal });
    server.respond(await server.request('INVITE'), 180);
    abort.abort();
    await server.request('CANCEL');
    assert.equal(call.end?.cause, 'cancelled');
  });

  for (const [status, cause] of [
    [486, 'busy'],
    [603, 'declined'],
    [404, 'notFound'],
    [480, 'unavailable'],
    [408, 'noAnswer'],
    [488, 'negotiation'],
    [302, 'redirected'],
    [500, 'rejected'],
  ] as const) {
    it(`a ${status} ends the call with cause ${cause}, its status and its reason phrase`, async () => {
      const { account, server } = await phone();
      const call = account.call('bob');
      const invite = await server.request('INVITE');
      server.respond(invite, status, { reason: 'As It Is' });
      const end = await call.ended;
      assert.deepInclude(end, { cause, status, reason: 'As It Is', by: 'remote' });
      await server.request('ACK');
      const error = await call.answered.catch((e: unknown) => e);
      assert.deepInclude(error as object, { code: 'rejected', status });
    });
  }

  it('S8: a 180 without Contact still rings', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    server.respond(await server.request('INVITE'), 180);
    await settle();
    assert.equal(call.state, 'early');
  });

  it('timer B: no response at all ends the call after 64·T1 with 408, but a ringing callee may take minutes (§17.1.1.2)', async () => {
    const { account, server, clock } = await phone();
    const silent = account.call('nobody');
    await server.request('INVITE');
    const ringing = account.call('bob');
    server.respond(await server.request('INVITE'), 180);
    await clock.advance(180_000);
    assert.deepInclude(await silent.ended, { cause: 'timeout', status: 408, by: 'network' });
    assert.equal(ringing.state, 'early');
  });

  it('a BYE of the peer ends the call; a second one finds no dialog (§15.1.2)', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 200, { headers: sdp, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    const bye = (sequence: number): string =>
      peerRequest('BYE', {
        From: `<sip:bob@example.com>;tag=peer`,
        To: headerValue(invite, 'From')!,
        'Call-ID': headerValue(invite, 'Call-ID')!,
        CSeq: `${sequence} BYE`,
      });
    server.send(bye(1));
    await server.response(200);
    assert.deepInclude(await call.ended, { cause: 'hangup', by: 'remote' });
    server.send(bye(2));
    await server.response(481);
  });

  it('a 2xx with an answer that cannot be used is acknowledged and hung up, with cause negotiation', async () => {
    const { account, server } = await phone();
    const call = account.call('bob');
    const invite = await server.request('INVITE');
    server.respond(invite, 200, { headers: sdp, body: 'v=0\r\n' });
    await server.request('ACK');
    const bye = await server.request('BYE');
    assert.match(headerValue(bye, 'Reason') ?? '', /cause=488/);
    assert.equal((await call.ended).cause, 'negotiation');
  });

  it('nothing is left behind: no transaction, no timer, no connection, no track', async () => {
    const { account, server, clock, media } = await phone();
    for (let i = 0; i < 3; i++) {
      const call = account.call('bob');
      const invite = await server.request('INVITE');
      server.respond(invite, 200, { headers: sdp, body: peerSdp() });
      await server.request('ACK');
      await call.answered;
      call.hangup();
      server.respond(await server.request('BYE'), 200);
    }
    await clock.advance(32_000); // timer M
    assert.equal(clock.pending, 0);
    assert.equal(account.calls.size, 0);
    assert.isTrue(media.connections.every((pc) => pc.connectionState === 'closed'));
    assert.isTrue(media.microphones.every((track) => track.readyState === 'ended'));
  });
});
