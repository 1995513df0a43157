/** Properties that hold for all values: reading undoes writing, and no input whatsoever makes the parser throw. */
import { assert } from 'chai';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import * as sip from '../../lib/parser/index.js';
import { parsed } from './support.js';

const chars = (set: string) => fc.constantFrom(...Array.from(set));
const string = (set: string, minLength = 1, maxLength = 12) => fc.string({ unit: chars(set), minLength, maxLength });

const TOKEN = "abcXYZ019-.!%*_+`'~";
const token = string(TOKEN);
const lowerToken = string(TOKEN.toLowerCase());
const word = string(`${TOKEN}()<>:\\"/[]?{}@`);
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/[\r\n\0]|\p{Cs}/u.test(value));
/** A header value comes back trimmed. */
const trimmed = text.filter((value) => !/^[ \t]|[ \t]$/.test(value));
const integer = (max: number) => fc.nat({ max: Math.min(max, 2 ** 31 - 1) });
const seconds = fc.oneof(integer(2 ** 31), fc.constantFrom(0, 2 ** 32 - 1));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const params = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<sip.Params> =>
  fc
    .uniqueArray(fc.tuple(name, fc.option(value, { nil: null })), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => new Map(entries));
const headerParams = params(lowerToken, text);
/** Without the names that the codec keeps in fields of their own. */
const otherParams = (...names: readonly string[]) =>
  params(
    lowerToken.filter((name) => !names.includes(name)),
    text,
  );

const label = string('abc019', 1, 6);
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.')),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`.toLowerCase()),
);
const port = optional(integer(65535));
/** Any text: what is not allowed as it is will be escaped. */
const uriText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .filter((value) => !/\p{Cs}/u.test(value))
  .filter((value) => value.toLowerCase().length === value.length);
const uriName = string('abc019-_.!~*()[]/:&+$ ;=?%@é', 1, 6);
const uriHeaders: fc.Arbitrary<sip.Params> = fc
  .uniqueArray(fc.tuple(uriName, uriText), { maxLength: 3, selector: ([key]) => key })
  .map((entries) => new Map(entries));

const sipUri: fc.Arbitrary<sip.SipUri> = fc
  .record({
    scheme: fc.constantFrom('sip', 'sips'),
    user: optional(uriText),
    password: optional(uriText),
    host,
    port,
    params: params(uriName, uriText),
    headers: uriHeaders,
  })
  .map((uri) => (uri.user === undefined ? { ...uri, password: undefined } : uri));
const telUri: fc.Arbitrary<sip.TelUri> = fc.record({
  scheme: fc.constant('tel' as const),
  number: string('0123456789*#').chain((digits) => fc.constantFrom(digits, `+${digits}`, `${digits}-(1)`)),
  params: params(uriName, uriText),
});
const otherUri: fc.Arbitrary<sip.OtherUri> = fc.record({
  scheme: string('xyz', 4, 8),
  rest: string('/abc:@?#[]=', 1, 12),
});
const uri = fc.oneof(sipUri, telUri, otherUri);
const uriString = uri.map(sip.writeUri);

const address: fc.Arbitrary<sip.Address> = fc.record({
  displayName: optional(text),
  uri: uriString,
  params: headerParams,
});

const typed = fc.record({
  type: fc.oneof(
    lowerToken,
    fc.tuple(lowerToken, lowerToken).map((parts) => parts.join('/')),
  ),
  params: headerParams,
});
const info = fc.record({ uri: uriString, params: headerParams });
const authParams = fc
  .uniqueArray(fc.tuple(lowerToken, text), { minLength: 1, maxLength: 5, selector: ([key]) => key })
  .map((entries) => new Map(entries));
const challenge = fc.record({ scheme: token, params: authParams });
const features = headerParams;
const cseq = fc.record({ sequence: integer(2 ** 31 - 1), method: token });

/** A codec with the values it is for. */
interface Case<T> {
  readonly codec: sip.HeaderCodec<T>;
  readonly values: fc.Arbitrary<T>;
}
const identity = <T>(codec: sip.HeaderCodec<T>, values: fc.Arbitrary<T>): Case<unknown> =>
  ({ codec, values }) as unknown as Case<unknown>;

