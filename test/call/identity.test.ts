import { assert } from 'chai';
import { headerValue, headerValues } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking, talkingTo } from '../support/calls.js';
import { phone } from '../support/phone.js';

const asserted = { 'P-Asserted-Identity': '"Bob Jones" <sip:bob@corp.example>, <tel:+4930123>' };

describe('who the peer is', () => {
  it('P-Asserted-Identity, Remote-Party-ID, Diversion and History-Info are typed facts (RFC 3325, RFC 5806, RFC 7044)', async () => {
    const { call } = await peerCalls({
      ...asserted,
      'Remote-Party-ID': '"Bob" <sip:bob@corp.example>;party=calling;screen=yes;privacy=off',
      Diversion:
        '<sip:desk@corp.example>;reason=no-answer;counter=2;privacy=full, <sip:boss@corp.example>;reason=unconditional',
      'History-Info':
        '<sip:desk@corp.example?Reason=SIP%3Bcause%3D302>;index=1, <sip:alice@example.com;cause=408>;index=1.1',
    });
    const identity = call.identity!;
    assert.deepEqual(identity.asserted, [
      { uri: 'sip:bob@corp.example', displayName: 'Bob Jones' },
      { uri: 'tel:+4930123', displayName: undefined },
    ]);
    assert.deepEqual(identity.remotePartyIds, [
      { uri: 'sip:bob@corp.example', displayName: 'Bob', party: 'calling', privacy: 'off', isScreened: true },
    ]);
    assert.deepEqual(
      identity.diversions.map(({ uri, reason, counter, privacy }) => [uri, reason, counter, privacy]),
      [
        ['sip:desk@corp.example', 'no-answer', 2, 'full'],
        ['sip:boss@corp.example', 'unconditional', 1, undefined],
      ],
    );
    assert.deepEqual(identity.history.map(({ index, cause }) => [index, cause]), [['1', 302], ['1.1', 408]]); // prettier-ignore
    assert.isFalse(identity.isAnonymous);
    assert.deepEqual(identity.privacy, []);
    assert.strictEqual(call.identity, identity, 'read once');
  });

  it('what cannot be read counts as absent, and hides nothing else', async () => {
    const { call } = await peerCalls({ Diversion: '<<>>', 'History-Info': '<sip:a b>;index=1', ...asserted });
    assert.lengthOf(call.identity!.asserted, 2);
    assert.deepEqual([call.identity!.diversions, call.identity!.history], [[], []]);
  });

  it('a caller that wants to stay unknown is known as such (RFC 3323, RFC 3325 §7)', async () => {
    const nobody = { From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x' };
    assert.isTrue((await peerCalls(nobody)).call.identity?.isAnonymous);
    assert.isTrue((await peerCalls({ ...asserted, Privacy: 'id;critical' })).call.identity?.isAnonymous);
    assert.isTrue((await peerCalls({ 'Remote-Party-ID': '<sip:b@c.d>;privacy=full' })).call.identity?.isAnonymous);
    assert.isFalse((await peerCalls({ ...asserted, Privacy: 'none' })).call.identity?.isAnonymous);
  });

  it('what is asserted is shown only where the account trusts it, and never of who wants to stay unknown', async () => {
    assert.equal((await peerCalls(asserted)).call.remote.uri, 'sip:bob@example.com');
    const account = { trustAssertedIdentity: true };
    const { call } = await peerCalls(asserted, peerOffer(), { account });
    assert.deepEqual(call.remote, { uri: 'sip:bob@corp.example', displayName: 'Bob Jones' });
    const gateway = await peerCalls({ 'Remote-Party-ID': '"Gate" <sip:g@corp.example>' }, peerOffer(), { account });
    assert.equal(gateway.call.remote.displayName, 'Gate');
    const hidden = await peerCalls({ ...asserted, Privacy: 'id' }, peerOffer(), { account });
    assert.equal(hidden.call.remote.uri, 'sip:bob@example.com');
  });

  it('RFC 4916 §4.4.2: a From that changes in the call names another peer, in our To too', async () => {
    const { call, server, ok } = await talking();
    assert.include(headerValue(ok, 'Supported'), 'from-change');
    const seen: unknown[] = [];
    call.on('identityChanged', ({ remote }) => seen.push(remote));
    server.send(inDialog('UPDATE', ok, 2, { From: '"Carol" <sip:carol@example.com>;tag=bobtag' }));
    await server.response(200);
    assert.deepEqual(seen, [{ uri: 'sip:carol@example.com', displayName: 'Carol' }]);
    assert.equal(call.remote.displayName, 'Carol');
    assert.equal(call.getSnapshot().remote.displayName, 'Carol');
    server.send(inDialog('UPDATE', ok, 3, { From: '"Carol" <sip:carol@example.com>;tag=bobtag' }));
    await server.response(200);
    assert.lengthOf(seen, 1, 'the same once more is no change');
    call.hangup();
    assert.equal(headerValue(await server.request('BYE'), 'To'), '"Carol" <sip:carol@example.com>;tag=bobtag');
  });

  it('RFC 4916 §4.4.2: a request that is refused changes nothing', async () => {
    const { call, server, ok } = await talking();
    server.send(inDialog('INVITE', ok, 2, { From: '<sip:carol@example.com>;tag=bobtag' }, 'v=0\r\n'));
    await server.response(488);
    assert.equal(call.remote.uri, 'sip:bob@example.com');
    call.hangup();
    assert.equal(headerValue(await server.request('BYE'), 'To'), '"Bob" <sip:bob@example.com>;tag=bobtag');
  });

  it('who answers a call of ours is told by the 2xx', async () => {
    const headers = ['P-Asserted-Identity: "Carol" <sip:carol@corp.example>'];
    const { call } = await talkingTo({ headers });
    assert.equal(call.identity?.asserted[0]?.displayName, 'Carol');
    assert.equal(call.remote.uri, 'sip:bob@example.com');
    const trusting = await calling({}, { account: { trustAssertedIdentity: true } });
    const seen: unknown[] = [];
    assert.isUndefined(trusting.call.identity);
    trusting.call.on('identityChanged', ({ remote }) => seen.push(remote.displayName));
    trusting.server.respond(trusting.invite, 180, { headers: [...described.slice(1), ...headers] });
    assert.equal(trusting.call.remote.displayName, 'Carol');
    assert.deepEqual(seen, ['Carol']);
  });

  it('preferredIdentity and assertedIdentity go with the INVITE, of the account or of the call (RFC 3325 §9)', async () => {
    const account = { preferredIdentity: '"Desk" <sip:desk@example.com>' };
    const { invite, account: from, server } = await calling({}, { account });
    assert.equal(headerValue(invite, 'P-Preferred-Identity'), '"Desk" <sip:desk@example.com>');
    from.call('bob', { assertedIdentity: ['sip:a@example.com', 'tel:+4930'] });
    const other = await server.request('INVITE');
    assert.deepEqual(headerValues(other, 'P-Asserted-Identity'), ['<sip:a@example.com>', '<tel:+4930>']);
    assert.isUndefined(headerValue(other, 'P-Preferred-Identity'));
    from.call('bob', { privacy: ['user', 'id'] });
    const hidden = await server.request('INVITE');
    assert.deepEqual(headerValues(hidden, 'P-Preferred-Identity'), ['"Desk" <sip:desk@example.com>']);
  });

  it('what is no address is refused by name', async () => {
    const { ua, account } = await phone();
    assert.throws(() => account.call('bob', { preferredIdentity: 'a\r\nb' }), /preferredIdentity/);
    assert.throws(() => account.call('bob', { assertedIdentity: 'https://x.example' }), /assertedIdentity/);
    assert.throws(() => ua.addAccount({ uri: 'sip:a@b.example', preferredIdentity: '<' }), /preferredIdentity/);
    assert.equal(account.calls.size, 0);
  });
});
