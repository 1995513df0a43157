// What answers challenges is loaded ahead of the first one; it may come later than that, or not at all.
import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import { OnDemand } from '../../lib/base/on-demand.js';
import { systemRandom } from '../../lib/base/random.js';
import { Authenticator, challengeParts } from '../../lib/core/authenticator.js';
import type { AuthenticatorConfig } from '../../lib/core/authenticator.js';
import type { Credentials } from '../../lib/core/credentials.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { Authorization, headerValue, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { wire } from '../support/wire.js';

type Parts = Awaited<ReturnType<typeof challengeParts.load>>;

const alice: Credentials = { username: 'alice', password: 'wonderland' };
const challenge = { headers: ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'] };
const userOf = (request: SipRequest): string | undefined => read(request, Authorization)?.params.get('username');

/** One whose parts come when the test says so. */
function cold(config: Partial<AuthenticatorConfig> = {}): {
  auth: Authenticator;
  arrive: () => Promise<void>;
  fail: () => Promise<void>;
  fetched: () => number;
} {
  const fetches: Deferred<Parts>[] = [];
  const parts = new OnDemand(() => {
    fetches.push(new Deferred<Parts>());
    return fetches.at(-1)!.promise;
  });
  const auth = new Authenticator(
    { credentials: [], user: 'alice', domain: 'example.com', ...config },
    systemRandom,
    parts,
  );
  return {
    auth,
    fetched: () => fetches.length,
    arrive: async () => {
      fetches.at(-1)!.resolve(await challengeParts.load());
      await settle();
    },
    fail: async () => {
      fetches.at(-1)!.reject(new TypeError('Failed to fetch'));
      await settle();
    },
  };
}

describe('Authenticator', () => {
  before(() => challengeParts.load());

  it('what answers challenges is loaded with the first credentials; without any, when a server asks', async () => {
    assert.equal(cold({ credentials: [alice] }).fetched(), 1);
    const { auth, fetched, arrive } = cold({ provider: () => alice });
    assert.equal(fetched(), 0);
    const line = await wire();
    line.send('REGISTER', auth);
    line.server.respond(await line.server.request('REGISTER'), 401, challenge);
    assert.equal(fetched(), 1);
    await arrive();
    assert.equal(userOf(await line.server.request('REGISTER')), 'alice');
  });

  it('a challenge that comes before it is answered when it is there', async () => {
    const { auth, arrive } = cold({ credentials: [alice] });
    const line = await wire();
    const { outcome } = line.send('REGISTER', auth);
    line.server.respond(await line.server.request('REGISTER'), 401, challenge);
    await line.server.nothing();
    await arrive();
    const again = await line.server.request('REGISTER');
    assert.equal(userOf(again), 'alice');
    line.server.respond(again, 200);
    assert.equal(await outcome, 200);
  });

  it('where it cannot be had the request fails with notLoaded; the next one tries again', async () => {
    const { auth, arrive, fail, fetched } = cold({ credentials: [alice] });
    await fail();
    const line = await wire();
    const { outcome } = line.send('REGISTER', auth);
    line.server.respond(await line.server.request('REGISTER'), 401, challenge);
    await fail();
    assert.equal(await outcome, 'notLoaded');
    assert.equal(fetched(), 2);
    line.send('REGISTER', auth);
    line.server.respond(await line.server.request('REGISTER'), 401, challenge);
    await arrive();
    assert.equal(userOf(await line.server.request('REGISTER')), 'alice');
  });

  it('credentials that are set, replaced and removed before it is there are those that it answers with', async () => {
    const { auth, arrive } = cold({ credentials: [alice, { realm: 'x', username: 'x', password: 'x' }] });
    const other = { realm: 'r', username: 'bob', password: '1' };
    auth.set(other);
    auth.set({ ...other, password: '2' });
    auth.remove('x');
    assert.deepEqual(auth.credentials, [alice, { ...other, password: '2' }]);
    assert.throws(() => {
      auth.set({ username: '', password: 'x' });
    }, /username/);
    const before = auth.credentials;
    await arrive();
    assert.deepEqual(auth.credentials, before);
    auth.clear();
    assert.deepEqual(auth.credentials, []);
  });

  it('removed all before it is there, none is left', async () => {
    const { auth, arrive } = cold({ credentials: [alice] });
    auth.clear();
    await arrive();
    assert.deepEqual(auth.credentials, []);
    assert.deepEqual(auth.preempt({ method: 'REGISTER', uri: 'sip:example.com', body: '' }), []);
  });

  for (const isThere of [true, false])
    it(`ACC-44: with initialEmpty the first REGISTER says who asks, with an empty nonce and response; other requests do not (${isThere ? 'loaded' : 'before it is loaded'})`, async () => {
      const line = await wire();
      const { auth, arrive } = cold({
        credentials: [{ ...alice, username: 'alice_private@example.com' }],
        initialEmpty: true,
      });
      if (isThere) await arrive();
      line.send('REGISTER', auth);
      const first = await line.server.request('REGISTER');
      assert.equal(
        headerValue(first, 'Authorization'),
        'Digest username="alice_private@example.com", realm="example.com", nonce="", uri="sip:example.com", response=""',
      );
      line.server.respond(first, 401, challenge);
      if (!isThere) await arrive();
      const second = await line.server.request('REGISTER');
      assert.equal(userOf(second), 'alice_private@example.com');
      assert.lengthOf(
        second.headers.filter((h) => h.name === 'Authorization'),
        1,
      );
      line.server.respond(second, 200);
      line.send('MESSAGE', auth);
      assert.isUndefined(userOf(await line.server.request('MESSAGE')));
    });
});
