import { assert } from 'chai';
import { calling, inDialog, peerCalls, talking, talkingTo } from '../support/calls.js';
import { phone } from '../support/phone.js';

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
