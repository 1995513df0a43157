import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { assert } from 'chai';
import { systemRandom } from '../../lib/base/random.js';
import type { Operation } from '../../lib/core/authenticator.js';
import { Challenges } from '../../lib/core/challenges.js';
import type { Credentials } from '../../lib/core/credentials.js';
import { digestAlgorithms } from '../../lib/core/credentials.js';
import { digestResponse, ha1, loadAlgorithm } from '../../lib/core/digest.js';
import { Authorization, read } from '../../lib/parser/index.js';
import type { Credentials as AuthorizationValue } from '../../lib/parser/index.js';

const invite = { method: 'INVITE', uri: 'sip:bob@biloxi.example', body: '' };

function challenged(status: 401 | 407, ...challenges: string[]): Parameters<Challenges['learn']>[0] {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return { status, reason: 'No', headers: challenges.map((value) => ({ name, value })), body: '' };
}

const authenticator = (...credentials: Credentials[]): Challenges => new Challenges({ credentials }, systemRandom);

/** One operation, of which nothing was sent yet. */
const operation = (request: Operation['request'] = invite): Operation => {
  const controller = new AbortController();
  return { request, sent: [], tried: new Map(), signal: () => controller.signal };
};

function answerTo(credentials: Credentials, ...challenges: string[]): AuthorizationValue | undefined {
  const auth = authenticator(credentials);
  if (auth.learn(challenged(401, ...challenges), operation()) !== true) return undefined;
  return read({ method: '', uri: '', headers: auth.preempt(invite), body: '' }, Authorization);
}

const mufasa: Credentials = { username: 'Mufasa', password: 'Circle of Life' };

describe('digest', () => {
  before(() => loadAlgorithm('SHA-512-256'));

  it('RFC 7616 §3.9.1: the example response, by MD5 and by SHA-256', () => {
    const common = {
      session: false,
      method: 'GET',
      uri: '/dir/index.html',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      qop: 'auth',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      nc: '00000001',
      body: '',
    } as const;
    const realm = 'http-auth@example.org';
    const md5 = digestResponse({ ...common, algorithm: 'MD5', ha1: ha1('MD5', 'Mufasa', realm, 'Circle of Life') });
    const sha = digestResponse({
      ...common,
      algorithm: 'SHA-256',
      ha1: ha1('SHA-256', 'Mufasa', realm, 'Circle of Life'),
    });
    assert.equal(md5, '8ca523f5e9506fed4657c9700eebdbec');
    assert.equal(sha, '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  it('RFC 7616 §3.9.2: the SHA-512/256 response (the one printed there is SHA-512 cut to 256 bits)', () => {
    const response = digestResponse({
      session: false,
      algorithm: 'SHA-512-256',
      ha1: ha1('SHA-512-256', 'J\u00e4s\u00f8n Doe', 'api@example.org', 'Secret, or not?'),
      method: 'GET',
      uri: '/doe.json',
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      qop: 'auth',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
      nc: '00000001',
      body: '',
    });
    assert.equal(response, '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
  });

  it('every algorithm makes of every text what node:crypto makes of it', () => {
    const native = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.constantFrom(...digestAlgorithms),
        (text, algorithm) => {
          const expected = createHash(native[algorithm]).update(`${text}:r:p`, 'utf8').digest('hex');
          assert.equal(ha1(algorithm, text, 'r', 'p'), expected);
        },
      ),
    );
  });

  it('SHA-512/256 of a name and password beyond ASCII is what node:crypto makes of it (RFC 7616 §3.4, UTF-8)', () => {
    const hash = (text: string): string => createHash('sha512-256').update(text, 'utf8').digest('hex');
    const key = ha1('SHA-512-256', 'J\u00e4s\u00f8n Doe', 'api@example.org', 'Secret, or not?');
    assert.equal(key, hash('J\u00e4s\u00f8n Doe:api@example.org:Secret, or not?'));
    const input = {
      session: false,
      method: 'GET',
      uri: '/doe.json',
      nonce: 'n',
      qop: 'auth',
      cnonce: 'c',
      nc: '00000001',
      body: '',
    } as const;
    const response = digestResponse({ ...input, algorithm: 'SHA-512-256', ha1: key });
    assert.equal(response, hash(`${key}:n:00000001:c:auth:${hash('GET:/doe.json')}`));
  });

  it('auth-int protects the body (RFC 7616 §3.4.3; S18)', () => {
    const input = {
      algorithm: 'MD5',
      session: false,
      ha1: 'a',
      method: 'INVITE',
      uri: 'b',
      nonce: 'c',
      qop: 'auth-int',
      cnonce: 'd',
      nc: '00000001',
    } as const;
    assert.notEqual(digestResponse({ ...input, body: 'one' }), digestResponse({ ...input, body: 'two' }));
  });
});

