import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';

describe('a call in numbers and names', () => {
  it('CALL-3: role, status and durations: connected from the confirmation on, total from the beginning', async () => {
    const { call, server, invite, clock } = await calling();
    assert.deepInclude(call.info, { role: 'caller', state: 'calling', status: 0, reason: '', offerer: 'local' });
    assert.deepInclude(call.info, { remoteContact: undefined, local: undefined, connectDuration: 0 });
    await clock.advance(1000);
    server.respond(invite, 183, { reason: 'Wait a moment', headers: described.slice(1) });
    assert.deepInclude(call.info, { state: 'early', status: 183, reason: 'Wait a moment' });
    await clock.advance(2000);
    assert.deepInclude(call.info, { connectDuration: 0, totalDuration: 3000 });
    server.respond(invite, 200, { body: peerSdp(), headers: described });
    await server.request('ACK');
    await call.answered;
    await clock.advance(5000);
    assert.deepInclude(call.info, {
      state: 'confirmed',
      status: 200,
      connectDuration: 5000,
      totalDuration: 8000,
      callId: headerValue(invite, 'Call-ID')!,
      remote: { uri: 'sip:bob@example.com', displayName: undefined },
      remoteContact: 'sip:bob@bob.invalid;transport=ws',
      local: '<sip:alice@example.com>',
    });
    const { info } = call;
    call.hangup();
    await clock.advance(60_000);
    assert.deepInclude(call.info, { state: 'disconnected', connectDuration: 5000, totalDuration: 8000 });
    assert.equal(info.state, 'confirmed', 'it is a snapshot');
  });

  it('CALL-3: who offered: the caller, the callee of a late offer, whoever changed the session last', async () => {
    const { call, server, ok } = await talking();
    assert.deepInclude(call.info, { role: 'callee', offerer: 'remote', status: 200 });
    void call.hold();
    await server.request('INVITE');
    assert.deepInclude(call.info, { offerer: 'local', localHold: true });
    const late = await peerCalls({}, '');
    void late.call.answer();
    await late.server.response(180);
    await late.server.response(200);
    assert.equal(late.call.info.offerer, 'local');
    const changed = await talking();
    changed.server.send(inDialog('INVITE', changed.ok, 2, {}, peerOffer('sendonly', 2)));
    await changed.server.response(200);
    assert.deepInclude(changed.call.info, { offerer: 'remote', remoteHold: true });
    assert.ok(ok);
  });

  it('CALL-3: the last status of a call that was refused is the refusal’s', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 486, { reason: 'Not now' });
    await call.ended;
    assert.deepInclude(call.info, { status: 486, reason: 'Not now', mediaState: 'closed' });
  });

  it('CALL-7: the dialogs of a call: one for each phone that rings, then the one that was answered', async () => {
    const { call, server, invite } = await calling();
    assert.deepEqual(call.dialogs, []);
    const contact = (who: string): string[] => [`Contact: <sip:${who}@there.invalid>`];
    server.respond(invite, 180, { toTag: 'desk', headers: contact('desk') });
    server.respond(invite, 180, { toTag: 'mobile', headers: contact('mobile') });
    assert.deepEqual(
      call.dialogs.map(({ remoteTag, state, target }) => [remoteTag, state, target]),
      [
        ['desk', 'early', 'sip:desk@there.invalid'],
        ['mobile', 'early', 'sip:mobile@there.invalid'],
      ],
    );
    server.respond(invite, 200, { toTag: 'mobile', body: peerSdp(), headers: described });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(call.dialogs.map(({ remoteTag, state }) => [remoteTag, state]), [['mobile', 'confirmed']]); // prettier-ignore
    call.hangup();
    assert.deepEqual(call.dialogs, []);
  });

  it('CALL-7: a call that rings here is one early dialog', async () => {
    const { call } = await peerCalls();
    assert.deepEqual(call.dialogs.map(({ callId, remoteTag, state }) => [callId, remoteTag, state]), [
      ['call-1', 'bobtag', 'early'],
    ]); // prettier-ignore
  });
});
