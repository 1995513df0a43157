import { assert } from 'chai';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { systemRandom } from '../../lib/base/random.js';
import { Challenges } from '../../lib/core/challenges.js';
import type { AuthenticatorConfig } from '../../lib/core/authenticator.js';
import type { AuthenticationChallenge, Credentials, DigestAlgorithm } from '../../lib/core/credentials.js';
import { checkCredentials, findCredentials, withCredentials } from '../../lib/core/credentials.js';
import { ha1sOf } from '../../lib/core/secrets.js';
import { ha1, loadAlgorithm } from '../../lib/core/digest.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { Authorization, ProxyAuthorization, headerValue, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { wire } from '../support/wire.js';
import type { Wire } from '../support/wire.js';

const us = { user: 'alice', domain: 'example.com' };
const alice = { username: 'alice', password: 'wonderland' };
const www = (realm: string, more = ''): string =>
  `WWW-Authenticate: Digest realm="${realm}", nonce="n-${realm}", qop="auth"${more}`;
const proxy = (realm: string): string => `Proxy-Authenticate: Digest realm="${realm}", nonce="p-${realm}", qop="auth"`;
const bearer = 'WWW-Authenticate: Bearer realm="r", scope="sip", authz_server="https://as.example"';

const authenticator = (config: Partial<AuthenticatorConfig> = {}, load?: typeof loadAlgorithm): Challenges =>
  new Challenges({ credentials: [], ...us, ...config }, systemRandom, load);

/** What an Authorization says. */
const login = (request: SipRequest): ReadonlyMap<string, string> | undefined => read(request, Authorization)?.params;
const user = (request: SipRequest): string | undefined => login(request)?.get('username');

/** Whether the server would have let this in (RFC 7616 §3.4.1). */
function isRight(request: SipRequest, password: string, algorithm: DigestAlgorithm = 'MD5'): boolean {
  const name = algorithm.replace('SHA-', 'sha').toLowerCase();
  const hash = (...parts: (string | undefined)[]): string => createHash(name).update(parts.join(':')).digest('hex');
  const params = login(request)!;
  const [nonce, nc, cnonce, qop, uri] = ['nonce', 'nc', 'cnonce', 'qop', 'uri'].map((key) => params.get(key));
  const secret = hash(params.get('username'), params.get('realm'), password);
  return params.get('response') === hash(secret, nonce, nc, cnonce, qop, hash(request.method, uri));
}

/** Challenges the next request of this method and hands out the one that follows. */
async function challenge({ server }: Wire, method: string, ...headers: string[]): Promise<void> {
  server.respond(await server.request(method), headers[0]!.startsWith('Proxy') ? 407 : 401, { headers });
}

