/** The response to a digest challenge (RFC 7616 §3.4), from user name and password to the response's hexadecimal digits. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { DigestAlgorithm } from '../../../lib/core/credentials.js';
import type * as Digest from '../../../lib/core/digest.js';
import type { Work, Works } from '../arena.js';
import type { Contender, Row } from '../row.js';
import { both, compare, perSecond } from '../sampling.js';

interface PeerDigest {
  authenticate(request: object, challenge: object, cnonce?: string): boolean;
}
type JsSipDigest = new (credentials: object) => PeerDigest;
type SipJsDigest = new (loggers: object, ha1: undefined, username: string, password: string) => PeerDigest;

const bundle = '../../../build/bench/digest.mjs';
const sipjsModule = 'sip.js/lib/core/messages/digest-authentication.js';
const { ha1, digestResponse, loadAlgorithm } = (await import(bundle)) as typeof Digest;
await loadAlgorithm('SHA-256');
const JsSipAuthentication = createRequire(import.meta.url)('jssip/lib/DigestAuthentication') as JsSipDigest;
const { DigestAuthentication } = (await import(sipjsModule)) as { readonly DigestAuthentication: SipJsDigest };

const username = 'alice';
const password = 'kq8v4s7e2k1p0';
const realm = 'voice.example.com';
const nonce = 'ZqR5wWakeJXnG8YcFvJm0yS2dUuYvQ1P';
const cnonce = '6m2kq0v8rnas5c3f';
const nc = '00000001';
const method = 'REGISTER';
const uri = 'sip:voice.example.com';
const challenge = { algorithm: 'MD5', realm, nonce, qop: ['auth'] };

const ours = (algorithm: DigestAlgorithm) => (): string =>
  digestResponse({
    algorithm,
    session: false,
    ha1: ha1(algorithm, username, realm, password),
    method,
    uri,
    nonce,
    qop: 'auth',
    cnonce,
    nc,
    body: '',
  });

const native = (): string => {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const key = hash(`${username}:${realm}:${password}`);
  return hash(`${key}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
};
if (native() !== ours('SHA-256')()) throw new Error('two digests of one challenge differ');

const silent = { getLogger: () => ({ warn() {} }) };
const peers: Readonly<Record<string, () => PeerDigest>> = {
  JsSIP: () => new JsSipAuthentication({ username, password }),
  'SIP.js': () => new DigestAuthentication(silent, undefined, username, password),
};

/** Where responses go, so that no engine can leave the work out. */
export let sink: unknown;

const kept = (response: () => unknown): Work => {
  return () => {
    sink = response();
  };
};

export function works(contender: Contender): Works {
  const peer = peers[contender];
  if (!peer) return { MD5: kept(ours('MD5')), 'SHA-256': kept(ours('SHA-256')), native: kept(native) };
  return { MD5: kept(() => peer().authenticate({ method, ruri: uri }, challenge, cnonce)) };
}

type Both = ReturnType<typeof both>;

export async function rows(): Promise<Row[]> {
  const micros = await compare('./groups/digest.ts', ['MD5', 'SHA-256', 'native']);
  const [md5, sha256, openssl] = [...micros.values()].map((measured) => both(measured, perSecond)) as [
    Both,
    Both,
    Both,
  ];
  const unit = 'per CPU s';
  return [
    {
      name: 'digest response, MD5',
      unit,
      better: 'more',
      ...md5,
      budget: { times: 3 },
      note: 'three hashes each, the key included; SIP.js makes its own cnonce besides.',
    },
    {
      name: 'digest response, SHA-256',
      unit,
      better: 'more',
      ...sha256,
      budget: { times: 1, than: { name: 'our MD5', value: md5.values.evercall ?? Infinity } },
      note: `no peer has it, so it is held against our own MD5; node:crypto does ${Math.round(openssl.values.evercall ?? NaN).toLocaleString('en')} per CPU s.`,
    },
  ];
}
