// What a user agent does with the messages of RFC 4475 and RFC 5118, on a real account; what the parser reads of them is told in test/parser.
import { assert } from 'chai';
import { readdirSync } from 'node:fs';
import { headerValue, isRequest } from '../../lib/parser/index.js';
import type { SipResponse } from '../../lib/parser/index.js';
import { fixture } from '../parser/support.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';

type Verdict = 'dropped' | number;

/** Calls whose offer is plain RTP: well formed, and refused by a page for its media alone (RFC 8827 §6.5). */
const plainRtp = 488;

const rfc4475: Readonly<Record<string, readonly [section: string, verdict: Verdict, says: string]>> = {
  wsinv: [
    '3.1.1.1',
    481,
    'a short tortuous INVITE is read: its To has a tag, so it lies in a dialog that is not there',
  ],
  intmeth: ['3.1.1.2', 501, 'endpoints will generate a 501 listing the methods they understand in an Allow'],
  esc01: ['3.1.1.3', plainRtp, 'an escaped user is valid'],
  escnull: ['3.1.1.4', 405, 'an endpoint that is no registrar rejects the REGISTER; the escaped nulls are valid'],
  esc02: ['3.1.1.5', 501, 'RE%47IST%45R is an unknown method, not REGISTER'],
  lwsdisp: ['3.1.1.6', 200, 'no white space between display name and < is well formed'],
  longreq: ['3.1.1.7', plainRtp, 'long values in header fields are legal'],
  dblreq: ['3.1.1.8', 405, 'what follows the message is ignored; the REGISTER itself is for a registrar'],
  semiuri: ['3.1.1.9', 200, 'semicolon-separated parameters in the user part belong to the user'],
  transports: ['3.1.1.10', 200, 'varied and unknown transport types are accepted'],
  mpart01: ['3.1.1.11', 200, 'a multipart MESSAGE is accepted'],
  unreason: ['3.1.1.12', 'dropped', 'an unusual reason phrase is read; the response is nobody’s'],
  noreason: ['3.1.1.13', 'dropped', 'an empty reason phrase is read; the response is nobody’s'],
  badinv01: ['3.1.2.1', 400, 'extraneous separators: should respond with a 400'],
  clerr: ['3.1.2.2', 400, 'Content-Length larger than message: should respond with a 400'],
  ncl: ['3.1.2.3', 400, 'negative Content-Length: should respond with an error'],
  scalar02: ['3.1.2.4', 400, 'request scalar fields with overlarge values: 400 due to the CSeq error'],
  scalarlg: ['3.1.2.5', 'dropped', 'response scalar fields with overlarge values: will simply discard it'],
  quotbal: ['3.1.2.6', 400, 'unterminated quoted string in display name: should respond with a 400'],
  ltgtruri: ['3.1.2.7', 400, '<> enclosing Request-URI: reasonable always to reject with a 400'],
  lwsruri: ['3.1.2.8', 400, 'malformed SIP Request-URI (embedded LWS): should respond with a 400'],
  lwsstart: ['3.1.2.9', plainRtp, 'multiple SP separating Request-Line elements: a liberal element may accept'],
  trws: ['3.1.2.10', 200, 'SP characters at end of Request-Line: a liberal element may ignore them'],
  escruri: ['3.1.2.11', 400, 'escaped headers in SIP Request-URI: should respond with a 400'],
  baddate: ['3.1.2.12', plainRtp, 'invalid time zone in Date: an element that needs no Date may process the request'],
  regbadct: ['3.1.2.13', 405, 'failure to enclose name-addr URI in <>: the REGISTER is for a registrar'],
  badaspec: ['3.1.2.14', 200, 'spaces within addr-spec: elements attempting to be liberal may ignore the spaces'],
  baddn: ['3.1.2.15', 200, 'non-token characters in display name: an element may be liberal and infer the quotes'],
  badvers: ['3.1.2.16', 505, 'unknown protocol version: should respond with a 505'],
  mismatch01: ['3.1.2.17', 400, 'start line and CSeq method mismatch: should respond with a 400'],
  mismatch02: ['3.1.2.18', 501, 'unknown method with CSeq method mismatch: should respond with a 501'],
  bigcode: ['3.1.2.19', 'dropped', 'overlarge response code: should simply drop it'],
  badbranch: ['3.2.1', 200, 'missing transaction identifier: fall back to the RFC 2543-style identifier'],
  insuf: ['3.3.1', 400, 'missing required header fields: ideally a 400'],
  unkscm: ['3.3.2', 416, 'Request-URI with unknown scheme: reject with a 416'],
  novelsc: ['3.3.3', 416, 'Request-URI with known but atypical scheme: reject with a 416'],
  unksm2: ['3.3.4', 405, 'unknown URI schemes in header fields: the REGISTER is for a registrar'],
  bext01: ['3.3.5', 420, 'Proxy-Require and Require: 420 with Unsupported'],
  invut: ['3.3.6', 415, 'unknown Content-Type: reject with a 415'],
  regaut01: ['3.3.7', 405, 'endpoints choosing not to act as registrars: a 405 is appropriate'],
  multi01: ['3.3.8', 400, 'multiple values in single value required fields: would respond with a 400'],
  mcl01: ['3.3.9', 400, 'multiple Content-Length values: should respond with an error'],
  bcast: ['3.3.10', 'dropped', '200 OK response with broadcast Via: an endpoint should simply discard it'],
  zeromf: ['3.3.11', 200, 'Max-Forwards of zero: an endpoint should process the request'],
  cparam01: ['3.3.12', 405, 'REGISTER with a contact-parameter: for a registrar'],
  cparam02: ['3.3.13', 405, 'REGISTER with a url-parameter: for a registrar'],
  regescrt: ['3.3.14', 405, 'REGISTER with a URL escaped header: for a registrar'],
  sdp01: ['3.3.15', 406, 'unacceptable Accept offering: could respond with a 406, with a Warning/399'],
  inv2543: ['3.4.1', plainRtp, 'INVITE with RFC 2543 syntax: should be accepted'],
};

