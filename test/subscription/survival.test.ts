import { assert } from 'chai';
import { subscriptionParts } from '../../lib/account/account-subscriptions.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { phone } from '../support/phone.js';
import { bound, contactOf, registering } from '../support/registering.js';
import { confirm, notifyOf, subscribed, subscribing, watch } from '../support/subscribing.js';
import type { SubscribingPhone } from '../support/subscribing.js';

const callId = (request: SipRequest): string => headerValue(request, 'Call-ID')!;

type Stage = Pick<SubscribingPhone, 'server' | 'clock'>;

/** The next connection stands, and its REGISTER has come. */
async function reconnected({ server, clock }: Stage): Promise<SipRequest> {
  for (let seconds = 0; seconds < 300 && !server.isNext('REGISTER'); seconds++) await clock.advance(1000);
  return server.request('REGISTER');
}

/** The connection is lost; the next one stands, and its REGISTER is answered. */
async function lost(stage: Stage): Promise<SipRequest> {
  stage.server.socket.drop();
  const register = await reconnected(stage);
  stage.server.respond(register, 200, { headers: [bound(register, 600)] });
  return register;
}

describe('a subscription whose connection is lost', () => {
  it('S15, PRES-7: after REGISTER it is refreshed in its dialog, from where we are now; the object stays', async () => {
    const stage = await subscribed();
    const { server, subscription, subscribe, changes, ends } = stage;
    server.socket.drop();
    const register = await reconnected(stage);
    await server.nothing(); // first the registrar must know where we are
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const refresh = await server.request('SUBSCRIBE');
    assert.equal(callId(refresh), callId(subscribe));
    assert.match(headerValue(refresh, 'To')!, /;tag=peer$/);
    assert.equal(refresh.uri, 'sip:notifier@presence.example;transport=ws');
    const contact = headerValue(refresh, 'Contact')!;
    assert.include(contact, contactOf(register).uri.split(';')[0]!);
    assert.notEqual(contact, headerValue(subscribe, 'Contact'));
    await confirm(stage, refresh, 3600, { sequence: 2, body: 'again' });
    assert.deepEqual(stage.notified, ['again']);
    assert.equal(subscription.state, 'active');
    assert.deepEqual(changes, [], 'nothing that the app need know of');
    assert.deepEqual(ends, []);
  });

  it('S15, PRES-7: 481, for the server has forgotten it: another one at once, and the same object', async () => {
    const stage = await subscribed();
    const { server, subscription, subscribe, changes, ends } = stage;
    await lost(stage);
    server.respond(await server.request('SUBSCRIBE'), 481);
    const anew = await server.request('SUBSCRIBE');
    assert.notEqual(callId(anew), callId(subscribe));
    assert.equal(anew.uri, 'sip:bob@example.com');
    await confirm(stage, anew, 3600, { tag: 'other', body: 'anew' });
    assert.deepEqual(stage.notified, ['anew']);
    assert.deepEqual(
      changes.map(({ state }) => state),
      ['subscribing', 'active'],
    );
    assert.deepEqual(ends, []);
    assert.equal(subscription.state, 'active');
  });

  it('PRES-7: no answer to that refresh: another one', async () => {
    const stage = await subscribed();
    const { server, clock, subscribe } = stage;
    await lost(stage);
    await server.request('SUBSCRIBE');
    server.send('\n'); // the connection lives
    await clock.advance(32_000);
    assert.notEqual(callId(await server.request('SUBSCRIBE')), callId(subscribe));
  });

  it('PRES-7: of a hundred eight are asked for at a time, and each comes to its turn', async () => {
    const stage = await subscribed();
    const { server, clock, account, subscribe } = stage;
    const made = [subscribe];
    for (let user = 0; user < 99; user++) {
      account.subscribeTo(`user${user}`, { event: 'presence' });
      const each = await server.request('SUBSCRIBE');
      made.push(each);
      server.respond(each, 200, { headers: ['Expires: 3600'] });
      server.send(notifyOf(each));
      await server.response(200);
    }
    await lost(stage);
    const refreshed: SipRequest[] = [];
    while (refreshed.length < made.length) {
      const asked = await server.take('SUBSCRIBE');
      assert.isAtMost(asked.length, 8);
      assert.isAtLeast(asked.length, 1, `after ${refreshed.length}`);
      refreshed.push(...asked);
      for (const request of asked) server.respond(request, 200, { headers: ['Expires: 3600'] });
      await clock.advance(10);
    }
    assert.sameMembers(refreshed.map(callId), made.map(callId));
    await server.nothing();
  });

  it('PRES-7: each of several is refreshed once', async () => {
    const stage = await subscribed();
    const { server } = stage;
    watch(stage, { event: 'dialog' });
    const second = await server.request('SUBSCRIBE');
    await confirm(stage, second, 3600, { tag: 'second' });
    await lost(stage);
    const refreshes = await server.take('SUBSCRIBE');
    assert.deepEqual(refreshes.map(callId), [callId(stage.subscribe), callId(second)]);
    for (const refresh of refreshes) server.respond(refresh, 204, { headers: ['Expires: 3600'] });
    await server.nothing();
  });

  it('S15: lost while its SUBSCRIBE is in flight, it is asked for again', async () => {
    const stage = await subscribing();
    const { server, subscribe, subscription } = stage;
    await lost(stage);
    const again = await server.request('SUBSCRIBE');
    assert.notEqual(callId(again), callId(subscribe));
    await confirm(stage, again);
    assert.equal(subscription.state, 'active');
    await server.nothing();
  });

  it('S15: lost while a refresh is in flight, it is refreshed in the same dialog', async () => {
    const stage = await subscribed();
    const { server, subscribe, subscription } = stage;
    const refreshed = subscription.refresh();
    await server.request('SUBSCRIBE');
    await lost(stage);
    const again = await server.request('SUBSCRIBE');
    assert.equal(callId(again), callId(subscribe));
    assert.equal(headerValue(again, 'CSeq'), '3 SUBSCRIBE');
    await confirm(stage, again, 3600, { sequence: 2 });
    await refreshed;
  });

  it('S15: lost again and again, before anything is answered', async () => {
    const stage = await subscribed();
    const { server, subscribe, subscription } = stage;
    for (let i = 0; i < 5; i++) {
      await lost(stage);
      const refresh = await server.request('SUBSCRIBE');
      assert.equal(callId(refresh), callId(subscribe));
    }
    await lost(stage);
    await confirm(stage, await server.request('SUBSCRIBE'), 3600, { sequence: 2 });
    assert.equal(subscription.state, 'active');
    await stage.clock.advance(60_000);
    await server.nothing();
  });

  it('S15: an outage that outlasts it: waiting, then another one', async () => {
    const stage = await subscribed({ granted: 300 });
    const { server, clock, subscription, subscribe, changes } = stage;
    server.holdsHandshakes = true;
    server.socket.drop();
    await clock.advance(299_000);
    assert.equal(subscription.state, 'active');
    await clock.advance(1000);
    assert.equal(subscription.state, 'waiting');
    assert.isUndefined(subscription.expiresAt);
    assert.isUndefined(changes[0]!.retryAt, 'with the next registration');
    server.holdsHandshakes = false;
    const register = await reconnected(stage);
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const anew = await server.request('SUBSCRIBE');
    assert.notEqual(callId(anew), callId(subscribe));
    await confirm(stage, anew);
    assert.equal(subscription.state, 'active');
  });

  it('a registrar that refuses for a while: it waits for the registration', async () => {
    const stage = await subscribed();
    const { server, clock } = stage;
    server.socket.drop();
    server.respond(await reconnected(stage), 503, { headers: ['Retry-After: 60'] });
    await clock.advance(59_000);
    await server.nothing();
    await clock.advance(1000);
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await server.request('SUBSCRIBE');
  });

  it('PRES-7, IPC-1: handleIpChange: handshake, REGISTER, SUBSCRIBE, in this order', async () => {
    const stage = await subscribed();
    const { ua, server, clock } = stage;
    const done = ua.handleIpChange({ reason: 'Wi-Fi left' });
    await clock.advance(0);
    const register = await server.request('REGISTER');
    await server.nothing();
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const refresh = await server.request('SUBSCRIBE');
    assert.equal(callId(refresh), callId(stage.subscribe));
    assert.include(headerValue(refresh, 'Contact')!, contactOf(register).uri.split(';')[0]!);
    await confirm(stage, refresh, 3600, { sequence: 2 });
    await done;
    await server.nothing();
  });

  it('IPC-41: without a network nothing is sent; with it, REGISTER, then SUBSCRIBE', async () => {
    const stage = await subscribed({ granted: 600 });
    const { ua, server, clock } = stage;
    ua.setNetworkReachable(false);
    await clock.advance(500_000);
    await server.nothing();
    ua.setNetworkReachable(true);
    await clock.advance(0);
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    assert.equal(callId(await server.request('SUBSCRIBE')), callId(stage.subscribe));
  });

  it('an account that does not register refreshes with the connection', async () => {
    const { account, server, clock } = await phone({ account: { registrar: null } });
    watch({ account });
    const subscribe = await server.request('SUBSCRIBE');
    await confirm({ server }, subscribe);
    server.socket.drop();
    await clock.advance(5000);
    assert.equal(callId(await server.request('SUBSCRIBE')), callId(subscribe));
  });

  it('by a GRUU, which stays, the notifier is asked what it has to say all the same', async () => {
    const gruu = ';pub-gruu="sip:alice@example.com;gr=urn:uuid:1"';
    const stage = await subscribed({}, {});
    const { server, clock, subscribe } = stage;
    server.socket.drop();
    await clock.advance(5000);
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600, gruu)] });
    const first = await server.request('SUBSCRIBE');
    assert.include(headerValue(first, 'Contact'), ';gr=');
    await confirm(stage, first, 3600, { sequence: 2 });
    server.socket.drop();
    await clock.advance(5000);
    const again = await server.request('REGISTER');
    server.respond(again, 200, { headers: [bound(again, 600, gruu)] });
    const second = await server.request('SUBSCRIBE');
    assert.equal(callId(second), callId(subscribe));
    assert.equal(headerValue(second, 'Contact'), headerValue(first, 'Contact'));
  });
});

