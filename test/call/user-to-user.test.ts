import { assert } from 'chai';
import { headerValue, headerValues } from '../../lib/parser/index.js';
import { calling, described, inDialog, peerCalls, talking, talkingTo } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';

describe('user-to-user information (RFC 7433)', () => {
  it('a text goes with the INVITE as the hexadecimal digits of its UTF-8 (§4.2)', async () => {
    const { invite } = await calling({ userToUser: 'Größe 5' });
    assert.equal(headerValue(invite, 'User-to-User'), '4772C3B6C39F652035;encoding=hex');
  });

  it('data go as they are, with encoding, purpose and content', async () => {
    const userToUser = { data: '56a390f3d2b7310023a2', purpose: 'foo', content: 'bar' };
    const { invite } = await calling({ userToUser });
    assert.equal(headerValue(invite, 'User-to-User'), '56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar');
    const quoted = await calling({ userToUser: [{ data: 'a;"b', encoding: 'x-plain' }, 'c'] });
    assert.deepEqual(headerValues(quoted.invite, 'User-to-User'), ['"a;\\"b";encoding=x-plain', '63;encoding=hex']);
  });

  it('it goes with the 200, the refusal, the BYE and the CANCEL', async () => {
    const { call, server } = await peerCalls();
    await server.response(180);
    void call.answer({ userToUser: 'a' });
    assert.equal(headerValue(await server.response(200), 'User-to-User'), '61;encoding=hex');
    const refused = await peerCalls();
    await refused.server.response(180);
    refused.call.reject(486, { userToUser: 'b' });
    assert.equal(headerValue(await refused.server.response(486), 'User-to-User'), '62;encoding=hex');
    const over = await talking();
    over.call.hangup({ userToUser: 'c' });
    assert.equal(headerValue(await over.server.request('BYE'), 'User-to-User'), '63;encoding=hex');
    const given = await calling();
    given.server.respond(given.invite, 180);
    given.call.hangup({ userToUser: 'd' });
    assert.equal(headerValue(await given.server.request('CANCEL'), 'User-to-User'), '64;encoding=hex');
  });

  it('the peer’s is a fact of the call: of the INVITE, then of the BYE', async () => {
    const uui = '"4772C3B6C39F65";encoding=hex;purpose=foo;content=bar, plain;encoding=x';
    const { call, server, ok } = await talking({ 'User-to-User': uui });
    assert.deepEqual(call.userToUser, [
      { data: '4772C3B6C39F65', encoding: 'hex', purpose: 'foo', content: 'bar', text: 'Größe' },
      { data: 'plain', encoding: 'x', purpose: undefined, content: undefined, text: 'plain' },
    ]);
    server.send(inDialog('UPDATE', ok, 2, { From: '"Carol" <sip:carol@example.com>;tag=bobtag' }));
    await server.response(200);
    assert.lengthOf(call.userToUser, 2, 'a message without one changes nothing');
    server.send(inDialog('BYE', ok, 3, { 'User-to-User': '6f6b;encoding=hex' }));
    await call.ended;
    assert.deepEqual(call.userToUser.map(({ text }) => text), ['ok']); // prettier-ignore
  });

  it('of a call of ours it comes with the answer, or with the refusal', async () => {
    const { call } = await talkingTo({ headers: ['User-to-User: 6869;encoding=hex'] });
    assert.equal(call.userToUser[0]?.text, 'hi');
    const refused = await calling();
    assert.deepEqual(refused.call.userToUser, []);
    refused.server.respond(refused.invite, 603, { headers: ['User-to-User: 6e6f;encoding=hex'] });
    await refused.call.ended;
    assert.equal(refused.call.userToUser[0]?.text, 'no');
  });

  it('what is not understood is ignored, and the call lives (§4.1)', async () => {
    const { call } = await peerCalls({ 'User-to-User': 'fe;encoding=hex, xyz;encoding=hex, a b, "open' });
    assert.deepEqual(call.userToUser.map(({ data, text }) => [data, text]), [['fe', undefined], ['xyz', undefined]]); // prettier-ignore
  });

  it('what cannot be sent is refused by name, and nothing is sent', async () => {
    const { call, account, server, invite } = await calling();
    const wrong = [{ data: 'xyz' }, { data: 'a\r\nb', encoding: 'x' }, { data: 'ab', purpose: 'a b' }, 5, { data: 5 }];
    for (const userToUser of wrong as { data: string }[])
      assert.throws(() => account.call('bob', { userToUser }), /userToUser/);
    assert.equal(account.calls.size, 1);
    server.respond(invite, 200, { body: peerSdp(), headers: described });
    await server.request('ACK');
    assert.throws(() => call.hangup({ userToUser: { data: 'q' } }), /userToUser/);
    await server.nothing();
    assert.equal(call.state, 'confirmed');
  });
});