describe('credentials', () => {
  it('ACC-41: our user for the realm goes before another one for it, and that before one for all realms; EXO-4: one of another realm is not used', () => {
    const forAll = { username: 'alice', password: '1' };
    const other = { realm: 'r', username: 'bob', password: '2' };
    const ours = { realm: 'r', username: 'alice', password: '3' };
    const wrong = { realm: 'x', username: 'alice', password: '4' };
    assert.deepEqual(findCredentials([forAll, wrong, other, ours], 'r', us), [ours, other, forAll]);
    assert.deepEqual(findCredentials([{ ...forAll, realm: '*' }, wrong], 'r', us), [{ ...forAll, realm: '*' }]);
    assert.deepEqual(findCredentials([wrong], 'r', us), []);
  });

  it('ACC-41: of two that fit alike the one for our domain is taken, one for another domain never', () => {
    const anywhere = { username: 'alice', password: '1' };
    const here = { domain: 'example.com', username: 'alice', password: '2' };
    const elsewhere = { domain: 'example.org', username: 'alice', password: '3' };
    assert.deepEqual(findCredentials([anywhere, elsewhere, here], 'r', us), [here, anywhere]);
  });

  for (const [option, credentials] of [
    ['username', { username: '', password: 'hush' }],
    ['username', { password: 'hush' }],
    ['username', { username: 'a\r\nX: y', password: 'hush' }],
    ['realm', { realm: 1, username: 'a', password: 'hush' }],
    ['takes either', { username: 'a', password: 'hush', ha1: 'hush' }],
    ['takes either', { username: 'a' }],
    ['ha1', { username: 'a', ha1: 'hush' }],
    ['ha1', { username: 'a', ha1: '0'.repeat(32), algorithm: 'SHA-256' }],
    ['algorithm', { username: 'a', ha1: '0'.repeat(32), algorithm: 'SHA3' }],
    ['bearer', { bearer: 'hush' }],
  ] as const) {
    it(`ACC-43: ${inspect(credentials)} is refused by a message that names ${option} and shows no secret`, () => {
      try {
        checkCredentials(credentials as unknown as Credentials);
      } catch (error) {
        assert.propertyVal(error, 'code', 'invalidOption');
        assert.include((error as Error).message, option);
        assert.notInclude((error as Error).message, 'hush');
        return;
      }
      assert.fail('not refused');
    });
  }

  it('EXO-4: set takes the place of the same user and realm, remove and clear take away, and what was learned goes with them', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [{ ...alice, realm: 'r', password: 'old' }] });
    const first = line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    line.server.respond(await line.server.request('REGISTER'), 200);
    await first.outcome;

    auth.set({ ...alice, realm: 'r', password: 'new' });
    line.send('REGISTER', auth);
    const bare = await line.server.request('REGISTER');
    assert.isUndefined(user(bare), 'the old response is not shown again');
    line.server.respond(bare, 401, { headers: [www('r')] });
    assert.isTrue(isRight(await line.server.request('REGISTER'), 'new'));

    for (const end of [(): void => auth.remove('r'), (): void => auth.clear()]) {
      auth.set({ ...alice, realm: 'r' });
      end();
      const { outcome } = line.send('REGISTER', auth);
      await challenge(line, 'REGISTER', www('r'));
      assert.equal(await outcome, 401);
    }
  });

  it('EXO-4: an entry for all realms is removed by no name; the others stay', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [alice, { ...alice, realm: 'r', username: 'carol' }] });
    auth.remove();
    const { outcome } = line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('x'));
    assert.equal(await outcome, 401);
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    assert.equal(user(await line.server.request('REGISTER')), 'carol');
  });
});