const cases: readonly Case<unknown>[] = [
  ...[sip.From, sip.To, sip.ReplyTo, sip.ReferTo, sip.ReferredBy, sip.Route, sip.RecordRoute, sip.Path].map((codec) =>
    identity(codec, address),
  ),
  ...[sip.ServiceRoute, sip.PAssertedIdentity, sip.PPreferredIdentity, sip.PAssociatedURI, sip.Diversion].map((codec) =>
    identity(codec, address),
  ),
  ...[sip.HistoryInfo, sip.RemotePartyId].map((codec) => identity(codec, address)),
  identity(sip.Contact, fc.oneof(address, fc.constant('*' as const))),
  identity(
    sip.Via,
    fc.record({
      protocol: token,
      version: token,
      transport: token.map((name) => name.toUpperCase()),
      host,
      port,
      params: headerParams,
    }),
  ),
  identity(sip.CSeq, cseq),
  identity(
    sip.RAck,
    fc.tuple(seconds, cseq).map(([rseq, rest]) => ({ rseq, ...rest })),
  ),
  ...[sip.Expires, sip.MinExpires, sip.FlowTimer, sip.RSeq, sip.ContentLength].map((codec) => identity(codec, seconds)),
  identity(sip.MaxForwards, integer(255)),
  ...[sip.Allow, sip.Supported, sip.Require, sip.ProxyRequire, sip.Unsupported, sip.AllowEvents, sip.Privacy].map(
    (codec) => identity(codec, token),
  ),
  ...[sip.ContentEncoding, sip.ContentLanguage, sip.InReplyTo].map((codec) => identity(codec, token)),
  ...[sip.SIPETag, sip.SIPIfMatch, sip.Priority].map((codec) => identity(codec, token)),
  ...[sip.CallId, sip.MIMEVersion].map((codec) => identity(codec, word)),
  ...[sip.Organization, sip.Server, sip.Subject, sip.UserAgent].map((codec) => identity(codec, trimmed)),
  ...[sip.WWWAuthenticate, sip.ProxyAuthenticate].map((codec) => identity(codec, challenge)),
  ...[sip.Authorization, sip.ProxyAuthorization].map((codec) => identity(codec, challenge)),
  identity(
    sip.Authorization,
    fc.record({ scheme: token, params: fc.constant(new Map()), token: string('aZ09-._~+/') }),
  ),
  ...[sip.AuthenticationInfo].map((codec) => identity(codec, authParams)),
  identity(
    sip.SessionExpires,
    fc.record({
      seconds,
      refresher: fc.constantFrom('uac' as const, 'uas' as const, undefined),
      params: otherParams('refresher'),
    }),
  ),
  identity(sip.MinSE, fc.record({ seconds, params: headerParams })),
  ...[sip.Accept, sip.AcceptEncoding, sip.AcceptLanguage, sip.ContentType, sip.ContentDisposition].map((codec) =>
    identity(codec, typed),
  ),
  ...[sip.Event].map((codec) => identity(codec, typed)),
  identity(sip.SubscriptionState, fc.record({ state: lowerToken, params: headerParams })),
  identity(
    sip.Replaces,
    fc.record({
      callId: word,
      toTag: token,
      fromTag: token,
      earlyOnly: fc.boolean(),
      params: otherParams('to-tag', 'from-tag', 'early-only'),
    }),
  ),
  identity(
    sip.Reason,
    fc.record({
      protocol: token,
      cause: optional(integer(999)),
      text: optional(text),
      params: otherParams('cause', 'text'),
    }),
  ),
  ...[sip.AlertInfo, sip.CallInfo, sip.ErrorInfo].map((codec) => identity(codec, info)),
  identity(sip.RetryAfter, fc.record({ seconds, comment: optional(text), params: headerParams })),
  identity(sip.Warning, fc.record({ code: integer(999), agent: string('abc019-.:'), text })),
  ...[sip.FeatureCaps].map((codec) => identity(codec, features)),
  identity(sip.SessionId, fc.record({ local: string('0123456789abcdef', 32, 32), params: headerParams })),
  identity(
    sip.Date,
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59Z') }).map((date) => {
      date.setUTCMilliseconds(0);
      return date;
    }),
  ),
  identity(sip.Timestamp, fc.record({ timestamp: integer(1e6).map((n) => n / 8), delay: optional(integer(999)) })),
];

const header = fc.oneof(
  fc.tuple(token, trimmed).map(([name, value]) => ({ name: sip.canonicalName(name), value })),
  fc.constantFrom({ name: 'Subject', value: 'x' }, { name: 'CSeq', value: '1 INVITE' }),
);
const headers = fc.array(
  header.filter(({ name }) => name !== 'Content-Length'),
  { maxLength: 6 },
);
const bytes = fc.uint8Array({ maxLength: 40 });
const body: fc.Arbitrary<sip.Body> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  bytes.filter((array) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(array);
      return false; // that would come back as a string
    } catch {
      return true;
    }
  }),
);
const message: fc.Arbitrary<sip.SipMessage> = fc.oneof(
  fc.record({ method: token.filter((name) => !/^sip$/i.test(name)), uri: uriString, headers, body }),
  fc.record({ status: fc.integer({ min: 100, max: 699 }), reason: trimmed, headers, body }),
);

const plain = (value: sip.SipMessage): unknown => ({
  ...value,
  headers: value.headers
    .filter(({ name }) => name !== 'Content-Length')
    .map(({ name, value: raw }) => ({ name, value: raw })),
});

