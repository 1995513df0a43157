import { assert } from 'chai';
import { subscriptionParts } from '../../lib/account/account-subscriptions.js';
import { EvercallError } from '../../lib/base/errors.js';
import { Subscription } from '../../lib/subscription/subscription.js';
import { settle } from '../support/fake-clock.js';
import { phone } from '../support/phone.js';
import { registered } from '../support/registering.js';
import { watch } from '../support/subscribing.js';

describe('a subscription as the app holds it', () => {
  it('a part of the library that cannot be loaded: terminated, with notLoaded', async () => {
    const error = new EvercallError('notLoaded', 'a part of the library could not be loaded');
    const subscription = new Subscription('sip:bob@example.com', 'presence', () => Promise.reject(error));
    const ended = subscription.once('terminated');
    assert.equal(subscription.state, 'subscribing');
    assert.deepEqual(await ended, { reason: error.message, retryAfter: undefined, error });
    assert.equal(subscription.state, 'terminated');
    assert.equal(await subscription.accepted.catch((reason: unknown) => reason), error);
    assert.equal(await subscription.refresh().catch((reason: unknown) => reason), error);
    await subscription.unsubscribe();
  });

  it('given up before what it is made of is there: nothing is sent', async () => {
    const { account, server } = await registered();
    const { subscription, ends } = watch({ account });
    await subscription.unsubscribe();
    assert.equal(subscription.state, 'terminated');
    assert.equal(ends[0]!.reason, 'unsubscribed');
    await server.nothing();
  });

  it('an account that is disposed of meanwhile: aborted, and nothing is sent', async () => {
    const { account, server } = await phone({ account: { registrar: null } });
    const { subscription, ends } = watch({ account });
    await account.dispose();
    await subscriptionParts.load();
    await settle();
    assert.equal(subscription.state, 'terminated');
    assert.propertyVal(ends[0]!.error, 'code', 'aborted');
    await server.nothing();
  });

  it('the target is what account.call takes: a name in our domain, a URI, nothing else', async () => {
    const { account } = await phone();
    assert.equal(account.subscribeTo('bob', { event: 'presence' }).target, 'sip:bob@example.com');
    assert.throws(() => account.subscribeTo('', { event: 'presence' }), EvercallError);
  });
});