describe('credentials on demand', () => {
  /** A provider played by the test. */
  function asked(): {
    provider: (challenge: AuthenticationChallenge, signal: AbortSignal) => Promise<Credentials | undefined>;
    questions: {
      challenge: AuthenticationChallenge;
      signal: AbortSignal;
      answer: (c?: Credentials) => void;
      refuse: () => void;
    }[];
  } {
    const questions: ReturnType<typeof asked>['questions'] = [];
    return {
      questions,
      provider: (challenge, signal) =>
        new Promise((answer, reject) => {
          const refuse = (): void => reject(new Error('no'));
          questions.push({ challenge, signal, answer, refuse });
        }),
    };
  }

  it('ACC-42, LIN-2: REGISTER and MESSAGE challenged together ask once; both go on with their Call-ID and the next CSeq', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider });
    line.send('REGISTER', auth);
    line.send('MESSAGE', auth);
    const register = await line.server.request('REGISTER');
    line.server.respond(register, 401, { headers: [www('r', ', algorithm=MD5')] });
    const message = await line.server.request('MESSAGE');
    line.server.respond(message, 401, { headers: [www('r', ', algorithm=MD5')] });
    await line.server.nothing();
    assert.lengthOf(questions, 1);
    assert.deepEqual(questions[0]!.challenge, {
      realm: 'r',
      scheme: 'Digest',
      proxy: false,
      algorithms: ['MD5'],
      username: 'alice',
      isRetry: false,
      request: { method: 'REGISTER', uri: 'sip:example.com' },
      authorizationServer: undefined,
      scope: undefined,
    });
    questions[0]!.answer(alice);
    for (const [method, first] of [
      ['REGISTER', register],
      ['MESSAGE', message],
    ] as const) {
      const second = await line.server.request(method);
      assert.equal(headerValue(second, 'Call-ID'), headerValue(first, 'Call-ID'));
      assert.equal(headerValue(second, 'CSeq'), `2 ${method}`);
      assert.isTrue(isRight(second, alice.password));
    }
    assert.isFalse(questions[0]!.signal.aborted);
  });

  it('ACC-42: no answer, or a rejection, ends what waits with its 401; the next operation asks anew', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider });
    for (const end of ['answer', 'refuse'] as const) {
      const { outcome } = line.send('REGISTER', auth);
      await challenge(line, 'REGISTER', www('r'));
      await settle();
      questions.pop()![end]();
      assert.equal(await outcome, 401);
      await line.server.nothing();
    }
    const throwing = authenticator({
      provider: () => {
        throw new Error('at once');
      },
    });
    const { outcome } = line.send('REGISTER', throwing);
    await challenge(line, 'REGISTER', www('r'));
    assert.equal(await outcome, 401);
  });

  it('ACC-42: credentials that were refused are asked for again, and told to be', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider, credentials: [{ ...alice, password: 'wrong' }] });
    const { outcome } = line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    await challenge(line, 'REGISTER', www('r'));
    await settle();
    assert.isTrue(questions[0]!.challenge.isRetry);
    questions[0]!.answer(alice);
    const third = await line.server.request('REGISTER');
    assert.isTrue(isRight(third, alice.password));
    line.server.respond(third, 200);
    assert.equal(await outcome, 200);

    line.send('MESSAGE', auth);
    await challenge(line, 'MESSAGE', www('r'));
    assert.isTrue(
      isRight(await line.server.request('MESSAGE'), alice.password),
      'the answer goes before what it took the place of',
    );
  });

  it('ACC-42: credentials set meanwhile answer the question; the late answer changes nothing', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    await settle();
    auth.set({ ...alice, realm: 'other' });
    await line.server.nothing();
    auth.set(alice);
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password));
    assert.isTrue(questions[0]!.signal.aborted);
    questions[0]!.answer({ username: 'late', password: 'x' });
    await settle();
    line.send('MESSAGE', auth);
    await challenge(line, 'MESSAGE', www('r'));
    assert.equal(user(await line.server.request('MESSAGE')), 'alice');
  });

  it('ACC-42: what was refused goes on with credentials that were set after it left, and nobody is asked', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider, credentials: [{ ...alice, password: 'wrong' }] });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    const refused = await line.server.request('REGISTER');
    auth.set(alice);
    line.server.respond(refused, 401, { headers: [www('r')] });
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password));
    assert.isEmpty(questions);
  });

  it('ACC-42: two realms are asked for one after the other', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('a'), www('b'));
    await settle();
    assert.deepEqual(
      questions.map((q) => q.challenge.realm),
      ['a'],
    );
    questions[0]!.answer(alice);
    await settle();
    assert.deepEqual(
      questions.map((q) => q.challenge.realm),
      ['a', 'b'],
    );
    questions[1]!.answer({ ...alice, username: 'bob' });
    const request = await line.server.request('REGISTER');
    const users = request.headers
      .filter((h) => h.name === 'Authorization')
      .map((h) => /username="(\w+)"/.exec(h.value)![1]);
    assert.deepEqual(users, ['alice', 'bob']);
  });

  it('ACC-42: an answer that is no login fails the operation and says what is wrong with it', async () => {
    const line = await wire();
    const auth = authenticator({ provider: () => ({ username: 'alice' }) });
    let message = '';
    const { outcome } = line.send('REGISTER', auth, { onFailure: (error) => (message = error.message) });
    await challenge(line, 'REGISTER', www('r'));
    assert.equal(await outcome, 'invalidOption');
    assert.include(message, 'credentials');
  });

  for (const [what, giveUp, code] of [
    ['its signal', (abort: AbortController): void => abort.abort(), 'aborted'],
    ['cancel()', (_abort: AbortController, sent: ReturnType<Wire['send']>): void => sent.request.cancel(), 'cancelled'],
  ] as const) {
    it(`an operation that waits for credentials ends by ${what}; the question goes with the last one that waits`, async () => {
      const line = await wire();
      const { provider, questions } = asked();
      const auth = authenticator({ provider });
      const abort = new AbortController();
      const first = line.send('INVITE', auth, { signal: abort.signal });
      await challenge(line, 'INVITE', www('r'));
      await line.server.request('ACK');
      const second = line.send('MESSAGE', auth);
      await challenge(line, 'MESSAGE', www('r'));
      await settle();
      giveUp(abort, first);
      assert.equal(await first.outcome, code);
      assert.isFalse(questions[0]!.signal.aborted, 'another one waits');
      second.request.cancel();
      assert.equal(await second.outcome, 'cancelled');
      assert.isTrue(questions[0]!.signal.aborted);
      questions[0]!.answer(alice);
      await line.server.nothing();
      line.send('MESSAGE', auth);
      await challenge(line, 'MESSAGE', www('r'));
      await settle();
      assert.lengthOf(questions, 2, 'asked anew');
    });
  }

  it('an operation that is abandoned while it waits sends nothing more and tells nobody', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const sent = line.send('INVITE', authenticator({ provider }));
    let isSettled = false;
    void sent.outcome.then(() => (isSettled = true));
    await challenge(line, 'INVITE', www('r'));
    await line.server.request('ACK');
    await settle();
    sent.request.abandon();
    assert.isTrue(questions[0]!.signal.aborted);
    questions[0]!.answer(alice);
    await line.server.nothing();
    assert.isFalse(isSettled);
  });

  it('clear() ends open questions: what waits ends with its 401', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    const auth = authenticator({ provider });
    const { outcome } = line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    await settle();
    auth.clear();
    assert.equal(await outcome, 401);
    assert.isTrue(questions[0]!.signal.aborted);
  });

  it('a connection lost while credentials are waited for: the request leaves by the next one', async () => {
    const line = await wire();
    const { provider, questions } = asked();
    line.send('REGISTER', authenticator({ provider }));
    await challenge(line, 'REGISTER', www('r'));
    await settle();
    line.server.socket.drop();
    questions[0]!.answer(alice);
    await line.clock.advance(5000);
    assert.lengthOf(line.server.sockets, 2);
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password));
  });
});

