import { assert } from 'chai';
import type { EvercallError } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { challenge } from '../support/registering.js';
import { confirm, nextSubscribe, notifyOf, subscribed, subscribing, watch } from '../support/subscribing.js';
import { phone } from '../support/phone.js';

const callId = (request: SipRequest): string => headerValue(request, 'Call-ID')!;
const fromTag = (request: SipRequest): string => /;tag=(\w+)/.exec(headerValue(request, 'From')!)![1]!;

describe('a subscription (RFC 6665 §4.1)', () => {
  describe('begins', () => {
    it('§4.1.2.1: SUBSCRIBE names the event, the time, what is understood, and where we are', async () => {
      const { subscribe, subscription, register } = await subscribing({
        accept: ['application/pidf+xml', 'application/rlmi+xml'],
        headers: [{ name: 'Supported', value: 'eventlist' }],
      });
      assert.equal(subscribe.uri, 'sip:bob@example.com');
      assert.equal(headerValue(subscribe, 'Event'), 'presence');
      assert.equal(headerValue(subscribe, 'Expires'), '3600');
      assert.equal(headerValue(subscribe, 'Accept'), 'application/pidf+xml, application/rlmi+xml');
      assert.equal(headerValue(subscribe, 'Supported'), 'eventlist');
      const contact = /<([^;>]+)/.exec(headerValue(register, 'Contact')!)![1]!;
      assert.include(headerValue(subscribe, 'Contact'), contact);
      assert.notInclude(headerValue(subscribe, 'To'), 'tag=');
      assert.include(subscription, { state: 'subscribing', target: 'sip:bob@example.com', event: 'presence' });
      assert.isUndefined(subscription.expiresAt);
    });

    it('the 2xx says for how long, and the NOTIFY that it is there', async () => {
      const { server, subscribe, subscription, changes, clock, notified } = await subscribing();
      server.respond(subscribe, 202, { headers: ['Expires: 600'] });
      await settle();
      assert.equal(subscription.state, 'subscribing');
      server.send(notifyOf(subscribe, { state: 'active', body: '<presence/>' }));
      await server.response(200);
      assert.deepEqual(notified, ['<presence/>']);
      assert.equal(subscription.last?.contentType, 'application/pidf+xml');
      assert.deepEqual(
        changes.map(({ state, previous }) => [previous, state]),
        [['subscribing', 'active']],
      );
      assert.equal(subscription.expiresAt, clock.wallTime() + 600_000);
      await subscription.accepted;
    });

    it('§4.4.1: route set and target are those of the NOTIFY, not of the 2xx', async () => {
      const stage = await subscribing();
      const { server, subscribe, subscription } = stage;
      server.respond(subscribe, 200, {
        headers: ['Expires: 600', 'Record-Route: <sip:other.example;lr>', 'Contact: <sip:other@example.com>'],
      });
      server.send(
        notifyOf(subscribe, {
          headers: { 'Record-Route': '<sip:p1.example;lr>, <sip:p2.example;lr>', Contact: '<sip:n@n.example>' },
        }),
      );
      await server.response(200);
      void subscription.refresh();
      const refresh = await server.request('SUBSCRIBE');
      assert.equal(refresh.uri, 'sip:n@n.example');
      assert.deepEqual(
        refresh.headers.filter(({ name }) => name === 'Route').map(({ value }) => value),
        ['<sip:p1.example;lr>', '<sip:p2.example;lr>'],
      );
      assert.equal(callId(refresh), callId(subscribe));
      assert.equal(fromTag(refresh), fromTag(subscribe));
      assert.match(headerValue(refresh, 'To')!, /;tag=peer$/);
      assert.equal(headerValue(refresh, 'CSeq'), '2 SUBSCRIBE');
    });

    it('no answer at all: it is tried again, with another Call-ID, and the waits grow', async () => {
      const stage = await subscribing();
      const silence = async (): Promise<void> => {
        stage.server.send('\n'); // the connection lives
        await stage.clock.advance(32_000);
      };
      await silence();
      assert.equal(stage.subscription.state, 'waiting');
      const [first, again] = await nextSubscribe(stage);
      assert.notEqual(callId(again), callId(stage.subscribe));
      assert.isAtLeast(first, 15_000);
      assert.isAtMost(first, 30_100);
      await silence();
      const [second] = await nextSubscribe(stage);
      assert.isAtLeast(second, 30_000);
      assert.isAtMost(second, 60_100);
    });

    it('EXO-10: 401: the same SUBSCRIBE with credentials, and NOTIFYs are taken', async () => {
      const { server, subscribe, subscription } = await subscribing();
      server.respond(subscribe, 401, { headers: [challenge] });
      const authorized = await server.request('SUBSCRIBE');
      assert.equal(callId(authorized), callId(subscribe));
      assert.equal(headerValue(authorized, 'CSeq'), '2 SUBSCRIBE');
      assert.match(headerValue(authorized, 'Authorization')!, /uri="sip:bob@example.com"/);
      await confirm({ server }, authorized);
      assert.equal(subscription.state, 'active');
      void subscription.refresh();
      assert.equal(headerValue(await server.request('SUBSCRIBE'), 'CSeq'), '3 SUBSCRIBE');
    });

    it('ACC-42: two that are challenged ask the app once, wait, and go on with what it says', async () => {
      const { account, server, clock } = await phone({ account: { registrar: null, password: undefined as never } });
      const questions: unknown[] = [];
      account.on('credentialsRequired', ({ challenge: asked, wait }) => {
        questions.push(asked.realm);
        wait();
      });
      const watched = [watch({ account }), watch({ account }, { event: 'dialog' })];
      const first = [await server.request('SUBSCRIBE'), await server.request('SUBSCRIBE')];
      for (const subscribe of first) server.respond(subscribe, 401, { headers: [challenge] });
      await clock.advance(60_000);
      await server.nothing();
      assert.deepEqual(questions, ['example.com']);
      account.setCredentials({ username: 'alice', password: 'secret' });
      await clock.advance(0);
      const again = await server.take('SUBSCRIBE');
      assert.sameMembers(again.map(callId), first.map(callId));
      for (const subscribe of again) server.respond(subscribe, 200, { headers: ['Expires: 600'] });
      for (const subscribe of again) server.send(notifyOf(subscribe));
      await settle();
      assert.deepEqual(
        watched.map(({ subscription }) => subscription.state),
        ['active', 'active'],
      );
    });

    it('423: asked for as long as Min-Expires wants, then and later; once only', async () => {
      const { server, subscribe, subscription } = await subscribing({ expires: 60 });
      server.respond(subscribe, 423, { headers: ['Min-Expires: 900'] });
      const longer = await server.request('SUBSCRIBE');
      assert.equal(headerValue(longer, 'Expires'), '900');
      assert.equal(callId(longer), callId(subscribe));
      await confirm({ server }, longer, 900);
      void subscription.refresh();
      const refresh = await server.request('SUBSCRIBE');
      assert.equal(headerValue(refresh, 'Expires'), '900');

      const greedy = await subscribing({ expires: 60 });
      greedy.server.respond(greedy.subscribe, 423, { headers: ['Min-Expires: 900'] });
      greedy.server.respond(await greedy.server.request('SUBSCRIBE'), 423, { headers: ['Min-Expires: 1800'] });
      await greedy.server.nothing();
      assert.equal(greedy.subscription.state, 'terminated');
    });

    it('489: terminated, with the code eventUnsupported', async () => {
      const { server, subscribe, subscription, ends, clock } = await subscribing({ event: 'weather' });
      server.respond(subscribe, 489, { headers: ['Allow-Events: presence'] });
      await settle();
      assert.equal(subscription.state, 'terminated');
      assert.include(ends[0]!.error, { code: 'eventUnsupported', status: 489 });
      const error = await subscription.accepted.catch((e: unknown) => e as EvercallError);
      assert.propertyVal(error, 'code', 'eventUnsupported');
      await clock.advance(3600_000);
      await server.nothing();
    });

    for (const [status, code] of [
      [403, 'authentication'],
      [404, 'rejected'],
      [603, 'rejected'],
    ] as const) {
      it(`${status} is a no: terminated, and nothing follows`, async () => {
        const { server, subscribe, ends, clock } = await subscribing();
        server.respond(subscribe, status);
        await clock.advance(3600_000);
        await server.nothing();
        assert.include(ends[0]!.error, { code, status });
      });
    }

    it('S14: Retry-After counts seconds: a 503 that says 120 is followed by nothing for two minutes', async () => {
      const { server, subscribe, subscription, clock, changes } = await subscribing();
      server.respond(subscribe, 503, { headers: ['Retry-After: 120'] });
      await clock.advance(119_999);
      await server.nothing();
      assert.equal(subscription.state, 'waiting');
      assert.include(changes[0], { state: 'waiting', status: 503 });
      assert.equal(changes[0]!.retryAt, clock.wallTime() + 1);
      await clock.advance(1);
      const again = await server.request('SUBSCRIBE');
      assert.notEqual(callId(again), callId(subscribe), 'RFC 3842 §3.6');
      assert.equal(subscription.state, 'subscribing');
    });

    for (const status of [480, 486, 500, 600, 404]) {
      it(`S14: as seconds with a ${status}, too`, async () => {
        const { server, subscribe, clock } = await subscribing();
        server.respond(subscribe, status, { headers: ['Retry-After: 90 (busy)'] });
        await clock.advance(89_999);
        await server.nothing();
        await clock.advance(1);
        await server.request('SUBSCRIBE');
      });
    }

    it('S14: who says Retry-After: 0, and refuses again, is not hammered', async () => {
      const stage = await subscribing();
      const { server, subscribe } = stage;
      server.respond(subscribe, 503, { headers: ['Retry-After: 0'] });
      const [first, again] = await nextSubscribe(stage);
      assert.isAtMost(first, 100);
      server.respond(again, 503, { headers: ['Retry-After: 0'] });
      const [second] = await nextSubscribe(stage);
      assert.isAtLeast(second, 15_000);
    });

    it('S14: a registration that is refreshed does not cut the wait short', async () => {
      const { server, subscribe, clock } = await subscribing({}, { expires: 60 });
      server.respond(subscribe, 503, { headers: ['Retry-After: 100'] });
      await clock.advance(60_000);
      const [refresh] = await server.take('REGISTER');
      server.respond(refresh!, 200, {
        headers: [`Contact: ${headerValue(refresh!, 'Contact')!.replace(/;expires=\d+/, '')};expires=600`],
      });
      await clock.advance(39_999);
      await server.nothing();
      await clock.advance(1);
      await server.request('SUBSCRIBE');
    });

    it('EXO-10: retry: false leaves further tries to the app', async () => {
      const { server, subscribe, subscription, ends, clock } = await subscribing({}, { account: { retry: false } });
      server.respond(subscribe, 500);
      await clock.advance(3600_000);
      await server.nothing();
      assert.equal(subscription.state, 'terminated');
      assert.include(ends[0]!.error, { code: 'rejected', status: 500 });
    });

    it('before the account is registered nothing is sent; then it is', async () => {
      const { account, server } = await phone({ account: { register: true } });
      const { subscription } = watch({ account });
      const register = await server.request('REGISTER');
      await server.nothing();
      assert.equal(subscription.state, 'subscribing');
      server.respond(register, 200, { headers: [`Contact: ${headerValue(register, 'Contact')};expires=600`] });
      await server.request('SUBSCRIBE');
    });

    it('an account without a registrar subscribes as soon as it is connected', async () => {
      const { account, server } = await phone({ account: { registrar: null } });
      watch({ account });
      await server.request('SUBSCRIBE');
    });
  });

  describe('is notified', () => {
    it('§5.4.9: of a forked SUBSCRIBE the first NOTIFY makes the dialog, the others get 481', async () => {
      const { server, subscribe, subscription, notified } = await subscribing();
      server.send(notifyOf(subscribe, { tag: 'one', body: 'first' }));
      await server.response(200);
      server.send(notifyOf(subscribe, { tag: 'two', body: 'second' }));
      await server.response(481);
      server.respond(subscribe, 200, { headers: ['Expires: 600'], toTag: 'two' });
      assert.deepEqual(notified, ['first']);
      void subscription.refresh();
      assert.match(headerValue(await server.request('SUBSCRIBE'), 'To')!, /;tag=one$/);
    });

    it('§4.1.3: a NOTIFY for nothing that we know gets 481', async () => {
      const { server, subscribe } = await subscribed();
      server.send(notifyOf(subscribe, { headers: { 'Call-ID': 'elsewhere' } }));
      await server.response(481);
      server.send(notifyOf(subscribe, { headers: { To: '<sip:alice@example.com>' }, sequence: 2 }));
      await server.response(481);
    });

    it('another event gets 489, another id of it 481 (§8.2.1), none 489', async () => {
      const { server, subscribe, notified } = await subscribed({ event: 'dialog;id=7' });
      for (const [event, status] of [
        ['presence', 489],
        ['dialog', 481],
        ['dialog;id=8', 481],
        ['dialog;shared;id=7', 200],
      ] as const) {
        server.send(notifyOf(subscribe, { event, sequence: 2, body: event }));
        await server.response(status);
      }
      server.send(notifyOf(subscribe, { sequence: 3 }).replace(/^Event:.*\r\n/m, ''));
      await server.response(489);
      assert.deepEqual(notified, ['dialog;shared;id=7']);
    });

    it('without Subscription-State it gets 400', async () => {
      const { server, subscribe, subscription, notified } = await subscribed();
      server.send(notifyOf(subscribe, { state: undefined, sequence: 2, body: 'x' }));
      await server.response(400);
      server.send(notifyOf(subscribe, { state: '=;', sequence: 3, body: 'x' }));
      await server.response(400);
      assert.deepEqual(notified, []);
      assert.equal(subscription.state, 'active');
    });

    it('a lower CSeq than before gets 500, and changes nothing (RFC 3261 §12.2.2)', async () => {
      const { server, subscribe, subscription, notified } = await subscribed();
      server.send(notifyOf(subscribe, { sequence: 5, body: 'new' }));
      await server.response(200);
      server.send(notifyOf(subscribe, { sequence: 4, body: 'old', state: 'terminated' }));
      await server.response(500);
      assert.deepEqual(notified, ['new']);
      assert.equal(subscription.state, 'active');
    });

    it('its Contact is where the next SUBSCRIBE goes: a NOTIFY refreshes the target', async () => {
      const { server, subscribe, subscription } = await subscribed();
      server.send(notifyOf(subscribe, { sequence: 2, headers: { Contact: '<sip:moved@n.example>' } }));
      await server.response(200);
      void subscription.refresh();
      assert.equal((await server.request('SUBSCRIBE')).uri, 'sip:moved@n.example');
    });

    it('so is the Contact of the 2xx to a refresh (RFC 3261 §12.2.1.2)', async () => {
      const { server, subscribe, subscription } = await subscribed();
      const refreshed = subscription.refresh();
      server.respond(await server.request('SUBSCRIBE'), 200, {
        headers: ['Expires: 3600', 'Contact: <sip:elsewhere@n.example>'],
      });
      await refreshed;
      void subscription.refresh();
      assert.equal((await server.request('SUBSCRIBE')).uri, 'sip:elsewhere@n.example');
      server.send(notifyOf(subscribe, { sequence: 2 }));
      await server.response(200);
    });

    it('other requests in its dialog get 481 (RFC 5057 §5)', async () => {
      const { server, subscribe } = await subscribed();
      server.send(notifyOf(subscribe, { sequence: 2 }).replaceAll('NOTIFY', 'INFO'));
      await server.response(481);
    });

    it('a bug of the app in a listener breaks nothing', async () => {
      const { server, subscribe, subscription, notified } = await subscribed();
      const { reportError } = globalThis;
      globalThis.reportError = () => undefined;
      try {
        subscription.on('notified', () => {
          throw new Error('of the app');
        });
        server.send(notifyOf(subscribe, { sequence: 2, body: 'a' }));
        await server.response(200);
        assert.deepEqual(notified, ['a']);
      } finally {
        globalThis.reportError = reportError;
      }
    });
  });

  describe('is refreshed', () => {
    for (const granted of [10, 60, 3600]) {
      it(`${granted} s are refreshed once, in the dialog, before they end and not before half of it`, async () => {
        const stage = await subscribed({ granted });
        const [wait, refresh] = await nextSubscribe(stage);
        assert.isAtLeast(wait, granted * 450);
        assert.isBelow(wait, granted * 1000);
        assert.equal(callId(refresh), callId(stage.subscribe));
        assert.match(headerValue(refresh, 'To')!, /;tag=peer/);
        assert.equal(headerValue(refresh, 'Event'), 'presence');
        await confirm(stage, refresh, granted, { sequence: 2 });
        const [again] = await nextSubscribe(stage);
        assert.isAtLeast(again, granted * 450);
      });
    }

    it('§4.1.3: a NOTIFY may shorten the time', async () => {
      const stage = await subscribed();
      stage.server.send(notifyOf(stage.subscribe, { sequence: 2, state: 'active;expires=100' }));
      await stage.server.response(200);
      const [wait] = await nextSubscribe(stage);
      assert.isBelow(wait, 95_000);
    });

    it('a 2xx that grants more than was asked for is not believed (§4.1.2.1)', async () => {
      const { server, subscribe, subscription, clock } = await subscribing({ expires: 60 });
      server.respond(subscribe, 200, { headers: ['Expires: 86400'] });
      server.send(notifyOf(subscribe, { state: 'active' }));
      await server.response(200);
      assert.equal(subscription.expiresAt, clock.wallTime() + 60_000);
    });

    for (const status of [481, 404, 410]) {
      it(`§4.1.2.2: ${status} to a refresh: another subscription at once, with Call-ID and tag of its own`, async () => {
        const stage = await subscribed();
        const { server, subscription, subscribe, ends } = stage;
        const [, refresh] = await nextSubscribe(stage);
        server.respond(refresh, status);
        const anew = await server.request('SUBSCRIBE');
        assert.notEqual(callId(anew), callId(subscribe));
        assert.notEqual(fromTag(anew), fromTag(subscribe));
        assert.notInclude(headerValue(anew, 'To'), 'tag=');
        assert.equal(anew.uri, 'sip:bob@example.com');
        server.send(notifyOf(subscribe, { sequence: 9 }));
        await server.response(481);
        await confirm(stage, anew);
        assert.equal(subscription.state, 'active');
        assert.deepEqual(ends, []);
      });
    }

    for (const status of [405, 416, 489, 501, 604]) {
      it(`§4.1.2.2: after ${status} to a refresh it is over`, async () => {
        const stage = await subscribed();
        const [, refresh] = await nextSubscribe(stage);
        stage.server.respond(refresh, status);
        await stage.clock.advance(3600_000);
        await stage.server.nothing();
        assert.equal(stage.ends[0]?.error?.status, status);
      });
    }

    it('§4.1.2.2: after any other refusal it is valid to its end: tried again before, made anew then', async () => {
      const stage = await subscribed({ granted: 600 });
      const { server, subscription, subscribe } = stage;
      const [waited, refresh] = await nextSubscribe(stage);
      server.respond(refresh, 500);
      await settle();
      assert.equal(subscription.state, 'active');
      const left = 600_000 - waited;
      const [wait, again] = await nextSubscribe(stage);
      assert.isBelow(wait, left, 'while there is time');
      assert.equal(callId(again), callId(subscribe));
      server.respond(again, 503, { headers: ['Retry-After: 3000'] });
      await stage.clock.advance(left);
      assert.equal(subscription.state, 'waiting', 'it has run out');
      const [later, anew] = await nextSubscribe(stage);
      assert.isAtMost(later + left, 3000_200);
      assert.isAtLeast(later + left, 2999_800);
      assert.notEqual(callId(anew), callId(subscribe));
    });

    it('no answer to a refresh: another subscription', async () => {
      const stage = await subscribed();
      await nextSubscribe(stage);
      stage.server.send('\n'); // the connection lives
      await stage.clock.advance(32_000);
      const anew = await stage.server.request('SUBSCRIBE');
      assert.notEqual(callId(anew), callId(stage.subscribe));
      await stage.server.nothing();
    });

    it('refresh() resolves with the 2xx, rejects with the refusal; several at once are one', async () => {
      const stage = await subscribed();
      const { server, subscription } = stage;
      const both = Promise.all([subscription.refresh(), subscription.refresh()]);
      await confirm(stage, await server.request('SUBSCRIBE'), 3600, { sequence: 2 });
      await server.nothing();
      await both;
      const refused = subscription.refresh().catch((error: unknown) => error);
      server.respond(await server.request('SUBSCRIBE'), 500);
      assert.include(await refused, { code: 'rejected', status: 500 });
      assert.equal(subscription.state, 'active');
    });

    it('refresh(): a signal ends the waiting, not the SUBSCRIBE', async () => {
      const stage = await subscribed();
      const controller = new AbortController();
      const waiting = stage.subscription.refresh({ signal: controller.signal }).catch((error: unknown) => error);
      const refresh = await stage.server.request('SUBSCRIBE');
      controller.abort();
      assert.propertyVal(await waiting, 'code', 'aborted');
      await confirm(stage, refresh, 3600, { sequence: 2 });
      assert.equal(stage.subscription.state, 'active');
    });

    it('the laptop that slept past the end makes it anew when it wakes', async () => {
      const stage = await subscribed();
      stage.clock.sleep(7200_000);
      await stage.clock.advance(30_000);
      const anew = await stage.server.request('SUBSCRIBE');
      assert.notEqual(callId(anew), callId(stage.subscribe));
    });
  });

  describe('§4.1.3: is terminated by its notifier', () => {
    for (const reason of ['deactivated', 'timeout']) {
      it(`${reason}: another subscription at once, whatever retry-after says`, async () => {
        const stage = await subscribed();
        const { server, subscribe, subscription, changes, ends } = stage;
        server.send(
          notifyOf(subscribe, { sequence: 2, state: `terminated;reason=${reason};retry-after=500`, body: 'bye' }),
        );
        await server.response(200);
        const anew = await server.request('SUBSCRIBE');
        assert.notEqual(callId(anew), callId(subscribe));
        assert.deepEqual(stage.notified, ['bye']);
        await confirm(stage, anew);
        assert.deepEqual(
          changes.map(({ state }) => state),
          ['subscribing', 'active'],
        );
        assert.deepEqual(ends, []);
        assert.equal(subscription.state, 'active');
      });
    }

    it('deactivated again and again: not in a storm', async () => {
      const stage = await subscribed();
      let subscribe = stage.subscribe;
      let count = 0;
      for (let seconds = 0; seconds < 600; seconds++) {
        stage.server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=deactivated' }));
        await stage.server.skip();
        const before = stage.server.received.length;
        await stage.clock.advance(1000);
        const [again] = stage.server.received.slice(before - 1).filter((m): m is SipRequest => 'method' in m);
        await stage.server.skip();
        if (!again || callId(again) === callId(subscribe)) continue;
        count++;
        subscribe = again;
        stage.server.send(notifyOf(subscribe, { state: 'active;expires=600' }));
        stage.server.respond(subscribe, 200, { headers: ['Expires: 600'] });
      }
      assert.isAtLeast(count, 2);
      assert.isAtMost(count, 10);
    });

    for (const [what, expires, state] of [
      ['for 0 seconds in the 2xx, and none in the NOTIFY', 0, 'active'],
      ['for a second, at whose end it is terminated', 1, 'terminated;reason=timeout'],
    ] as const) {
      it(`taken ${what}: not in a storm`, async () => {
        const { server, subscribe, clock } = await subscribing();
        let count = 0;
        let next: SipRequest | undefined = subscribe;
        for (let seconds = 0; seconds < 600; seconds++) {
          if (next) {
            count++;
            server.respond(next, 200, { headers: [`Expires: ${expires}`] });
            server.send(notifyOf(next, { state, sequence: count }));
          }
          await clock.advance(1000);
          next = server.received.filter((m): m is SipRequest => 'method' in m && m.method === 'SUBSCRIBE')[count];
        }
        assert.isAtLeast(count, 3);
        assert.isAtMost(count, 12);
      });
    }

    for (const reason of ['rejected', 'noresource', 'invariant']) {
      it(`${reason}: never again`, async () => {
        const { server, subscribe, subscription, ends, clock } = await subscribed();
        server.send(notifyOf(subscribe, { sequence: 2, state: `terminated;reason=${reason};retry-after=10` }));
        await server.response(200);
        assert.include(ends[0], { reason, retryAfter: 10 });
        assert.propertyVal(ends[0]!.error, 'code', 'rejected');
        assert.equal(subscription.state, 'terminated');
        await clock.advance(86400_000);
        await server.nothing();
        server.send(notifyOf(subscribe, { sequence: 3 }));
        await server.response(481);
      });
    }

    for (const reason of ['probation', 'giveup', 'strange', '']) {
      it(`S14: ${reason || 'no reason'}: as many seconds later as retry-after says`, async () => {
        const { server, subscribe, subscription, clock, changes } = await subscribed();
        const why = reason ? `;reason=${reason}` : '';
        server.send(notifyOf(subscribe, { sequence: 2, state: `terminated${why};retry-after=300` }));
        await server.response(200);
        assert.equal(subscription.state, 'waiting');
        assert.equal(changes[0]!.reason, reason || 'terminated');
        assert.equal(changes[0]!.retryAt, clock.wallTime() + 300_000);
        await clock.advance(299_999);
        await server.nothing();
        await clock.advance(1);
        assert.notEqual(callId(await server.request('SUBSCRIBE')), callId(subscribe));
      });
    }

    for (const reason of ['probation', 'giveup']) {
      it(`${reason} without retry-after: some time later`, async () => {
        const stage = await subscribed();
        stage.server.send(notifyOf(stage.subscribe, { sequence: 2, state: `terminated;reason=${reason}` }));
        await stage.server.response(200);
        const [wait] = await nextSubscribe(stage);
        assert.isAtLeast(wait, 15_000);
        assert.isAtMost(wait, 30_100);
      });
    }

    it('an expires in it means nothing; active for 0 seconds is as good as timeout', async () => {
      const stage = await subscribed();
      stage.server.send(notifyOf(stage.subscribe, { sequence: 2, state: 'active;expires=0' }));
      await stage.server.response(200);
      assert.notEqual(callId(await stage.server.request('SUBSCRIBE')), callId(stage.subscribe));
    });

    it('with the very first NOTIFY: rejected', async () => {
      const { server, subscribe, subscription, ends } = await subscribing();
      server.respond(subscribe, 200, { headers: ['Expires: 600'] });
      server.send(notifyOf(subscribe, { state: 'terminated;reason=rejected' }));
      await server.response(200);
      assert.equal(ends[0]?.reason, 'rejected');
      assert.equal(subscription.state, 'terminated');
    });

    it('refresh() of what is terminated: invalidState; unsubscribe() is fine', async () => {
      const { server, subscribe, subscription } = await subscribing();
      server.respond(subscribe, 404);
      await settle();
      const error = await subscription.refresh().catch((e: unknown) => e);
      assert.propertyVal(error, 'code', 'invalidState');
      await subscription.unsubscribe();
      await server.nothing();
    });
  });

  describe('is given up', () => {
    it('§4.1.2.3: SUBSCRIBE with Expires: 0, over with the last NOTIFY, which may say how things are', async () => {
      const { server, subscribe, subscription, notified, ends, clock } = await subscribed();
      let isDone = false;
      void subscription.unsubscribe().then(() => (isDone = true));
      const last = await server.request('SUBSCRIBE');
      assert.equal(headerValue(last, 'Expires'), '0');
      assert.equal(callId(last), callId(subscribe));
      server.respond(last, 200, { headers: ['Expires: 0'] });
      await settle();
      assert.isFalse(isDone);
      server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=timeout', body: 'last' }));
      await server.response(200);
      assert.isTrue(isDone);
      assert.deepEqual(notified, ['last']);
      assert.deepEqual(ends, [{ reason: 'unsubscribed', retryAfter: undefined, error: undefined }]);
      await clock.advance(86400_000 / 24);
      await server.nothing();
    });

    it('no last NOTIFY: over with timer N', async () => {
      const { server, subscription, clock } = await subscribed();
      const done = subscription.unsubscribe();
      server.respond(await server.request('SUBSCRIBE'), 200);
      await clock.advance(31_999);
      assert.equal(subscription.state, 'active');
      await clock.advance(1);
      await done;
      assert.equal(subscription.state, 'terminated');
    });

    it('481: it was over already', async () => {
      const { server, subscription } = await subscribed();
      const done = subscription.unsubscribe();
      server.respond(await server.request('SUBSCRIBE'), 481);
      await done;
      assert.equal(subscription.state, 'terminated');
    });

    it('before its first NOTIFY: that gets 481, and the notifier forgets us (§4.2.2)', async () => {
      const { server, subscribe, subscription, clock } = await subscribing();
      await subscription.unsubscribe();
      assert.equal(subscription.state, 'terminated');
      server.respond(subscribe, 200, { headers: ['Expires: 600'] });
      server.send(notifyOf(subscribe));
      await server.response(481);
      await clock.advance(3600_000);
      await server.nothing();
    });

    it('without a connection nothing is said', async () => {
      const { server, subscription } = await subscribed();
      server.holdsHandshakes = true;
      server.socket.drop();
      await subscription.unsubscribe();
      assert.equal(subscription.state, 'terminated');
      await server.nothing();
    });

    it('a signal that aborts unsubscribes; one that has aborted lets nothing be sent', async () => {
      const controller = new AbortController();
      const stage = await subscribed({ signal: controller.signal });
      controller.abort();
      assert.equal(headerValue(await stage.server.request('SUBSCRIBE'), 'Expires'), '0');

      const { subscription } = watch(stage, { signal: AbortSignal.abort() });
      await settle();
      assert.equal(subscription.state, 'terminated');
      await stage.server.nothing();
    });

    it('unsubscribe() in a listener of the NOTIFY that ends it for now: it is over', async () => {
      const { server, subscribe, subscription, clock } = await subscribed();
      subscription.on('notified', () => void subscription.unsubscribe());
      server.send(notifyOf(subscribe, { sequence: 2, state: 'terminated;reason=deactivated' }));
      await server.response(200);
      assert.equal(subscription.state, 'terminated');
      await clock.advance(60_000);
      await server.nothing();
    });

    it('§4.4.3: expires: 0 asks once', async () => {
      const { server, subscribe, subscription, notified, ends, clock } = await subscribing({ expires: 0 });
      assert.equal(headerValue(subscribe, 'Expires'), '0');
      server.respond(subscribe, 200, { headers: ['Expires: 0'] });
      server.send(notifyOf(subscribe, { state: 'terminated;reason=timeout', body: 'now' }));
      await server.response(200);
      assert.deepEqual(notified, ['now']);
      assert.deepEqual(ends, [{ reason: 'timeout', retryAfter: undefined, error: undefined }]);
      await subscription.accepted;
      await clock.advance(3600_000);
      await server.nothing();
    });
  });

  describe('options', () => {
    for (const [option, value] of [
      ['event', 'a b'],
      ['event', 'x\r\nVia: y'],
      ['event', 7],
      ['expires', -1],
      ['expires', 1.5],
      ['accept', 'a\r\nb'],
      ['headers', [{ name: 'Call-ID', value: 'x' }]],
      ['what', 1],
    ] as const) {
      it(`${option}: ${JSON.stringify(value)} is refused, by name`, async () => {
        const { account, server } = await phone();
        assert.throws(
          () => account.subscribeTo('bob', { event: 'presence', [option]: value }),
          new RegExp(`^${option}`),
        );
        await server.nothing();
      });
    }
  });
});
