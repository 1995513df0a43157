import { assert } from 'chai';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest, SipResponse } from '../../lib/parser/index.js';
import type { CallOptions, SessionTimerOptions } from '../../lib/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking, talkingTo } from '../support/calls.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

const timed = (value: string, ...more: string[]): { headers: string[] } => ({
  headers: [`Session-Expires: ${value}`, 'Require: timer', ...more],
});
const updates = 'Allow: INVITE, ACK, BYE, UPDATE';
const expires = (message: SipRequest | SipResponse): string | undefined =>
  headerValue({ method: '', uri: '', headers: message.headers, body: '' }, 'Session-Expires');

const withTimer = (sessionTimer: SessionTimerOptions): CallOptions => ({ sessionTimer });

describe('session timers as the caller (RFC 4028 §7)', () => {
  it('CALL-29: the INVITE asks for 1800 s, and leaves to the callee who refreshes', async () => {
    const { invite } = await calling();
    assert.equal(expires(invite), '1800');
    assert.isUndefined(headerValue(invite, 'Min-SE'));
    const { invite: other } = await calling(withTimer({ expires: 600, minSE: 120 }));
    assert.equal(expires(other), '600');
    assert.equal(headerValue(other, 'Min-SE'), '120');
  });

  it('CALL-29: as refresher we send an UPDATE without a description at half the interval, and go on so', async () => {
    const { server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    for (let i = 0; i < 3; i++) {
      await clock.advance(899_000);
      await server.nothing();
      await clock.advance(1000);
      const update = await server.request('UPDATE');
      assert.equal(update.body, '');
      assert.equal(expires(update), '1800;refresher=uac');
      assert.include(headerValue(update, 'Supported'), 'timer');
      server.respond(update, 200, timed('1800;refresher=uac'));
    }
  });

  it('with a peer that allows no UPDATE a re-INVITE refreshes', async () => {
    const { call, server, clock } = await talkingTo(timed('600;refresher=uac'));
    await clock.advance(300_000);
    const invite = await server.request('INVITE');
    assert.equal(expires(invite), '600;refresher=uac');
    server.respond(invite, 200, { headers: [...described, ...timed('600;refresher=uac').headers], body: peerSdp() });
    await server.request('ACK');
    await clock.advance(300_000);
    await server.request('INVITE');
    assert.equal(call.state, 'confirmed');
  });

  it('CALL-29: a peer that was to refresh and did not gets a BYE, a third of the interval but at most 32 s before the end (§10)', async () => {
    for (const [interval, last] of [
      [1800, 1768],
      [90, 60],
    ] as const) {
      const { call, server, clock } = await talkingTo(timed(`${interval};refresher=uas`));
      await clock.advance(last * 1000 - 1);
      await server.nothing();
      await clock.advance(1);
      await server.request('BYE');
      assert.deepInclude(call.end, { cause: 'timeout', status: 408, by: 'network' });
    }
  });

  it('a 2xx without Session-Expires: the session does not expire', async () => {
    const { server, clock } = await talkingTo();
    await clock.advance(4_000_000);
    await server.nothing();
    assert.equal(clock.pending, 0);
  });

  it("'always' refreshes even where the peer knows nothing of it (§7.2)", async () => {
    const { server, clock } = await talkingTo({ headers: [updates] }, withTimer({ mode: 'always' }));
    await clock.advance(900_000);
    assert.equal(expires(await server.request('UPDATE')), '1800;refresher=uac');
  });

  it("'required' says so in Require; 'off' says nothing and does nothing", async () => {
    const { invite } = await calling(withTimer({ mode: 'required' }));
    assert.equal(headerValue(invite, 'Require'), 'timer');
    const off = await talkingTo(timed('90;refresher=uac'), withTimer({ mode: 'off' }));
    assert.isUndefined(expires(off.invite));
    assert.notInclude(headerValue(off.invite, 'Supported'), 'timer');
    assert.equal(off.clock.pending, (await talkingTo()).clock.pending, 'no timer but that of the last transaction');
  });

  it('J15: a 422 is answered once with its Min-SE, the same Call-ID and From and the next CSeq; Min-SE stays in every refresh (§7.3)', async () => {
    const { call, server, invite, clock } = await calling();
    server.respond(invite, 422, { headers: ['Min-SE: 3600'] });
    await server.request('ACK');
    const second = await server.request('INVITE');
    assert.equal(expires(second), '3600');
    assert.equal(headerValue(second, 'Min-SE'), '3600');
    for (const name of ['Call-ID', 'From', 'To']) assert.equal(headerValue(second, name), headerValue(invite, name));
    assert.equal(read(second, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    server.respond(second, 200, {
      headers: [...described, ...timed('3600;refresher=uac', updates).headers],
      body: peerSdp(),
    });
    await server.request('ACK');
    await call.answered;
    await clock.advance(1_800_000);
    const update = await server.request('UPDATE');
    assert.equal(headerValue(update, 'Min-SE'), '3600');
  });

  it('a 422 that asks for nothing larger ends the call', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 422, { headers: ['Min-SE: 3600'] });
    await server.request('ACK');
    server.respond(await server.request('INVITE'), 422, { headers: ['Min-SE: 3600'] });
    await server.request('ACK');
    assert.deepInclude(await call.ended, { status: 422 });
  });
});

describe('a refresh that fails (RFC 4028 §10)', () => {
  for (const status of [408, 481]) {
    it(`a ${status} ends the call${status === 408 ? ' by a BYE, where nothing comes by its media either' : ''}`, async () => {
      const { call, server, clock, media } = await talkingTo(timed('1800;refresher=uac', updates));
      media.connections[0]!.become('connecting');
      await clock.advance(900_000);
      server.respond(await server.request('UPDATE'), status);
      if (status === 408) await server.request('BYE');
      await server.nothing();
      assert.deepInclude(await call.ended, { status });
    });
  }

  it('no answer at all ends the call, where the server answers other things, and nothing comes by its media', async () => {
    const { call, server, clock, media } = await talkingTo(timed('1800;refresher=uac', updates));
    media.connections[0]!.become('connecting');
    await clock.advance(900_000);
    await server.request('UPDATE');
    server.send(peerRequest('OPTIONS', { 'Call-ID': 'another' }));
    await clock.advance(32_000);
    assert.deepInclude(call.end, { status: 408, cause: 'timeout' });
  });

  it('J6: a connection that fell silent is not the peer: the refresh is tried again on the next one', async () => {
    const { call, server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    server.socket.isDead = true;
    await clock.advance(900_000 + 32_000);
    assert.equal(call.state, 'confirmed');
    await server.skip();
    const again = server.received.at(-1) as SipRequest;
    assert.equal(again.method, 'UPDATE');
    assert.equal(server.sockets.length, 2);
    server.respond(again, 200, timed('1800;refresher=uac'));
    await clock.advance(10_000);
    assert.equal(call.state, 'confirmed');
  });

  it('another failure is tried again at half of what is left; in the end the session expires', async () => {
    const { call, server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    for (const wait of [900, 450, 225, 112.5, 56.25]) {
      await clock.advance(wait * 1000);
      server.respond(await server.request('UPDATE'), 503);
    }
    await clock.advance(28_125);
    server.respond(await server.request('UPDATE'), 503);
    await server.request('BYE');
    assert.deepInclude(call.end, { status: 408, cause: 'timeout' });
  });

  it('a 422 is answered at once with the larger value (§7.3)', async () => {
    const { server, clock } = await talkingTo(timed('180;refresher=uac', updates));
    await clock.advance(90_000);
    server.respond(await server.request('UPDATE'), 422, { headers: ['Min-SE: 600'] });
    const again = await server.request('UPDATE');
    assert.equal(expires(again), '600;refresher=uac');
    assert.equal(headerValue(again, 'Min-SE'), '600');
  });

  it('J14: a change in between counts as a refresh, and the next one is reckoned from there', async () => {
    const { call, server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    await clock.advance(600_000);
    const held = call.hold();
    const invite = await server.request('INVITE');
    assert.equal(expires(invite), '1800;refresher=uac');
    server.respond(invite, 200, {
      headers: [...described, ...timed('1800;refresher=uac').headers],
      body: peerSdp('recvonly', 2),
    });
    await server.request('ACK');
    await held;
    await clock.advance(899_000);
    await server.nothing();
    await clock.advance(1000);
    await server.request('UPDATE');
  });

  it('J14: a refresh that fails after another change has refreshed the session takes nothing back', async () => {
    const { call, server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    await clock.advance(900_000);
    const update = await server.request('UPDATE');
    const held = call.hold();
    server.respond(await server.request('INVITE'), 200, {
      headers: [...described, ...timed('1800;refresher=uac').headers],
      body: peerSdp('recvonly', 2),
    });
    await server.request('ACK');
    await held;
    server.respond(update, 503);
    await clock.advance(899_000);
    await server.nothing();
    await clock.advance(1000);
    await server.request('UPDATE');
  });

  it('a laptop that slept refreshes when it wakes', async () => {
    const { server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    await clock.advance(1000);
    clock.sleep(1_000_000);
    await clock.advance(30_000);
    await server.request('UPDATE');
  });

  it('a call that is over leaves no timer', async () => {
    const { call, server, clock } = await talkingTo(timed('1800;refresher=uac', updates));
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    await clock.advance(32_000);
    assert.equal(clock.pending, 0);
  });
});

describe('session timers as the callee (RFC 4028 §9)', () => {
  async function answered(
    headers: Record<string, string>,
    sessionTimer: SessionTimerOptions = {},
  ): Promise<SipResponse & { stage: Phone }> {
    const stage = await talking(headers, { account: { sessionTimer } });
    return { ...stage.ok, stage };
  }

  const rows: readonly [string, Record<string, string>, SessionTimerOptions, string | undefined, string | undefined][] = [
    ['asked by a proxy for a peer that knows nothing: we refresh', { 'Session-Expires': '600' }, {}, '600;refresher=uas', undefined],
    ['the peer knows and names nobody: it refreshes', { Supported: 'timer', 'Session-Expires': '600' }, {}, '600;refresher=uac', 'timer'],
    ['the peer names itself', { Supported: 'timer', 'Session-Expires': '600;refresher=uac' }, {}, '600;refresher=uac', 'timer'],
    ['the peer names us', { Supported: 'timer', 'Session-Expires': '600;refresher=uas' }, {}, '600;refresher=uas', 'timer'],
    ['longer than ours: reduced', { Supported: 'timer', 'Session-Expires': '7200' }, {}, '1800;refresher=uac', 'timer'],
    ['but never below its Min-SE', { Supported: 'timer', 'Session-Expires': '7200', 'Min-SE': '3600' }, {}, '3600;refresher=uac', 'timer'],
    ['not asked', { Supported: 'timer' }, {}, undefined, undefined],
    ['not asked, but required here', { Supported: 'timer' }, { mode: 'required' }, '1800;refresher=uac', 'timer'],
    ['the peer knows nothing, but always here', {}, { mode: 'always' }, '1800;refresher=uas', undefined],
    ['off', { Supported: 'timer', 'Session-Expires': '600' }, { mode: 'off' }, undefined, undefined],
  ]; // prettier-ignore
  for (const [what, headers, options, value, require] of rows) {
    it(`table 2: ${what}`, async () => {
      const ok = await answered(headers, options);
      assert.equal(expires(ok), value);
      assert.equal(headerValue({ method: '', uri: '', headers: ok.headers, body: '' }, 'Require'), require);
    });
  }

  it('as refresher we refresh at half', async () => {
    const { stage } = await answered({
      Supported: 'timer',
      'Session-Expires': '600;refresher=uas',
      Allow: 'INVITE, UPDATE',
    });
    await stage.clock.advance(300_000);
    const update = await stage.server.request('UPDATE');
    assert.equal(expires(update), '600;refresher=uac', 'in this request we are the UAC');
  });

  it('the peer refreshes by UPDATE: its 200 says how long and who, and the time begins anew', async () => {
    const stage = await talking({ Supported: 'timer', 'Session-Expires': '600;refresher=uac' });
    await stage.clock.advance(300_000);
    stage.server.send(inDialog('UPDATE', stage.ok, 2, { Supported: 'timer', 'Session-Expires': '600;refresher=uac' }));
    assert.equal(expires(await stage.server.response(200)), '600;refresher=uac');
    await stage.clock.advance(567_999);
    await stage.server.nothing();
    await stage.clock.advance(1);
    await stage.server.request('BYE');
  });

  it('the peer refreshes by re-INVITE', async () => {
    const stage = await talking({ Supported: 'timer', 'Session-Expires': '600;refresher=uac' });
    await stage.clock.advance(300_000);
    const headers = { Supported: 'timer', 'Session-Expires': '600;refresher=uac' };
    stage.server.send(inDialog('INVITE', stage.ok, 2, headers, peerOffer('sendrecv', 2)));
    const ok = await stage.server.response(200);
    assert.equal(expires(ok), '600;refresher=uac');
    stage.server.send(inDialog('ACK', ok, 2));
    await stage.clock.advance(567_999);
    await stage.server.nothing();
  });

  it('CALL-9: an interval below ours gets 422 with Min-SE, in an INVITE, a re-INVITE and an UPDATE', async () => {
    const short = { Supported: 'timer', 'Session-Expires': '60' };
    const { ua, server } = await phone();
    ua.on('incomingCall', () => assert.fail('no call'));
    server.send(peerRequest('INVITE', short, peerOffer()));
    assert.equal(headerValue(await server.response(422), 'Min-SE'), '90');
    const stage = await talking();
    stage.server.send(inDialog('INVITE', stage.ok, 2, short, peerOffer()));
    await stage.server.response(422);
    stage.server.send(inDialog('UPDATE', stage.ok, 3, short));
    assert.equal(headerValue(await stage.server.response(422), 'Min-SE'), '90');
    assert.equal(stage.call.state, 'confirmed');
  });

  it("CALL-9: 'required' refuses a peer that knows nothing of it with 421, 'off' one that demands it with 420", async () => {
    for (const [mode, headers, status] of [
      ['required', {}, 421],
      ['off', { Require: 'timer' }, 420],
    ] as const) {
      const { server } = await phone({ account: { sessionTimer: { mode } } });
      server.send(peerRequest('INVITE', headers, peerOffer()));
      await server.response(status);
    }
  });

  it('options that make no sense are refused by name', async () => {
    const { account } = await phone();
    const call = (sessionTimer: SessionTimerOptions): unknown => account.call('bob', { sessionTimer });
    assert.throws(() => call({ minSE: 60 }), /sessionTimer\.minSE/);
    assert.throws(() => call({ expires: 60 }), /sessionTimer\.expires/);
    assert.throws(() => call({ mode: 'on' as 'off' }), /sessionTimer\.mode/);
    assert.throws(() => call({ min: 1 } as SessionTimerOptions), /min: is no option/);
    assert.equal(account.calls.size, 0);
  });

  it('an early dialog has no timer yet', async () => {
    const { server, clock } = await peerCalls({ Supported: 'timer', 'Session-Expires': '90' });
    await server.response(180);
    await clock.advance(120_000);
    await server.nothing();
  });
});