describe('HA1', () => {
  before(() => loadAlgorithm('SHA-256'));

  it('ACC-43: what answered a challenge can be kept as HA1 and logs in again without the password', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [alice] });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'), www('r', ', algorithm=SHA-256'));
    await line.server.request('REGISTER');
    line.send('MESSAGE', auth);
    await challenge(line, 'MESSAGE', proxy('r'));
    await line.server.request('MESSAGE');
    const kept = auth.remembered();
    assert.sameDeepMembers(
      [...kept],
      (['SHA-256', 'MD5'] as const).map((algorithm) => ({
        realm: 'r',
        username: 'alice',
        algorithm,
        ha1: ha1(algorithm, 'alice', 'r', alice.password),
      })),
    );
    line.send('REGISTER', authenticator({ credentials: kept }));
    await challenge(line, 'REGISTER', www('r'), www('r', ', algorithm=SHA-256'));
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password, 'SHA-256'));
  });

  it('ACC-43: a password that names its realm is dropped when HA1s can be made by all algorithms; every one of them is answered after', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [{ ...alice, realm: 'r' }] });
    for (const algorithm of ['MD5', 'SHA-256', 'SHA-512-256'] as const) {
      const { outcome } = line.send('REGISTER', auth, { uri: `sip:${algorithm.toLowerCase()}.example` });
      await challenge(line, 'REGISTER', www('r', `, algorithm=${algorithm}`));
      const second = await line.server.request('REGISTER');
      assert.isTrue(isRight(second, alice.password, algorithm));
      line.server.respond(second, 200);
      await outcome;
    }
  });

  it('ACC-43: those HA1s hold no clear text; a password for all realms stays, for each realm needs an HA1 of its own', () => {
    const named = { ...alice, realm: 'r', domain: 'example.com' };
    const ha1s = ha1sOf(named, 'r', ['SHA-256', 'MD5']);
    assert.notInclude(JSON.stringify(ha1s), alice.password);
    assert.deepEqual(
      ha1s.map(({ algorithm }) => algorithm),
      ['SHA-256', 'MD5'],
    );
    ha1s.forEach((credentials) => {
      checkCredentials(credentials);
    });
    let all: Credentials[] = [named];
    for (const own of ha1s) all = withCredentials(all, own);
    assert.deepEqual(all, ha1s, 'they take its place, side by side');
    assert.isEmpty(ha1sOf(alice, 'r', ['MD5']));
    assert.isEmpty(ha1sOf({ ...alice, realm: '*' }, 'r', ['MD5']));
  });

  it('ACC-43: no secret in JSON, or in what a console shows of an authenticator', async () => {
    const line = await wire();
    const auth = authenticator({
      credentials: [alice, { ...alice, realm: 'r' }, { realm: 'b', bearer: () => 'a.token' }],
      provider: () => undefined,
    });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'), bearer.replace('"r"', '"b"'));
    await settle();
    const secrets = [alice.password, ha1('MD5', 'alice', 'r', alice.password), 'a.token'];
    for (const text of [JSON.stringify(auth), inspect(auth, { depth: 9, showHidden: true })]) {
      for (const secret of secrets) assert.notInclude(text, secret);
    }
  });
});