const rfc5118: Readonly<Record<string, readonly [section: string, verdict: Verdict, says: string]>> = {
  'ipv6-good': ['4.1', 405, 'a valid IPv6 reference: well formed, and for a registrar'],
  'ipv6-bad': ['4.2', 400, 'an IPv6 address without brackets in the Request-URI: a 400 should be generated'],
  'port-ambiguous': ['4.3', 405, 'a port ambiguous within the brackets is well formed'],
  'port-unambiguous': ['4.4', 405, 'a port outside of the brackets is well formed'],
  'via-received-param-with-delim': [
    '4.5',
    481,
    'received with brackets is accepted: a BYE for a dialog that is not there',
  ],
  'via-received-param-no-delim': ['4.5', 200, 'received without brackets is accepted'],
  'ipv6-in-sdp': ['4.6', 400, 'as archived its Content-Length says more than there is (RFC 3261 §18.3)'],
  'mult-ip-in-header': [
    '4.7',
    481,
    'IPv4 and IPv6 side by side in Via are accepted: a BYE for a dialog that is not there',
  ],
  'mult-ip-in-sdp': ['4.8', 400, 'as archived its Content-Length says more than there is (RFC 3261 §18.3)'],
  'ipv4-mapped-ipv6': ['4.9', plainRtp, 'IPv4-mapped IPv6 addresses are accepted'],
  'ipv6-bug-abnf-3-colons': ['4.10', 200, 'three colons, by the bug of the grammar, are accepted'],
  'ipv6-correct-abnf-2-colons': ['4.10', 200, 'two colons are accepted'],
};

/** The final response of ours, or that there was none; and that we are still there. */
async function verdict(data: Uint8Array): Promise<{ verdict: Verdict; response: SipResponse | undefined }> {
  const { ua, server } = await phone({ account: { uri: 'sip:user@example.com' } });
  ua.on('incomingCall', ({ call }) => call.reject(600));
  server.socket.receive(data);
  await settle();
  const finals = server.received.filter((m): m is SipResponse => !isRequest(m) && m.status >= 200);
  assert.isAtMost(finals.length, 1);
  await server.skip();
  server.send(peerRequest('OPTIONS'));
  await server.response(200);
  return { verdict: finals[0]?.status ?? 'dropped', response: finals[0] };
}

for (const [rfc, messages, count] of [
  ['rfc4475', rfc4475, 49],
  ['rfc5118', rfc5118, 12],
] as const) {
  describe(`${rfc.toUpperCase()} at the user agent`, () => {
    it(`all ${count} messages are here`, () => {
      const files = readdirSync(new URL(`../parser/fixtures/${rfc}/`, import.meta.url));
      assert.sameMembers(
        Object.keys(messages),
        files.filter((f) => f.endsWith('.dat')).map((f) => f.slice(0, -4)),
      );
      assert.lengthOf(files, count);
    });

    for (const [name, [section, wanted, says]] of Object.entries(messages)) {
      it(`§${section} ${name}: ${says} → ${wanted}`, async () => {
        const { verdict: got, response } = await verdict(fixture(rfc, name));
        assert.equal(got, wanted, response?.reason);
        if (wanted === 405 || name === 'intmeth') assert.include(headerValue(response!, 'Allow'), 'INVITE');
        if (wanted === 406) assert.match(headerValue(response!, 'Warning') ?? '', /^399 /);
        if (wanted === 420) assert.include(headerValue(response!, 'Unsupported'), 'nothingSupportsThis');
      });
    }
  });
}
