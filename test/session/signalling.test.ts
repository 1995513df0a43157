import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipMessage } from '../../lib/parser/index.js';
import {
  calling,
  described,
  inDialog,
  inviteVia,
  peerCalls,
  peerOffer,
  talking,
  talkingTo,
  towards,
} from '../support/calls.js';
import { peerRequest, peerSdp } from '../support/phone.js';

const nil = '0'.repeat(32);
const bob = 'b0'.repeat(16);
const carol = 'ca'.repeat(16);

/** The two UUIDs of a message of ours. */
function uuids(message: SipMessage): { local: string; remote: string } {
  const value = headerValue(message, 'Session-ID') ?? '';
  const [, local, remote] = /^([\da-f]{32});remote=([\da-f]{32})$/.exec(value) ?? assert.fail(`Session-ID: ${value}`);
  return { local: local!, remote: remote! };
}

describe('Session-ID (RFC 7989)', () => {
  it('§6: the nil UUID is used where the peer’s is not known, its own from then on, and ours never changes', async () => {
    const { call, server, invite } = await calling();
    const { local, remote } = uuids(invite);
    assert.equal(remote, nil);
    assert.notEqual(local, nil);
    server.respond(invite, 401, { headers: ['WWW-Authenticate: Digest realm="example.com", nonce="n"'] });
    assert.deepEqual(uuids(await server.request('ACK')), { local, remote: nil });
    const again = await server.request('INVITE');
    assert.deepEqual(uuids(again), { local, remote: nil });
    server.respond(again, 200, { body: peerSdp(), headers: [...described, `Session-ID: ${bob};remote=${local}`] });
    assert.deepEqual(uuids(await server.request('ACK')), { local, remote: bob });
    await call.answered;
    void call.hold();
    assert.deepEqual(uuids(await server.request('INVITE')), { local, remote: bob });
    assert.deepEqual(call.sessionId, { local, remote: bob });
  });

  it('§6: as the callee it answers with the caller’s UUID as remote, and takes one that comes later', async () => {
    const { call, server } = await peerCalls({ 'Session-ID': `${bob.toUpperCase()};remote=${nil}` });
    const ringing = await server.response(180);
    const { local, remote } = uuids(ringing);
    assert.equal(remote, bob);
    void call.answer();
    const ok = await server.response(200);
    assert.deepEqual(uuids(ok), { local, remote: bob });
    server.send(inDialog('ACK', ok, 1));
    server.send(inDialog('INFO', ok, 2));
    assert.deepEqual(uuids(await server.response(200)), { local, remote: bob }, 'one without changes nothing');
    server.send(inDialog('INFO', ok, 3, { 'Session-ID': `${carol};remote=${local}` }));
    assert.deepEqual(uuids(await server.response(200)), { local, remote: carol });
    call.hangup();
    assert.deepEqual(uuids(await server.request('BYE')), { local, remote: carol });
  });

  it('§6: one that is not 32 digits long, or nil, is discarded', async () => {
    const { call, server } = await peerCalls({ 'Session-ID': 'abc;remote=def' });
    assert.equal(uuids(await server.response(180)).remote, nil);
    assert.equal(call.sessionId?.remote, undefined);
    const other = await peerCalls({ 'Session-ID': `${nil};remote=${nil}` });
    assert.equal(uuids(await other.server.response(180)).remote, nil);
  });

  it('§6: a CANCEL has the INVITE’s, and its 200 that of our responses', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 180, { headers: [`Session-ID: ${bob};remote=${uuids(invite).local}`] });
    call.hangup();
    const cancel = await server.request('CANCEL');
    assert.equal(headerValue(cancel, 'Session-ID'), headerValue(invite, 'Session-ID'));
    const { server: callee } = await peerCalls({ 'Session-ID': `${bob};remote=${nil}` });
    const ringing = await callee.response(180);
    callee.send(peerRequest('CANCEL', { Via: inviteVia }));
    assert.deepEqual(uuids(await callee.response(200)), uuids(ringing));
    assert.deepEqual(uuids(await callee.response(487)), uuids(ringing));
  });

  it('§6: the ACK of a refusal names who refused', async () => {
    const { server, invite } = await calling();
    server.respond(invite, 486, { headers: [`Session-ID: ${bob};remote=${uuids(invite).local}`] });
    assert.deepEqual(uuids(await server.request('ACK')), { local: uuids(invite).local, remote: bob });
  });

  it('§6: each fork gets its own UUID back', async () => {
    const { server, invite } = await calling();
    const { local } = uuids(invite);
    const reliable = (rseq: number, uuid: string): string[] => [
      'Require: 100rel', `RSeq: ${rseq}`, 'Contact: <sip:bob@bob.invalid;transport=ws>', `Session-ID: ${uuid};remote=${local}`,
    ]; // prettier-ignore
    server.respond(invite, 180, { toTag: 'one', headers: reliable(1, bob) });
    assert.deepEqual(uuids(await server.request('PRACK')), { local, remote: bob });
    server.respond(invite, 180, { toTag: 'two', headers: reliable(7, carol) });
    assert.deepEqual(uuids(await server.request('PRACK')), { local, remote: carol });
    server.send(towards('OPTIONS', invite, 1, {}, '', 'one'));
    assert.deepEqual(uuids(await server.response(200)), { local, remote: bob });
  });

  it('every response of a call has it: to re-INVITE, UPDATE, BYE and to what is refused', async () => {
    const { server, ok } = await talking({ 'Session-ID': `${bob};remote=${nil}` });
    const { local } = uuids(ok);
    const ours = { local, remote: bob };
    server.send(inDialog('UPDATE', ok, 2));
    assert.deepEqual(uuids(await server.response(200)), ours);
    server.send(inDialog('INVITE', ok, 3, {}, peerOffer('sendrecv', 2)));
    const again = await server.response(200);
    assert.deepEqual(uuids(again), ours);
    server.send(inDialog('ACK', ok, 3));
    server.send(inDialog('INFO', ok, 4, { 'Content-Type': 'application/x-unknown' }, 'x'));
    assert.deepEqual(uuids(await server.response(415)), ours);
    server.send(inDialog('BYE', ok, 5));
    assert.deepEqual(uuids(await server.response(200)), ours);
  });

  it('sessionId: false says nothing of it', async () => {
    const { call, invite, server } = await talkingTo({}, { sessionId: false });
    assert.isUndefined(headerValue(invite, 'Session-ID'));
    assert.isUndefined(call.sessionId);
    call.hangup();
    assert.isUndefined(headerValue(await server.request('BYE'), 'Session-ID'));
  });
});