describe('bearer tokens (RFC 8898)', () => {
  /** Tokens t1, t2, … */
  function tokens(): { credentials: Credentials; asked: AuthenticationChallenge[] } {
    const asked: AuthenticationChallenge[] = [];
    return { asked, credentials: { bearer: (c) => Promise.resolve(`t${asked.push(c)}`) } };
  }
  const token = (request: SipRequest): string | undefined => read(request, Authorization)?.token;

  it('ACC-45: a 401 Bearer is answered with a token that is asked for once, whatever waits, and goes ahead of later challenges', async () => {
    const line = await wire();
    const { credentials, asked } = tokens();
    const auth = authenticator({ credentials: [credentials] });
    line.send('REGISTER', auth);
    line.send('MESSAGE', auth);
    await challenge(line, 'REGISTER', bearer);
    await challenge(line, 'MESSAGE', bearer);
    const register = await line.server.request('REGISTER');
    assert.equal(headerValue(register, 'Authorization'), 'Bearer t1');
    assert.equal(token(await line.server.request('MESSAGE')), 't1');
    assert.lengthOf(asked, 1);
    assert.deepInclude(asked[0], {
      realm: 'r',
      scheme: 'Bearer',
      authorizationServer: 'https://as.example',
      scope: 'sip',
    });
    line.server.respond(register, 200);
    line.send('REGISTER', auth);
    assert.equal(token(await line.server.request('REGISTER')), 't1', 'no round trip');
  });

  it('ACC-45: a token that was refused is asked for again; a second refusal in one operation is final', async () => {
    const line = await wire();
    const { credentials, asked } = tokens();
    const auth = authenticator({ credentials: [credentials] });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', bearer);
    line.server.respond(await line.server.request('REGISTER'), 200);
    const { outcome } = line.send('REGISTER', auth);
    const old = await line.server.request('REGISTER');
    assert.equal(token(old), 't1');
    line.server.respond(old, 401, { headers: [`${bearer}, error="invalid_token"`] });
    const fresh = await line.server.request('REGISTER');
    assert.equal(token(fresh), 't2');
    line.server.respond(fresh, 200);
    assert.equal(await outcome, 200);

    const end = line.send('REGISTER', auth).outcome;
    for (const expected of ['t2', 't3', 't4']) {
      const request = await line.server.request('REGISTER');
      assert.equal(token(request), expected);
      line.server.respond(request, 401, { headers: [bearer] });
    }
    assert.equal(await end, 401);
    assert.lengthOf(asked, 4);
  });

  it('RFC 8898 §2.3: a proxy gets its token in Proxy-Authorization', async () => {
    const line = await wire();
    const { credentials } = tokens();
    line.send('INVITE', authenticator({ credentials: [credentials] }));
    await challenge(line, 'INVITE', 'Proxy-Authenticate: Bearer authz_server="https://as.example"');
    await line.server.request('ACK');
    assert.equal(read(await line.server.request('INVITE'), ProxyAuthorization)?.token, 't1');
  });

  it('RFC 8898 §2.1.1: of a token and a digest for one realm the one we have credentials for is given; without a token the digest', async () => {
    const line = await wire();
    line.send('REGISTER', authenticator({ credentials: [alice] }));
    await challenge(line, 'REGISTER', bearer, www('r'));
    assert.equal(user(await line.server.request('REGISTER')), 'alice');

    const refusing = { bearer: (): Promise<string> => Promise.reject(new Error('offline')) };
    line.send('REGISTER', authenticator({ credentials: [refusing, alice] }));
    await challenge(line, 'REGISTER', bearer, www('r'));
    assert.equal(user(await line.server.request('REGISTER')), 'alice');

    const { outcome } = line.send('REGISTER', authenticator({ credentials: [refusing] }));
    await challenge(line, 'REGISTER', bearer);
    assert.equal(await outcome, 401);
  });

  it('a token with a line break reaches no header and no error', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [{ bearer: () => 'hush\r\nX: y' }] });
    let message = '';
    const { outcome } = line.send('REGISTER', auth, { onFailure: (error) => (message = error.message) });
    await challenge(line, 'REGISTER', bearer);
    assert.equal(await outcome, 'invalidOption');
    assert.include(message, 'bearer');
    assert.notInclude(message, 'hush');
    await line.server.nothing();
  });
});

