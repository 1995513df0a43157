import { assert } from 'chai';
import { UserAgent } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { calling, inDialog, peerCalls, peerOffer, talking, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

describe('how long a call may ring and last', () => {
  it('CALL-12: a call of ours that nobody answers is cancelled when ringTimeout has passed', async () => {
    const { call, server, invite, clock } = await calling({ ringTimeout: 20 });
    server.respond(invite, 180);
    await clock.advance(19_999);
    await server.nothing();
    await clock.advance(1);
    await server.request('CANCEL');
    assert.deepInclude(call.end, { cause: 'noAnswer', status: 408, by: 'local' });
  });

  it('CALL-12: a call that rings here is refused with 408', async () => {
    const { call, server, clock } = await peerCalls({}, undefined, { account: { ringTimeout: 20 } });
    await server.response(180);
    await clock.advance(20_000);
    await server.response(408);
    assert.deepInclude(call.end, { cause: 'noAnswer', status: 408, by: 'local' });
  });

  it('CALL-12: one that is being answered at that moment is answered', async () => {
    const { call, server, clock } = await peerCalls({}, undefined, { account: { ringTimeout: 20 } });
    await server.response(180);
    await clock.advance(19_900);
    const answered = call.answer();
    const ok = await server.response(200);
    await clock.advance(200);
    server.send(inDialog('ACK', ok, 1));
    await answered;
    assert.equal(call.state, 'confirmed');
  });

  it('CALL-12: an answered call is hung up when maxDuration has passed, also on a laptop that slept meanwhile', async () => {
    const { call, server, clock } = await talkingTo({}, { ringTimeout: 1, maxDuration: 600 });
    await clock.advance(100_000);
    clock.sleep(499_000);
    await clock.advance(1000);
    await clock.advance(30_000);
    await server.request('BYE');
    assert.deepInclude(call.end, { cause: 'hangup', by: 'local' });
    const other = await talking({}, { account: { maxDuration: 60 } });
    await other.clock.advance(60_000);
    await other.server.request('BYE');
  });

  it('CALL-12: a call that is over leaves no timer, and what is no time is refused by name', async () => {
    const { call, server, clock, account } = await talkingTo({}, { maxDuration: 600 });
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    await clock.advance(32_000);
    assert.equal(clock.pending, 0);
    assert.throws(() => account.call('bob', { ringTimeout: 0 }), /ringTimeout/);
    assert.throws(() => account.call('bob', { maxDuration: '5' as unknown as number }), /maxDuration/);
    assert.equal(account.calls.size, 0);
    const { ua } = await phone();
    assert.throws(() => ua.addAccount({ uri: 'sip:a@b.example', maxDuration: -1 }), /maxDuration/);
  });
});

describe('a call that hears nothing any more', () => {
  /** What the browser will say that it has received; resolves when somebody looks. */
  async function receiving({ media }: Phone): Promise<{ packets: number }> {
    const state = { packets: 0 };
    media.connections[0]!.getStats = () =>
      Promise.resolve(
        new Map([['in', { id: 'in', type: 'inbound-rtp', kind: 'audio', packetsReceived: state.packets }]]),
      );
    await import('../../lib/call/media-watch.js');
    await settle();
    return state;
  }

  it('CALL-12: is hung up when nothing was received for noMediaTimeout', async () => {
    const stage = await talkingTo({}, { noMediaTimeout: 20 });
    const received = await receiving(stage);
    for (let i = 0; i < 10; i++) {
      received.packets += 50;
      await stage.clock.advance(5000);
    }
    await stage.server.nothing();
    await stage.clock.advance(15_000);
    await stage.server.nothing();
    await stage.clock.advance(5000);
    const bye = await stage.server.request('BYE');
    assert.match(headerValue(bye, 'Reason')!, /cause=408/);
    const { end } = stage.call;
    assert.deepInclude(end, { cause: 'noMedia', status: 408, by: 'network' });
    assert.equal(end?.stats?.inbound.packets, 500);
    stage.server.respond(bye, 200);
    await stage.clock.advance(32_000);
    assert.equal(stage.clock.pending, 0);
  });

  it('CALL-12: holds do not count, and a call that was hung up leaves no watch', async () => {
    const stage = await talking({}, { account: { noMediaTimeout: 4 } });
    await receiving(stage);
    stage.server.send(inDialog('INVITE', stage.ok, 2, {}, peerOffer('sendonly', 2)));
    const held = await stage.server.response(200);
    stage.server.send(inDialog('ACK', held, 2));
    await stage.clock.advance(60_000);
    await stage.server.nothing();
    stage.server.send(inDialog('INVITE', stage.ok, 3, {}, peerOffer('sendrecv', 3)));
    const resumed = await stage.server.response(200);
    stage.server.send(inDialog('ACK', resumed, 3));
    await stage.clock.advance(3000);
    stage.call.hangup();
    stage.server.respond(await stage.server.request('BYE'), 200);
    await stage.clock.advance(60_000);
    await stage.server.nothing();
    assert.equal(stage.clock.pending, 0);
    assert.throws(() => stage.account.call('bob', { noMediaTimeout: 0 }), /noMediaTimeout/);
  });
});

describe('what a user agent says for all accounts', () => {
  it('limits, reliable provisional responses and session timers are those of accounts that say nothing of them', async () => {
    const { server, ua } = await phone({
      reliableProvisional: 'required',
      sessionTimer: { expires: 600 },
      ringTimeout: 10,
    });
    const other = ua.addAccount({
      uri: 'sip:anna@example.com',
      register: false,
      reliableProvisional: 'off',
      sessionTimer: { minSE: 100 },
    });
    const call = ua.defaultAccount!.call('bob');
    const invite = await server.request('INVITE');
    assert.equal(headerValue(invite, 'Require'), '100rel');
    assert.equal(headerValue(invite, 'Session-Expires'), '600');
    call.hangup();
    const own = other.call('bob');
    const second = await server.request('INVITE');
    assert.notInclude(headerValue(second, 'Supported'), '100rel');
    assert.deepEqual([headerValue(second, 'Session-Expires'), headerValue(second, 'Min-SE')], ['600', '100']);
    assert.equal(own.state, 'calling');
    assert.throws(
      () => new UserAgent({ servers: 'ws://x', reliableProvisional: 'yes' as 'off' }),
      /reliableProvisional/,
    );
    assert.throws(() => new UserAgent({ servers: 'ws://x', sessionTimer: { expires: 60 } }), /sessionTimer/);
    assert.throws(() => new UserAgent({ servers: 'ws://x', noMediaTimeout: -1 }), /noMediaTimeout/);
  });
});
