import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, peerOffer, talking, talkingTo, towards } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';

describe('info packages (RFC 6086)', () => {
  it('CALL-14: the initial INVITE says which packages are taken, even none (§5.2.3)', async () => {
    assert.equal(
      headerValue((await calling({ infoPackages: ['foo', 'bar'] })).invite, 'Recv-Info'),
      'foo, bar, trickle-ice',
    );
    const options = { infoPackages: [], trickleIce: 'off' } as const;
    assert.equal(headerValue((await calling(options)).invite, 'Recv-Info'), '');
    assert.isUndefined(headerValue((await calling({ trickleIce: 'off' })).invite, 'Recv-Info'));
  });

  it('CALL-14: the 2xx says so only to whoever asked (§5.2.3)', async () => {
    const account = { infoPackages: ['foo'], trickleIce: 'off' } as const;
    const { server, ok } = await talking({ 'Recv-Info': '' }, { account });
    assert.equal(headerValue(ok, 'Recv-Info'), 'foo');
    server.send(inDialog('UPDATE', ok, 2, { 'Recv-Info': 'nothing' }));
    assert.equal(headerValue(await server.response(200), 'Recv-Info'), 'foo');
    server.send(inDialog('UPDATE', ok, 3));
    assert.isUndefined(headerValue(await server.response(200), 'Recv-Info'));
    assert.isUndefined(headerValue((await talking({}, { account })).ok, 'Recv-Info'));
  });

  it('CALL-14: a reliable 18x says it too', async () => {
    const account = { infoPackages: ['foo'], trickleIce: 'off' } as const;
    const { server } = await peerCalls({ 'Recv-Info': 'bar', Require: '100rel' }, peerOffer(), { account });
    assert.equal(headerValue(await server.response(180), 'Recv-Info'), 'foo');
  });

  it('CALL-14: INFO of a package that is not taken gets 469 with those that are (§4.2.2)', async () => {
    const { call, server, ok } = await talking({}, { account: { infoPackages: ['foo'], trickleIce: 'off' } });
    let heard = 0;
    call.on('request', () => heard++);
    server.send(inDialog('INFO', ok, 2, { 'Info-Package': 'Foo', 'Content-Type': 'text/plain' }, 'x'));
    assert.equal(headerValue(await server.response(469), 'Recv-Info'), 'foo', 'names are case-sensitive (§7.2)');
    assert.equal(heard, 0);
    server.send(inDialog('INFO', ok, 3, { 'Info-Package': 'foo;v=2', 'Content-Type': 'text/plain' }, 'x'));
    await server.response(200);
    assert.equal(heard, 1);
    const plain = await talking({}, { account: { trickleIce: 'off' } });
    plain.server.send(inDialog('INFO', plain.ok, 2, { 'Info-Package': 'foo' }));
    assert.equal(headerValue(await plain.server.response(469), 'Recv-Info'), '');
  });

  it('CALL-14: sendInfo goes to a peer that takes the package, and to no other', async () => {
    const { call, server } = await talkingTo({ headers: ['Recv-Info: foo;v=1, bar'] });
    const sent = call.sendInfo('bar', '{"a":1}', { contentType: 'application/json' });
    const info = await server.request('INFO');
    assert.equal(headerValue(info, 'Info-Package'), 'bar');
    assert.equal(headerValue(info, 'Content-Type'), 'application/json');
    assert.equal(headerValue(info, 'Content-Disposition'), 'Info-Package');
    server.respond(info, 200);
    assert.equal((await sent).status, 200);
    assert.throws(() => void call.sendInfo('baz'), /the peer does not take baz/);
    const plain = await talkingTo();
    assert.throws(() => void plain.call.sendInfo('foo'), /the peer does not take foo/);
    void plain.call.sendRequest('INFO', { body: 'free' });
    await plain.server.request('INFO');
  });

  it('CALL-14: what a refused change says of packages does not count (§5.2.4)', async () => {
    const { call, server, invite } = await calling({ infoPackages: [] });
    server.respond(invite, 200, { body: peerSdp(), headers: [...described, 'Recv-Info: foo'] });
    await server.request('ACK');
    await call.answered;
    server.send(towards('INVITE', invite, 1, { 'Recv-Info': 'bar' }, 'v=0\r\n'));
    await server.response(488);
    assert.throws(() => void call.sendInfo('bar'), /bar/);
    server.send(towards('UPDATE', invite, 2, { 'Recv-Info': '' }));
    await server.response(200);
    assert.throws(() => void call.sendInfo('foo'), /foo/);
  });

  it('CALL-14: what is no package is refused by name', async () => {
    const { account } = await talking();
    assert.throws(() => account.call('bob', { infoPackages: ['a b'] }), /infoPackages/);
    assert.throws(() => account.call('bob', { infoPackages: 'foo' as unknown as string[] }), /infoPackages/);
  });
});