describe('authorization before a challenge', () => {
  it('ACC-44: pre-emptive with nc+1 on the next request; nextnonce begins anew (RFC 7616 §3.5)', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [alice] });
    line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    line.server.respond(await line.server.request('REGISTER'), 200);
    line.send('REGISTER', auth);
    const second = await line.server.request('REGISTER');
    assert.equal(login(second)?.get('nc'), '00000002');
    line.server.respond(second, 200, { headers: ['Authentication-Info: nextnonce="next"'] });
    line.send('REGISTER', auth);
    const third = await line.server.request('REGISTER');
    assert.deepEqual([login(third)?.get('nonce'), login(third)?.get('nc')], ['next', '00000001']);
  });

  it('ACC-44: with preemptive false only a challenged request is authorized', async () => {
    const line = await wire();
    const auth = authenticator({ credentials: [alice], preemptive: false });
    for (let i = 0; i < 2; i++) {
      line.send('REGISTER', auth);
      const bare = await line.server.request('REGISTER');
      assert.isUndefined(login(bare));
      line.server.respond(bare, 401, { headers: [www('r')] });
      const second = await line.server.request('REGISTER');
      assert.isTrue(isRight(second, alice.password));
      line.server.respond(second, 200);
    }
  });
});

describe('loop guard', () => {
  it('ACC-46: a server that always answers 401 gets one request with the credentials there are', async () => {
    const line = await wire();
    const { outcome } = line.send('REGISTER', authenticator({ credentials: [alice] }));
    await challenge(line, 'REGISTER', www('r'));
    await challenge(line, 'REGISTER', www('r'));
    assert.equal(await outcome, 401);
    await line.server.nothing();
  });

  it('ACC-46: and at most two answers a realm where there are always others, one more for a stale nonce', async () => {
    const line = await wire();
    let asked = 0;
    const auth = authenticator({ provider: () => ({ username: 'alice', password: `guess ${++asked}` }) });
    const { outcome } = line.send('REGISTER', auth);
    await challenge(line, 'REGISTER', www('r'));
    await challenge(line, 'REGISTER', www('r', ', stale=true'));
    await challenge(line, 'REGISTER', www('r'));
    await challenge(line, 'REGISTER', www('r'));
    assert.equal(await outcome, 401);
    assert.equal(asked, 2);
    await line.server.nothing();
  });

  it('ACC-46: a nonce that is always stale ends it too', async () => {
    const line = await wire();
    const { outcome } = line.send('REGISTER', authenticator({ credentials: [alice] }));
    await challenge(line, 'REGISTER', www('r', ', stale=true'));
    await challenge(line, 'REGISTER', www('r', ', stale=true'));
    assert.equal(await outcome, 401);
    await line.server.nothing();
  });
});

describe('algorithms', () => {
  const sha = (name: string): string => www('r', `, algorithm=${name}`);

  it('ACC-44: only those allowed are answered', async () => {
    const line = await wire();
    line.send('REGISTER', authenticator({ credentials: [alice], algorithms: ['MD5'] }));
    await challenge(line, 'REGISTER', sha('SHA-256'), sha('MD5'));
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password));
  });

  it('one that cannot be loaded gives way to the next weaker one that is offered; alone it fails the operation by name', async () => {
    const line = await wire();
    const offline = (algorithm: DigestAlgorithm): Promise<void> | undefined =>
      algorithm === 'MD5' ? undefined : Promise.reject(new Error('offline'));
    line.send('REGISTER', authenticator({ credentials: [alice] }, offline));
    await challenge(line, 'REGISTER', sha('SHA-256'), sha('MD5'), sha('SHA-512-256'));
    assert.isTrue(isRight(await line.server.request('REGISTER'), alice.password));

    let message = '';
    const auth = authenticator({ credentials: [alice] }, offline);
    const { outcome } = line.send('REGISTER', auth, {
      onFailure: (error) => (message = `${error.message} ${error.status}`),
    });
    await challenge(line, 'REGISTER', sha('SHA-256'));
    assert.equal(await outcome, 'authentication');
    assert.equal(message, 'SHA-256 cannot be loaded 401');
  });

  it('RFC 8760 §2.4: an ha1 answers the strongest challenge that it was made for', async () => {
    const line = await wire();
    line.send('REGISTER', authenticator({ credentials: [{ username: 'alice', ha1: ha1('MD5', 'alice', 'r', 'x') }] }));
    await challenge(line, 'REGISTER', sha('SHA-256'), sha('MD5'));
    assert.isTrue(isRight(await line.server.request('REGISTER'), 'x'));
  });
});