describe('a subscription of an account with two flows (RFC 5626)', () => {
  it('goes on over the other flow at once, in its dialog, when one is lost', async () => {
    await subscriptionParts.load(); // it takes real time
    const servers = ['ws://one.example/', 'ws://two.example/'];
    const { server, register, account } = await registering({ servers, account: { flows: 2 } });
    const [one] = server.sockets;
    server.respond(register, 200, { headers: [bound(register, 600), 'Require: outbound'] });
    const second = await server.request('REGISTER');
    server.respond(second, 200, { headers: [bound(second, 600), 'Require: outbound'] });
    const { subscription } = watch({ account });
    const subscribe = await server.request('SUBSCRIBE');
    assert.include(String(one!.sent.at(-1)), 'SUBSCRIBE');
    server.respondOn(one!, subscribe, 200, { headers: ['Expires: 600'] });
    one!.receive(notifyOf(subscribe));
    await server.response(200);
    one!.drop();
    const refresh = await server.request('SUBSCRIBE');
    assert.include(String(server.sockets[1]!.sent.at(-1)), 'SUBSCRIBE');
    assert.equal(callId(refresh), callId(subscribe));
    server.respondOn(server.sockets[1]!, refresh, 200, { headers: ['Expires: 600'] });
    server.sockets[1]!.receive(notifyOf(refresh, { sequence: 2, body: 'here' }));
    await server.response(200);
    assert.equal(subscription.last?.body, 'here');
  });
});

