import { assert } from 'chai';
import { Supported, headerValue, headerValues, readAll } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';
import { bound, contactOf, contacts, leaving, registered, registering } from '../support/registering.js';

const gruus =
  ';pub-gruu="sip:alice@example.com;gr=urn:uuid:f81d4fae";temp-gruu="sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr"';

/** The one value of Contact in what is no REGISTER. */
function contact(request: SipRequest): string {
  const value = headerValue(request, 'Contact');
  assert(value);
  return value;
}

describe('contact', () => {
  it('the Contact that stays is the first, for registrars that look at no other', async () => {
    const { server, register, clock } = await registered();
    server.socket.drop();
    await clock.advance(1000);
    const [first, second] = contacts(await server.request('REGISTER'));
    assert.equal(first!.params.get('expires'), '600');
    assert.equal(second!.uri, contactOf(register).uri);
  });

  it('ACC-21: `unregister` removes the old Contact by itself, and the new one has a Call-ID of its own', async () => {
    const { server, register, clock, account, states } = await registered({ account: { contactUpdate: 'unregister' } });
    server.socket.drop();
    await clock.advance(1000);
    const remove = await server.request('REGISTER');
    assert.deepEqual(leaving(remove), [contactOf(register).uri]);
    assert.equal(headerValue(remove, 'Expires'), '0');
    assert.equal(headerValue(remove, 'Call-ID'), headerValue(register, 'Call-ID'));
    await server.nothing();
    server.respond(remove, 200);
    const again = await server.request('REGISTER');
    assert.notEqual(headerValue(again, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.notEqual(contactOf(again).uri, contactOf(register).uri);
    server.respond(again, 200, { headers: [bound(again, 600)] });
    await account.registered;
    assert.deepEqual(states, ['registering', 'unregistered', 'registering', 'registered']);
  });

  it('ACC-20: `off` keeps the Contact', async () => {
    const { server, register, clock } = await registered({ account: { contactUpdate: 'off' } });
    server.socket.drop();
    await clock.advance(1000);
    const again = await server.request('REGISTER');
    assert.deepEqual(
      contacts(again).map(({ uri }) => uri),
      [contactOf(register).uri],
    );
  });

  it('ACC-20: two lost connections in a row leave no Contact behind', async () => {
    const { server, register, clock } = await registered();
    server.socket.drop();
    await clock.advance(1000);
    const second = await server.request('REGISTER');
    server.socket.drop();
    await clock.advance(60_000);
    const third = await server.request('REGISTER');
    assert.sameMembers(leaving(third), [contactOf(register).uri, contactOf(second).uri]);
  });

  it('ACC-23: reg-id, instance-id and the option tags are in a REGISTER; where the 2xx requires outbound, they stay, and so does the Contact on a new flow', async () => {
    const { server, register, clock } = await registered({ headers: ['Require: outbound'] });
    assert.includeMembers([...readAll(register, Supported)], ['outbound', 'path', 'gruu']);
    assert.equal(contactOf(register).params.get('reg-id'), '1');
    server.socket.drop();
    await clock.advance(1000);
    const again = await server.request('REGISTER');
    assert.deepEqual(leaving(again), []);
    assert.equal(contactOf(again).uri, contactOf(register).uri);
    assert.equal(contactOf(again).params.get('reg-id'), '1');
  });

  it('ACC-23: without `Require: outbound` in the 2xx the parameters fall away, and are offered anew on the next connection', async () => {
    const { server, clock, account } = await registered();
    void account.register();
    const refresh = await server.request('REGISTER');
    assert.isFalse(contactOf(refresh).params.has('reg-id'));
    assert.notInclude(readAll(refresh, Supported), 'outbound');
    assert.include(readAll(refresh, Supported), 'path');
    server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await settle();
    server.socket.drop();
    await clock.advance(1000);
    assert.equal(contactOf(await server.request('REGISTER')).params.get('reg-id'), '1');
  });

  it('ACC-23: after a 439 it registers without outbound, and path stays (RFC 5626 §11.6)', async () => {
    const { server, register, account } = await registering();
    server.respond(register, 439);
    const plain = await server.request('REGISTER');
    assert.isFalse(contactOf(plain).params.has('reg-id'));
    assert.deepEqual(readAll(plain, Supported), ['path', 'gruu']);
    server.respond(plain, 439);
    await settle();
    assert.equal(account.state, 'failed');
    await server.nothing();
  });

  it('ACC-23: two flows to several servers have two reg-ids and two Call-IDs, once the registrar keeps them apart', async () => {
    const servers = ['ws://one.example/', 'ws://two.example/'];
    const { server, register, account } = await registering({ servers, account: { flows: 2 } });
    assert.lengthOf(server.sockets, 1);
    server.respond(register, 200, { headers: [bound(register, 600), 'Require: outbound'] });
    const second = await server.request('REGISTER');
    assert.deepEqual(
      server.sockets.map(({ url }) => url),
      servers,
    );
    assert.equal(contactOf(second).params.get('reg-id'), '2');
    assert.notEqual(headerValue(second, 'Call-ID'), headerValue(register, 'Call-ID'));
    assert.equal(contactOf(second).params.get('+sip.instance'), contactOf(register).params.get('+sip.instance'));
    server.respond(second, 200, { headers: [bound(second, 600), 'Require: outbound'] });
    await settle();
    // one flow lost: the account is still registered, and requests take the other
    server.sockets[0]!.drop();
    await settle();
    assert.isTrue(account.isRegistered);
    assert.equal(account.state, 'registered');
    void account.sendMessage('bob', 'hello');
    await server.request('MESSAGE');
    assert.include(server.sockets[1]!.sent.at(-1), 'MESSAGE');
    void account.unregister();
    assert.equal(headerValue(await server.request('REGISTER'), 'Expires'), '0');
  });

  it('ACC-23: no second flow where the registrar does not keep them apart (RFC 5626 §4.2.1)', async () => {
    const { server } = await registered({ servers: ['ws://one.example/', 'ws://two.example/'], account: { flows: 2 } });
    await server.nothing();
    assert.lengthOf(server.sockets, 1);
  });

  it('RFC 5626 §4.3: without a GRUU the Contact of a dialog has `ob`', async () => {
    const { server, account } = await registered({ headers: ['Require: outbound'] });
    account.call('bob');
    assert.match(contact(await server.request('INVITE')), /^<sip:[^>]+;transport=ws;ob>$/);
  });

  it('ACC-25: a GRUU is the Contact of dialogs (RFC 5627 §4.4), and not of REGISTER', async () => {
    const { server, account, register } = await registered({ extra: gruus });
    assert.equal(account.gruu, 'sip:alice@example.com;gr=urn:uuid:f81d4fae');
    account.call('bob');
    assert.equal(contact(await server.request('INVITE')), '<sip:alice@example.com;gr=urn:uuid:f81d4fae>');
    void account.register();
    assert.equal(contactOf(await server.request('REGISTER')).uri, contactOf(register).uri);
  });

  it('ACC-25: Service-Route is the route of requests, after our own proxies; the next 2xx without it ends that (RFC 3608 §6.1)', async () => {
    const { server, account, register } = await registered({
      headers: ['Service-Route: <sip:p1.example;lr>, <sip:p2.example;lr>'],
      account: { outboundProxies: ['sip:edge.example'] },
    });
    assert.deepEqual(headerValues(register, 'Route'), ['<sip:edge.example;lr>']);
    void account.sendMessage('bob', 'hello');
    const message = await server.request('MESSAGE');
    const route = ['<sip:edge.example;lr>', '<sip:p1.example;lr>', '<sip:p2.example;lr>'];
    assert.deepEqual(headerValues(message, 'Route'), route);
    account.call('bob');
    assert.deepEqual(headerValues(await server.request('INVITE'), 'Route'), route);
    void account.register();
    const refresh = await server.request('REGISTER');
    assert.deepEqual(headerValues(refresh, 'Route'), ['<sip:edge.example;lr>']);
    server.respond(refresh, 200, { headers: [bound(refresh, 600)] });
    await settle();
    void account.sendMessage('bob', 'hello');
    assert.deepEqual(headerValues(await server.request('MESSAGE'), 'Route'), ['<sip:edge.example;lr>']);
  });

  it('ACC-25: a failed registration ends the Service-Route too; `useServiceRoute: false` never takes it', async () => {
    const { server, account } = await registered({ headers: ['Service-Route: <sip:p1.example;lr>'] });
    void account.register().catch(() => undefined);
    server.respond(await server.request('REGISTER'), 403);
    await settle();
    void account.sendMessage('bob', 'hello');
    assert.deepEqual(headerValues(await server.request('MESSAGE'), 'Route'), []);

    const other = await registered({
      headers: ['Service-Route: <sip:p1.example;lr>'],
      account: { useServiceRoute: false },
    });
    void other.account.sendMessage('bob', 'hello');
    assert.deepEqual(headerValues(await other.server.request('MESSAGE'), 'Route'), []);
  });

  it('reg_use_proxy: `registerVia: false` sends REGISTER past the proxies that other requests take', async () => {
    const { server, account, register } = await registered({
      account: { outboundProxies: ['sip:one.example', '<sip:two.example;transport=ws;lr>'], registerVia: false },
    });
    assert.deepEqual(headerValues(register, 'Route'), []);
    void account.sendMessage('bob', 'hello');
    const routes = headerValues(await server.request('MESSAGE'), 'Route');
    assert.deepEqual(routes, ['<sip:one.example;lr>', '<sip:two.example;transport=ws;lr>']);
  });

  it('ACC-26, EXO-16: each parameter is on its side of ">", and what is for REGISTER alone is in no INVITE', async () => {
    const { server, account, register } = await registered({
      account: {
        contact: {
          params: { q: 0.5, audio: true },
          uriParams: { line: 'a1' },
          registerParams: { '+x.device': 'desk' },
          registerUriParams: { 'pn-prid': 'token' },
        },
      },
    });
    const value = headerValue(register, 'Contact')!;
    assert.match(
      value,
      /^<sip:[^>;]+;transport=ws;line=a1;pn-prid=token>;q=0\.5;audio;\+x\.device="?desk"?;\+sip\.instance=/,
    );
    account.call('bob');
    assert.match(contact(await server.request('INVITE')), /^<sip:[^>;]+;transport=ws;line=a1>;q=0\.5;audio$/);
  });

  it('EXO-3, ACC-26: a Contact that the app supplies is used verbatim, a managed one is made', async () => {
    const uri = 'sip:alice@192.0.2.4:5060;transport=tcp;x=Y';
    const { server, account, register } = await registered({ account: { contact: { uri } } });
    assert.equal(contactOf(register).uri, uri);
    account.call('bob');
    assert.equal(contact(await server.request('INVITE')), `<${uri}>`);
  });

  it('ACC-27: an extra Contact is registered beside ours; changed, the old one goes with expires=0', async () => {
    const { server, account, register } = await registered({ account: { extraContacts: ['sip:alice@10.0.0.7'] } });
    assert.deepEqual(
      contacts(register).map(({ params }) => params.get('expires')),
      ['600', '600'],
    );
    assert.isFalse(contactOf(register).params.has('reg-id'), 'RFC 5626 §6: several that stay have none');
    void account.update({ extraContacts: ['<sip:alice@10.0.0.8>;q=0.1'] });
    const change = await server.request('REGISTER');
    assert.deepEqual(leaving(change), ['sip:alice@10.0.0.7']);
    assert.deepEqual(
      contacts(change).map(({ uri }) => uri),
      [contactOf(register).uri, 'sip:alice@10.0.0.8', 'sip:alice@10.0.0.7'],
    );
    server.respond(change, 200, { headers: [bound(change, 600)] });
    await settle();
    void account.unregister();
    assert.sameMembers(leaving(await server.request('REGISTER')), ['sip:alice@10.0.0.8', contactOf(register).uri]);
  });

  it('ACC-22, ACC-28, EXO-12: a registrar that sees us elsewhere each time gets one more REGISTER a minute, no more', async () => {
    const { server, register, clock } = await registering({ account: { contactHost: 'received' } });
    let port = 4000;
    const answer = (request: SipRequest): void => {
      const via = headerValue(request, 'Via')!;
      const seen = { ...request, headers: request.headers.map((h) => h.name === 'Via' ? { name: 'Via', value: `${via};received=192.0.2.9;rport=${++port}` } : h) }; // prettier-ignore
      server.respond(seen, 200, { headers: [bound(request, 40)] });
    };
    answer(register);
    await clock.advance(0);
    const rewritten = await server.request('REGISTER');
    assert.include(contactOf(rewritten).uri, '@192.0.2.9:4001');
    assert.deepEqual(leaving(rewritten), [contactOf(register).uri]);
    answer(rewritten);
    await clock.advance(1000);
    await server.nothing();
    let count = 0;
    for (let minute = 0; minute < 10; minute++) {
      for (let tenth = 0; tenth < 6; tenth++) {
        await clock.advance(10_000);
        for (const request of await server.take('REGISTER')) {
          count++;
          answer(request);
        }
      }
    }
    // 36 s to each refresh: 16 or 17 in ten minutes, and at most ten of a Contact seen elsewhere
    assert.isAtLeast(count, 15);
    assert.isAtMost(count, 28);
  });

  it('EXO-11: ours is known by its random user, whatever the registrar adds, and others are not taken for it', async () => {
    const { server, register, account } = await registering({ account: { outbound: false } });
    const { uri } = contactOf(register);
    server.respond(register, 200, {
      headers: [
        'Contact: <sip:alice@10.0.0.1>;expires=3000, <sip:alice@10.0.0.2;line=b>;expires=2000',
        `Contact: <${uri};alias=1~2~3>;expires=40`,
      ],
    });
    await account.registered;
    assert.equal(account.info.expires, 40);
  });

  it('ACC-24: of two bindings with our instance-id the one with our URI is ours', async () => {
    const { server, register, account } = await registering();
    const { uri, params } = contactOf(register);
    const instance = `+sip.instance="${params.get('+sip.instance')}"`;
    server.respond(register, 200, {
      headers: [`Contact: <sip:old@gone.invalid>;expires=3000;${instance}`, `Contact: <${uri}>;expires=50;${instance}`],
    });
    await account.registered;
    assert.equal(account.info.expires, 50);
  });

  it('ACC-3: an account without a registrar sends no REGISTER, ever, and calls and is called', async () => {
    const { server, account, clock } = await phone({ account: { registrar: null, register: true } });
    await clock.advance(3600_000);
    await server.nothing();
    account.call('bob');
    assert.match(contact(await server.request('INVITE')), /^<sip:[^>]+\.invalid;transport=ws>$/);
    const calls: unknown[] = [];
    account.on('incomingCall', ({ call }) => calls.push(call));
    server.send(peerRequest('INVITE', { uri: account.contact }));
    await server.response(180);
    assert.lengthOf(calls, 1);
    assert.throws(() => void account.register(), /no registrar/);
  });
});
