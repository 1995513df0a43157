import { assert } from 'chai';
import { CSeq, headerValue, headerValues, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { calling, described, towards } from '../support/calls.js';
import { peerSdp, toTagOf } from '../support/phone.js';

describe('early dialogs', () => {
  it('CALL-7: each To tag of a provisional response makes one: requests in it are answered, not refused with 481 (§12.1)', async () => {
    const { call, server, invite } = await calling();
    server.send(towards('INFO', invite, 1));
    await server.response(481);
    server.respond(invite, 180, { toTag: 'one' });
    server.respond(invite, 180, { toTag: 'two' });
    for (const tag of ['one', 'two']) {
      server.send(towards('INFO', invite, 1, {}, '', tag));
      await server.response(200);
    }
    assert.equal(call.state, 'early');
  });

  it('a fork that hangs up by itself ends its own early dialog, and the call goes on with the other', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { toTag: 'one' });
    server.respond(invite, 180, { toTag: 'two' });
    server.send(towards('BYE', invite, 1, {}, '', 'one'));
    await server.response(200);
    assert.equal(call.state, 'early');
    server.send(towards('INFO', invite, 2, {}, '', 'one'));
    await server.response(481);
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'two' });
    await server.request('ACK');
    await call.answered;
  });

  it('of a fork that is over a provisional response is nothing new, and its 2xx goes on with its numbers (§12.2.1.1)', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { toTag: 'one' });
    const sent = call.sendRequest('OPTIONS');
    const options = await server.request('OPTIONS');
    server.respond(options, 481);
    assert.equal((await sent).status, 481);
    server.respond(invite, 183, { toTag: 'one', headers: ['Require: 100rel', 'RSeq: 1'] });
    await server.nothing();
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'one' });
    await server.request('ACK');
    await call.answered;
    call.hangup();
    assert.equal(read(await server.request('BYE'), CSeq)!.sequence, read(options, CSeq)!.sequence + 1);
  });

  it('an INVITE that was sent again after a provisional response leaves no number to be used twice (§12.2.1.1)', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { toTag: 'one' });
    server.respond(invite, 407, {
      headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"'],
    });
    await server.request('ACK');
    const again = await server.request('INVITE');
    server.respond(again, 200, { headers: described, body: peerSdp(), toTag: 'one' });
    await server.request('ACK');
    await call.answered;
    call.hangup();
    assert.equal(read(await server.request('BYE'), CSeq)!.sequence, read(again, CSeq)!.sequence + 1);
  });

  it('the 2xx confirms the early dialog of its tag, with the route set of the 2xx; the others are over (§13.2.2.4)', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, {
      toTag: 'one',
      headers: ['Contact: <sip:early@bob.invalid>', 'Record-Route: <sip:old.example;lr>'],
    });
    server.respond(invite, 180, { toTag: 'two' });
    server.send(towards('INFO', invite, 5, {}, '', 'one'));
    await server.response(200);
    server.respond(invite, 200, {
      headers: [...described, 'Record-Route: <sip:new.example;lr>'],
      body: peerSdp(),
      toTag: 'one',
    });
    const ack = await server.request('ACK');
    assert.deepEqual(headerValues(ack, 'Route'), ['<sip:new.example;lr>']);
    assert.equal(ack.uri, 'sip:bob@bob.invalid;transport=ws');
    await call.answered;
    server.send(towards('INFO', invite, 1, {}, '', 'two'));
    await server.response(481);
    server.send(towards('INFO', invite, 4, {}, '', 'one'));
    await server.response(500); // its sequence numbers go on
    call.hangup();
    const bye = await server.request('BYE');
    assert.equal(toTagOf(bye), 'one');
    assert.equal(read(bye, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
  });

  it('early dialogs end with the INVITE: refused, or given up', async () => {
    for (const end of ['refused', 'given up'] as const) {
      const { call, server, invite } = await calling();
      server.respond(invite, 180);
      await settle();
      if (end === 'refused') {
        server.respond(invite, 486);
        await server.request('ACK');
      } else {
        call.hangup();
        await server.request('CANCEL');
      }
      server.send(towards('INFO', invite, 1));
      await server.response(481);
      assert.equal(call.state, 'disconnected');
    }
  });

  it('J11: descriptions of two forks in 183: media follow the first, and the second is heard of and raises no error', async () => {
    const { call, server, invite, log } = await calling();
    let progress = 0;
    call.on('stateChanged', () => progress++);
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'one' });
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'two' });
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'one' });
    await server.request('ACK');
    await call.answered;
    assert.equal(progress, 3);
    assert.deepEqual(
      log.filter((line) => line.startsWith('warn')),
      [],
    );
  });

  it('an INVITE in an early dialog meets the one that makes it, although that has its answer: 491 (RFC 3261 §14.2)', async () => {
    const { call, server, invite } = await calling();
    const reliable = ['Require: 100rel', 'RSeq: 1', ...described];
    server.respond(invite, 183, { headers: reliable, body: peerSdp() });
    server.respond(await server.request('PRACK'), 200);
    server.send(towards('INVITE', invite, 1));
    await server.response(491);
    assert.equal(call.state, 'early');
  });

  it('an UPDATE that waits in its early dialog, and the connection that its winner is offered, go one after another (RFC 3264 §4)', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { toTag: 'one', headers: ['Allow: INVITE, ACK, BYE, CANCEL, UPDATE'] });
    await settle();
    const updated = call.update();
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'two' });
    await settle();
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'one' });
    await server.request('ACK');
    const update = await server.request('UPDATE');
    await server.nothing();
    server.respond(update, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await updated;
    const again = await server.request('INVITE');
    server.respond(again, 200, { headers: described, body: peerSdp('sendrecv', 3) });
    await server.request('ACK');
    await call.answered;
  });

  it('CALL-7: when another fork answers than the one that was heard early, its media are offered anew, and the call stands', async () => {
    const { call, server, invite, media } = await calling();
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'one' });
    await settle();
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'two' });
    assert.equal(toTagOf(await server.request('ACK')), 'two');
    const again = await server.request('INVITE');
    assert.equal(toTagOf(again), 'two');
    assert.equal(call.state, 'connecting');
    server.respond(again, 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(
      media.connections.map(({ signalingState }) => signalingState),
      ['closed', 'stable'],
    );
    assert.equal(media.microphones.filter(({ readyState }) => readyState === 'live').length, 1);
  });

  it('CALL-10: what the peer allows is what its last Allow names', async () => {
    const { call, server, invite } = await calling();
    assert.isFalse(call.remoteAllows('UPDATE'));
    server.respond(invite, 180, { headers: ['Allow: INVITE, UPDATE', 'Allow: INFO'] });
    await settle();
    assert.isTrue(call.remoteAllows('UPDATE'));
    assert.isTrue(call.remoteAllows('INFO'));
    server.respond(invite, 200, { headers: [...described, 'Allow: INVITE, ACK, BYE'], body: peerSdp() });
    await server.request('ACK');
    assert.isFalse(call.remoteAllows('UPDATE'));
  });

  it('our INVITE says what we allow and support', async () => {
    const { invite } = await calling();
    for (const method of ['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE'])
      assert.include(headerValue(invite, 'Allow')!.split(', '), method);
    for (const tag of ['100rel', 'timer']) assert.include(headerValue(invite, 'Supported')!.split(', '), tag);
  });

  it('nothing is left behind of forks, their PRACKs and media that changed sides: no timer, no connection, no track', async () => {
    const { account, call, server, invite, clock, media } = await calling();
    for (const toTag of ['one', 'two']) {
      server.respond(invite, 183, {
        headers: [...described, 'Require: 100rel', 'RSeq: 1'],
        body: peerSdp(),
        toTag,
      });
      server.respond(await server.request('PRACK'), 200);
    }
    await settle();
    server.respond(invite, 200, { headers: described, toTag: 'two' });
    await server.request('ACK');
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('sendrecv', 2) });
    await server.request('ACK');
    await call.answered;
    call.hangup();
    const bye = await server.request('BYE');
    assert.equal(toTagOf(bye), 'two');
    server.respond(bye, 200);
    await clock.advance(32_000);
    assert.equal(clock.pending, 0);
    assert.equal(account.calls.size, 0);
    assert.isTrue(media.connections.every((pc) => pc.connectionState === 'closed'));
    assert.isTrue(media.microphones.every((track) => track.readyState === 'ended'));
  });
});