describe('authenticator', () => {
  it('RFC 8760 §2.4: of several challenges for a realm the strongest one is answered, in whatever order they come', () => {
    for (const order of [
      ['MD5', 'SHA-256', 'SHA-512-256'],
      ['SHA-512-256', 'SHA-256', 'MD5'],
      ['SHA-256', 'SHA-512-256', 'MD5'],
    ]) {
      const challenges = order.map(
        (algorithm) => `Digest realm="r", nonce="${algorithm}", qop="auth", algorithm=${algorithm}`,
      );
      const answer = answerTo(mufasa, ...challenges);
      assert.equal(answer?.params.get('algorithm'), 'SHA-512-256');
      assert.lengthOf(answer?.params.get('response') ?? '', 64);
    }
  });

  it('an algorithm we do not know is passed over (RFC 8760 §2.4)', () => {
    const answer = answerTo(
      mufasa,
      'Digest realm="r", nonce="1", algorithm=SHA3-512',
      'Digest realm="r", nonce="2", algorithm=MD5',
    );
    assert.equal(answer?.params.get('nonce'), '2');
    assert.isUndefined(answerTo(mufasa, 'Digest realm="r", nonce="1", algorithm=SHA3-512'));
  });

  it('auth is preferred where auth-int is offered too; auth-int is used where it stands alone', () => {
    assert.equal(answerTo(mufasa, 'Digest realm="r", nonce="1", qop="auth-int,auth"')?.params.get('qop'), 'auth');
    assert.equal(answerTo(mufasa, 'Digest realm="r", nonce="1", qop="auth-int"')?.params.get('qop'), 'auth-int');
  });

  it('a server of RFC 2069, without qop, gets neither cnonce nor nc (RFC 3261 §22.4)', () => {
    const answer = answerTo(mufasa, 'Digest realm="r", nonce="1", opaque="o"');
    assert.equal(answer?.params.get('opaque'), 'o');
    for (const absent of ['qop', 'cnonce', 'nc']) assert.isFalse(answer?.params.has(absent), absent);
  });

  it('ACC-40, ACC-41: each realm gets its own login, one request may carry both', () => {
    const auth = authenticator(
      { realm: 'a', username: 'login42', password: '1' },
      { realm: 'b', username: 'proxyuser', password: '2' },
    );
    const one = operation();
    assert.isTrue(auth.learn(challenged(407, 'Digest realm="b", nonce="1", qop="auth"'), one));
    assert.isTrue(auth.learn(challenged(401, 'Digest realm="a", nonce="2", qop="auth"'), one));
    const headers = auth.preempt(invite);
    assert.match(headers.find((h) => h.name === 'Authorization')!.value, /username="login42"/);
    assert.match(headers.find((h) => h.name === 'Proxy-Authorization')!.value, /username="proxyuser"/);
  });

  it('what the registrar asked for is not shown to a callee; what the proxy asked for goes with every request (§22.1)', () => {
    const auth = authenticator(mufasa);
    const register = { method: 'REGISTER', uri: 'sip:biloxi.example', body: '' };
    assert.isTrue(auth.learn(challenged(401, 'Digest realm="r", nonce="1"'), operation(register)));
    assert.deepEqual(auth.preempt(invite), []);
    assert.lengthOf(auth.preempt(register), 1);
    assert.isTrue(auth.learn(challenged(407, 'Digest realm="p", nonce="1"'), operation(register)));
    assert.deepEqual(
      auth.preempt(invite).map((h) => h.name),
      ['Proxy-Authorization'],
    );
  });

  it('a realm we have no login for is not answered', () => {
    assert.isUndefined(answerTo({ ...mufasa, realm: 'mine' }, 'Digest realm="theirs", nonce="1"'));
  });

  it('ACC-43: an ha1 serves in place of the password, for its algorithm only', () => {
    const secret = ha1('MD5', 'Mufasa', 'r', 'Circle of Life');
    const byHa1 = answerTo({ username: 'Mufasa', ha1: secret }, 'Digest realm="r", nonce="1"');
    const byPassword = answerTo(mufasa, 'Digest realm="r", nonce="1"');
    assert.equal(byHa1?.params.get('response'), byPassword?.params.get('response'));
    assert.isUndefined(answerTo({ username: 'Mufasa', ha1: secret }, 'Digest realm="r", nonce="1", algorithm=SHA-256'));
  });

  it('nc counts up while the nonce stays (RFC 7616 §3.4)', () => {
    const auth = authenticator(mufasa);
    assert.isTrue(auth.learn(challenged(401, 'Digest realm="r", nonce="1", qop="auth"'), operation()));
    const counts = [1, 2, 3].map(() => /nc=(\d+)/.exec(auth.preempt(invite)[0]!.value)![1]);
    assert.deepEqual(counts, ['00000001', '00000002', '00000003']);
  });
});
