import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { nextSubscribe, notifyOf, subscribed, subscribing } from '../support/subscribing.js';

const callId = (request: SipRequest): string => headerValue(request, 'Call-ID')!;

describe('a SUBSCRIBE and its NOTIFY', () => {
  it('§4.1.2.4: a NOTIFY may come before the 2xx, and makes the dialog', async () => {
    const { server, subscribe, subscription, clock } = await subscribing();
    server.send(notifyOf(subscribe, { state: 'pending;expires=300', tag: 'early' }));
    await server.response(200);
    assert.equal(subscription.state, 'pending');
    server.respond(subscribe, 200, { headers: ['Expires: 300'], toTag: 'early' });
    server.send(notifyOf(subscribe, { state: 'active;expires=250', tag: 'early', sequence: 2 }));
    await server.response(200);
    assert.equal(subscription.state, 'active');
    assert.equal(subscription.expiresAt, clock.wallTime() + 250_000, 'the NOTIFY has the last word (§4.1.3)');
  });

  it('§4.1.2.4: no NOTIFY before timer N: it has failed, and a NOTIFY that comes late gets 481', async () => {
    const { server, subscribe, subscription, clock, changes } = await subscribing();
    await clock.advance(2000);
    server.respond(subscribe, 200, { headers: ['Expires: 600'] });
    await clock.advance(29_999);
    assert.equal(subscription.state, 'subscribing');
    await clock.advance(1);
    assert.equal(subscription.state, 'waiting');
    assert.equal(changes[0]!.status, 408);
    server.send(notifyOf(subscribe));
    await server.response(481);
  });

  it('§4.1.2.2: a refresh that is taken, but not followed by a NOTIFY before timer N: another subscription', async () => {
    const stage = await subscribed();
    const { server, clock, subscribe } = stage;
    const [, refresh] = await nextSubscribe(stage);
    server.respond(refresh, 200, { headers: ['Expires: 3600'] });
    await clock.advance(31_000);
    await server.nothing();
    await clock.advance(1000);
    assert.notEqual(callId(await server.request('SUBSCRIBE')), callId(subscribe));
  });

  it('RFC 5839 §7: a 204 to a refresh says that no NOTIFY follows', async () => {
    const stage = await subscribed();
    const { server, clock, subscribe, subscription } = stage;
    const [, refresh] = await nextSubscribe(stage);
    server.respond(refresh, 204, { headers: ['Expires: 3600'] });
    await clock.advance(60_000);
    await server.nothing();
    assert.equal(subscription.state, 'active');
    const [, next] = await nextSubscribe(stage);
    assert.equal(callId(next), callId(subscribe));
  });
});