describe('a subscription whose account', () => {
  it('ACC-17: is disposed of: its notifier is told, then the registrar, and both are waited for', async () => {
    const { account, server, clock, subscribe, subscription, ends } = await subscribed();
    let isDone = false;
    void account.dispose().then(() => (isDone = true));
    const last = await server.request('SUBSCRIBE');
    assert.equal(headerValue(last, 'Expires'), '0');
    const unregister = await server.request('REGISTER');
    assert.equal(headerValue(unregister, 'Expires'), '0');
    server.respond(last, 200);
    server.respond(unregister, 200);
    await settle();
    assert.isFalse(isDone);
    server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=timeout' }));
    await server.response(200);
    assert.isTrue(isDone);
    assert.equal(subscription.state, 'terminated');
    assert.equal(ends[0]!.reason, 'unsubscribed');
    assert.isTrue(server.socket.isClosed);
    assert.equal(clock.pending, 0);
  });

  it('ACC-17: the last word is waited for as long as two seconds', async () => {
    const { account, server, clock, subscription } = await subscribed();
    let isDone = false;
    void account.dispose().then(() => (isDone = true));
    server.respond(await server.request('SUBSCRIBE'), 200);
    server.respond(await server.request('REGISTER'), 200);
    await clock.advance(1999);
    assert.isFalse(isDone);
    await clock.advance(1);
    assert.isTrue(isDone);
    assert.equal(subscription.state, 'terminated');
    assert.equal(clock.pending, 0);
  });

  it('is disposed of in silence: not a word, and nothing is left', async () => {
    const { account, server, clock, subscription, ends } = await subscribed();
    await account.dispose({ unregister: false });
    assert.equal(subscription.state, 'terminated');
    assert.propertyVal(ends[0]!.error, 'code', 'aborted');
    assert.equal(clock.pending, 0);
    await server.nothing();
  });

  it('goes with the user agent: ua.stop() says goodbye, stop({ wait: false }) does not wait for it', async () => {
    const { ua, server, clock } = await subscribed();
    await ua.stop({ wait: false });
    await settle();
    assert.deepEqual(
      server.received.slice(-2).map((message) => (message as SipRequest).method),
      ['SUBSCRIBE', 'REGISTER'],
    );
    await clock.advance(5000);
    assert.equal(clock.pending, 0);
  });

  it('LIN-36: unregisters: unsubscribed first, and anew with the next registration (RFC 3842 §3.6)', async () => {
    const stage = await subscribed();
    const { account, server, subscribe, subscription, changes, clock } = stage;
    const done = account.unregister();
    const last = await server.request('SUBSCRIBE');
    assert.equal(headerValue(last, 'Expires'), '0');
    assert.equal(callId(last), callId(subscribe));
    server.respond(last, 200);
    server.respond(await server.request('REGISTER'), 200);
    await done;
    server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=timeout' }));
    await server.response(200);
    assert.equal(subscription.state, 'waiting');
    assert.include(changes[0], { state: 'waiting', reason: 'unregistered' });
    server.socket.drop();
    await clock.advance(3600_000);
    await server.nothing();
    const registered = account.register();
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    await registered;
    const anew = await server.request('SUBSCRIBE');
    assert.notEqual(callId(anew), callId(subscribe));
    await confirm(stage, anew);
    assert.equal(subscription.state, 'active');
  });

  it('ACC-18: becomes another: unsubscribed as the old one, subscribed as the new one', async () => {
    const stage = await subscribed();
    const { account, server, subscribe, subscription } = stage;
    void account.update({ uri: 'sip:carol@example.com' }).catch(() => undefined);
    const last = await server.request('SUBSCRIBE');
    assert.include(headerValue(last, 'From'), 'alice@example.com');
    assert.equal(headerValue(last, 'Expires'), '0');
    server.respond(last, 200);
    server.respond(await server.request('REGISTER'), 200);
    server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=timeout' }));
    await server.response(200);
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const anew = await server.request('SUBSCRIBE');
    assert.include(headerValue(anew, 'From'), 'carol@example.com');
    await confirm(stage, anew);
    assert.equal(subscription.state, 'active');
  });

  it('was disposed of: subscribeTo() throws invalidState', async () => {
    const { account } = await phone();
    await account.dispose();
    assert.throws(() => account.subscribeTo('bob', { event: 'presence' }), /subscribeTo: the account was disposed/);
  });
});