describe('reading undoes writing', () => {
  for (const { codec, values } of cases) {
    it(`of ${codec.name}`, () => {
      fc.assert(
        fc.property(values, (value) => {
          assert.deepEqual(codec.parse(codec.write(value)), value);
        }),
      );
    });
  }

  it('of several values in one line', () => {
    fc.assert(
      fc.property(fc.array(address, { minLength: 1, maxLength: 4 }), (values) => {
        const { headers: read } = parsed(
          sip.writeMessage({ method: 'X', uri: 'sip:a@b', headers: [sip.headerList(sip.Route, values)], body: '' }),
        );
        assert.deepEqual(
          sip.readAll({ status: 200, reason: '', headers: read, body: '' }, sip.Route),
          values.map(complete),
        );
      }),
    );
  });

  it('of several challenges in one line', () => {
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), (values) => {
        const line = sip.headerList(sip.WWWAuthenticate, values);
        assert.deepEqual(
          sip.readAll({ status: 401, reason: '', headers: [line], body: '' }, sip.WWWAuthenticate),
          values,
        );
      }),
    );
  });

  it('of URIs', () => {
    fc.assert(fc.property(uri, (value) => assert.deepEqual(sip.parseUri(sip.writeUri(value)), value)));
  });

  it('of addresses', () => {
    fc.assert(
      fc.property(address, (value) => assert.deepEqual(sip.parseAddress(sip.writeAddress(value)), complete(value))),
    );
  });

  it('of messages, as text and as bytes', () => {
    fc.assert(
      fc.property(message, (value) => {
        const written = sip.writeMessage(value);
        assert.deepEqual(plain(parsed(written)), plain(value));
        const octets = typeof written === 'string' ? new TextEncoder().encode(written) : written;
        assert.deepEqual(plain(parsed(octets)), plain(value));
      }),
    );
  });

  it('of multipart bodies', () => {
    const part = fc.record({
      headers: fc.array(fc.constantFrom({ name: 'Content-Type', value: 'text/plain' }, { name: 'X-A', value: 'é' })),
      body,
    });
    const type = 'multipart/mixed;boundary="--a b"';
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const read = sip.parseMultipart(type, sip.writeMultipart(type, parts));
        assert.deepEqual(
          read.map(({ headers: lines, body: content }) => ({
            headers: lines.map(({ name, value }) => ({ name, value })),
            body: content,
          })),
          parts,
        );
      }),
    );
  });
});

describe('equality of URIs (RFC 3261 §19.1.4)', () => {
  it('is reflexive', () => {
    fc.assert(fc.property(uri, (value) => assert.isTrue(sip.uriEquals(value, sip.writeUri(value)))));
  });

  it('is symmetric', () => {
    const near = fc.tuple(sipUri, fc.constantFrom('user', 'ttl', 'method', 'maddr', 'transport', 'x'), uriText);
    fc.assert(
      fc.property(near, uri, ([value, name, param], other) => {
        const changed = { ...value, params: new Map([...value.params, [name, param]]) };
        assert.equal(sip.uriEquals(value, changed), sip.uriEquals(changed, value));
        assert.equal(sip.uriEquals(value, other), sip.uriEquals(other, value));
      }),
    );
  });
});

const fixtures = ['rfc4475', 'rfc5118'].flatMap((rfc) => {
  const folder = new URL(`fixtures/${rfc}/`, import.meta.url);
  return readdirSync(folder).map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
});

/** Everything an application may do with what it received. */
function exercise(data: string | Uint8Array): void {
  const result = sip.parseMessage(data);
  if (result instanceof sip.ParseError) {
    assert.isString(result.caret);
    assert.isAtMost(result.offset, result.input.length);
    return;
  }
  const error = sip.checkMessage(result);
  if (error) assert.isAtLeast(error.status, 400);
  for (const { codec } of cases) {
    try {
      sip.readAll(result, codec);
    } catch (failure) {
      assert.instanceOf(failure, sip.ParseError);
    }
  }
  assert.doesNotThrow(() => sip.writeMessage(result), 'what was read can be sent on');
}

describe('no input makes parseMessage throw', () => {
  it('nor do random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), exercise));
  });

  it('nor does random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), exercise));
  });

  it('nor do messages put together from the grammar’s own pieces', () => {
    const piece = fc.constantFrom(
      ...[
        'INVITE',
        'SIP/2.0',
        '200',
        ' ',
        '\t',
        '\r\n',
        '\n',
        '\r',
        '\0',
        ':',
        ';',
        ',',
        '=',
        '"',
        '\\',
        '<',
        '>',
        '@',
      ],
      ...[
        'sip:a@b',
        'Via',
        'v',
        'To: ',
        'Content-Length: ',
        '-1',
        '99999999999',
        'Digest ',
        '[::1]',
        '%',
        '%41',
        '%ff',
        'é',
      ],
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => exercise(pieces.join(''))));
  });

  it('nor do mutations of the torture messages', () => {
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(8),
      insert: fc.uint8Array({ maxLength: 6 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        (octets, mutations) => {
          let mutated = octets;
          for (const { at, cut, insert } of mutations) {
            const index = Math.floor(at * mutated.length);
            mutated = Uint8Array.from([...mutated.slice(0, index), ...insert, ...mutated.slice(index + cut)]);
          }
          exercise(mutated);
          exercise(new TextDecoder().decode(mutated));
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What a codec reads has all its fields; what was generated may lack the undefined ones. */
function complete(value: sip.Address): sip.Address {
  return { displayName: value.displayName, uri: value.uri, params: value.params };
}
