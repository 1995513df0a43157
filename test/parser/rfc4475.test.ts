/** RFC 4475: its 49 messages, octet by octet, each with what the RFC says of it. */
import { assert } from 'chai';
import {
  Accept,
  Allow,
  Authorization,
  CSeq,
  CallId,
  Contact,
  ContentType,
  Date,
  Expires,
  From,
  MaxForwards,
  type ParseError,
  ProxyRequire,
  Require,
  RetryAfter,
  Route,
  Subject,
  To,
  Via,
  Warning,
  checkMessage,
  headerValue,
  headerValues,
  isSipUri,
  parseMessage,
  parseMultipart,
  parseUri,
  read,
  readAll,
  uriEquals,
  writeMessage,
} from '../../lib/parser/index.js';
import { ParseError as ParseFailure, isRequest, type SipMessage } from '../../lib/parser/index.js';
import { fixture, refused, request, response } from './support.js';

const octets = (name: string): Uint8Array => fixture('rfc4475', name);

/** Parses and passes the check of mandatory headers. */
function valid<T extends SipMessage>(message: T): T {
  assert.isUndefined(checkMessage(message));
  return message;
}

const validRequest = (name: string) => valid(request(octets(name)));
const validResponse = (name: string) => valid(response(octets(name)));

/** Parses, and then fails the check of mandatory headers. */
function failsCheck(name: string, status: number): ParseError {
  const message = parseMessage(octets(name));
  assert.notInstanceOf(message, ParseFailure);
  const error = checkMessage(message);
  assert.equal(error?.status, status);
  assert.deepEqual(error!.partial, message);
  return error!;
}

/** Cannot be a message, but what is left of it is enough for an answer. */
function failsParse(name: string, status: number): ParseError {
  const error = refused(octets(name));
  assert.equal(error.status, status);
  assert(error.partial && isRequest(error.partial));
  assert.isDefined(read(error.partial, Via));
  assert.isDefined(read(error.partial, CallId));
  return error;
}

const userOf = (uri: string): string | undefined => {
  const parsed = parseUri(uri);
  return isSipUri(parsed) ? parsed.user : undefined;
};

const contactUris = (message: SipMessage): readonly string[] =>
  readAll(message, Contact).map((contact) => (contact === '*' ? '*' : contact.uri));

describe('RFC 4475 §3.1.1, valid messages', () => {
  it('§3.1.1.1 wsinv: all elements should treat this as a well-formed request', () => {
    const invite = validRequest('wsinv');
    assert.equal(invite.method, 'INVITE');
    assert.equal(invite.uri, 'sip:vivekg@chair-dnrc.example.com;unknownparam');
    assert.deepEqual(read(invite, To), {
      displayName: undefined,
      uri: 'sip:vivekg@chair-dnrc.example.com',
      params: new Map([['tag', '1918181833n']]),
    });
    assert.deepEqual(read(invite, From), {
      displayName: 'J Rosenberg \\"',
      uri: 'sip:jdrosen@example.com',
      params: new Map([['tag', '98asjd8']]),
    });
    assert.equal(read(invite, MaxForwards), 68);
    assert.equal(read(invite, CallId), 'wsinv.ndaksdj@192.0.2.1');
    assert.deepEqual(read(invite, CSeq), { sequence: 9, method: 'INVITE' });
    assert.equal(read(invite, Subject), '');
    assert.equal(headerValue(invite, 'NewFangledHeader'), 'newfangled value continued newfangled value');
    assert.equal(headerValue(invite, 'UnknownHeaderWithUnusualValue'), ';;,,;;,;');
    assert.equal(read(invite, ContentType)?.type, 'application/sdp');
    assert.equal(read(invite, Route)?.uri, 'sip:services.example.com;lr;unknownwith=value;unknown-no-value');
    assert.deepEqual(
      readAll(invite, Via).map(({ transport, host, params }) => [transport, host, params.get('branch')]),
      [
        ['UDP', '192.0.2.2', '390skdjuw'],
        ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
        ['UDP', '192.168.255.111', 'z9hG4bK30239'],
      ],
    );
    assert.deepEqual(readAll(invite, Contact), [
      {
        displayName: 'Quoted string ""',
        uri: 'sip:jdrosen@example.com',
        params: new Map([
          ['newparam', 'newvalue'],
          ['secondparam', null],
          ['q', '0.33'],
        ]),
      },
    ]);
    assert.lengthOf(invite.body, 150);
  });

  it('§3.1.1.2 intmeth: a method, URI and fields of all the characters that token and word allow', () => {
    const message = validRequest('intmeth');
    const method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert.equal(message.method, method);
    const uri = parseUri(message.uri);
    assert(isSipUri(uri));
    assert.equal(uri.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    assert.equal(uri.password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    assert.equal(uri.host, 'example.com');
    assert.equal(read(message, Via)?.params.get('branch'), "z9hG4bK-.!%66*_+`'~");
    // The NUL is a space by now: none may be sent on, and a response carries this value back.
    assert.equal(read(message, To)?.displayName, 'BEL:\u0007 NUL:  DEL:\u007f');
    assert.deepEqual(read(message, From), {
      displayName: "token1~` token2'+_ token3*%!.-",
      uri: 'sip:mundane@example.com',
      params: new Map([
        ["fromparam''~+*_!.-%", 'работающий'],
        ['tag', "_token~1'+`*%!-."],
      ]),
    });
    assert.equal(read(message, CallId), 'intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    assert.deepEqual(read(message, CSeq), { sequence: 139122385, method });
    assert.equal(read(message, MaxForwards), 255);
    assert.equal(headerValue(message, "extensionHeader-!.%*+_`'~"), '\ufeff大停電');
    assert.doesNotThrow(() => writeMessage(message));
  });

  it('§3.1.1.3 esc01: % HEX HEX is equivalent to the character being encoded, once and not recursively', () => {
    const invite = validRequest('esc01');
    assert.equal(userOf(invite.uri), 'sips:user@example.com');
    assert.equal(userOf(read(invite, To)!.uri), 'user');
    assert.isTrue(uriEquals(read(invite, To)!.uri, 'sip:user@example.com'));
    assert.equal(userOf(read(invite, From)!.uri), 'I have spaces');
    const contact = parseUri(contactUris(invite)[0]!);
    assert(isSipUri(contact));
    assert.equal(contact.user, 'caller');
    assert.isTrue(contact.params.has('lr'));
    assert.equal(contact.params.get('name'), 'value%41');
  });

  it('§3.1.1.4 escnull: escaped nulls must not shorten the user, and the two contacts are distinct', () => {
    const register = validRequest('escnull');
    assert.equal(userOf(read(register, To)!.uri), 'null-\0-null');
    const [first, second] = contactUris(register);
    assert.equal(userOf(first!), '\0');
    assert.equal(userOf(second!), '\0\0');
    assert.isFalse(uriEquals(first!, second!));
  });

  it('§3.1.1.5 esc02: % is no escape in method, display name, header name and branch', () => {
    const message = validRequest('esc02');
    assert.equal(message.method, 'RE%47IST%45R');
    assert.equal(read(message, To)?.displayName, '%Z%45');
    assert.equal(read(message, From)?.displayName, '%Z%45');
    assert.equal(read(message, Via)?.params.get('branch'), 'z9hG4bK209%fzsnel234');
    assert.deepEqual(contactUris(message), ['sip:alias1@host1.example.com', 'sip:alias3@host3.example.com']);
    assert.equal(headerValue(message, 'C%6Fntact'), '<sip:alias2@host2.example.com>');
  });

  it('§3.1.1.6 lwsdisp: elements should accept a display name with no LWS before <', () => {
    const from = read(validRequest('lwsdisp'), From);
    assert.equal(from?.displayName, 'caller');
    assert.equal(from?.uri, 'sip:caller@example.com');
  });

  it('§3.1.1.7 longreq: header fields with many and with very long values are well-formed', () => {
    const invite = validRequest('longreq');
    const to = read(invite, To)!;
    assert.equal(to.displayName, `I have a user name of ${'extreme'.repeat(10)} proportion`);
    const uri = parseUri(to.uri);
    assert(isSipUri(uri));
    assert.equal(uri.port, 6000);
    assert.equal(uri.params.get('unknownparam1'), `very${'long'.repeat(20)}value`);
    assert.equal(uri.params.get(`longparam${'name'.repeat(25)}`), 'shortvalue');
    assert.isNull(uri.params.get(`very${'long'.repeat(25)}parameternamewithnovalue`));
    const from = read(invite, From)!;
    assert.equal(userOf(from.uri), 'amazinglylongcallername'.repeat(5));
    assert.equal(from.params.get('tag'), `12${'982'.repeat(50)}424`);
    assert.equal(read(invite, CallId), `longreq.one${'really'.repeat(20)}longcallid`);
    const vias = readAll(invite, Via);
    assert.lengthOf(vias, 34);
    assert.equal(vias[0]!.host, 'sip33.example.com');
    assert.equal(vias[33]!.params.get('branch'), `very${'long'.repeat(50)}branchvalue`);
    assert.lengthOf(invite.body, 150);
  });

  it('§3.1.1.8 dblreq: octets beyond the body are noise that must be ignored', () => {
    const register = validRequest('dblreq');
    assert.equal(register.method, 'REGISTER');
    assert.equal(register.body, '');
    assert.lengthOf(headerValues(register, 'Call-ID'), 1);
  });

  it('§3.1.1.9 semiuri: the user part is "user;par=u@example.net"', () => {
    const options = validRequest('semiuri');
    assert.equal(userOf(options.uri), 'user;par=u@example.net');
    assert.deepEqual(
      readAll(options, Accept).map(({ type }) => type),
      [
        'application/sdp',
        'application/pkcs7-mime',
        'multipart/mixed',
        'multipart/signed',
        'message/sip',
        'message/sipfrag',
      ],
    );
  });

  it('§3.1.1.10 transports: parsers must accept all known and unknown transports', () => {
    assert.deepEqual(
      readAll(validRequest('transports'), Via).map(({ transport }) => transport),
      ['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP'],
    );
  });

  it('§3.1.1.11 mpart01: a body with null octets is framed properly, and its two parts are read', () => {
    const message = validRequest('mpart01');
    assert.instanceOf(message.body, Uint8Array);
    assert.lengthOf(message.body, 553);
    const [text, binary, ...more] = parseMultipart(headerValue(message, 'Content-Type')!, message.body);
    assert.isEmpty(more);
    assert.deepEqual(text!.headers[0], { name: 'Content-Type', value: 'text/plain' });
    assert.equal(text!.body, 'Hello');
    assert.equal(binary!.headers[0]?.value, 'application/octet-stream');
    assert.instanceOf(binary!.body, Uint8Array);
    assert.deepEqual([...(binary!.body as Uint8Array).slice(0, 4)], [0x30, 0x82, 0x01, 0x52]);
    assert.lengthOf(binary!.body, 0x152 + 4);
  });

  it('§3.1.1.12 unreason: a parser must accept a reason phrase of unreserved and non-ASCII characters', () => {
    const answer = validResponse('unreason');
    assert.equal(answer.status, 200);
    assert.equal(answer.reason, '= 2**3 * 5**2 но сто девяносто девять - простое');
    assert.lengthOf(answer.body, 154);
  });

  it('§3.1.1.13 noreason: a parser must accept a response without a reason phrase', () => {
    const answer = validResponse('noreason');
    assert.equal(answer.status, 100);
    assert.equal(answer.reason, '');
    const text = new TextDecoder().decode(octets('noreason')).replace('100 \r\n', '100\r\n');
    assert.equal(response(text).status, 100, 'a liberal receiver would accept it without the space');
  });
});

describe('RFC 4475 §3.1.2, invalid messages', () => {
  it('§3.1.2.1 badinv01: extraneous separators in Via are 400, and those in Contact fail when it is read', () => {
    const { partial } = failsCheck('badinv01', 400);
    assert.throws(() => read(partial!, Contact), /^Contact: /);
  });

  it('§3.1.2.2 clerr: Content-Length larger than the message is 400', () => {
    failsParse('clerr', 400);
  });

  it('§3.1.2.3 ncl: a negative Content-Length is an error, and so is one without a numeric value', () => {
    failsParse('ncl', 400);
    const five = new TextDecoder().decode(octets('ncl')).replace('-999', 'five');
    assert.equal(refused(five).status, 400);
  });

  it('§3.1.2.4 scalar02: overlarge scalars are 400 due to CSeq; overlarge expiries alone would not be', () => {
    const { partial } = failsCheck('scalar02', 400);
    assert.throws(() => read(partial!, CSeq), /^CSeq: /);
    assert.throws(() => read(partial!, MaxForwards), /^Max-Forwards: /);
    assert.equal(read(partial!, Expires), 2 ** 32 - 1);
  });

  it('§3.1.2.5 scalarlg: a response with an overlarge CSeq is malformed, to be discarded', () => {
    const { partial } = failsCheck('scalarlg', 400);
    assert(partial && !isRequest(partial));
    assert.equal(read(partial, RetryAfter)?.seconds, 2 ** 32 - 1);
    assert.throws(() => read(partial, Warning), /^Warning: /);
  });

  it('§3.1.2.6 quotbal: an unterminated quoted string in To is 400', () => {
    assert.match(failsCheck('quotbal', 400).message, /^To: unterminated/);
  });

  it('§3.1.2.7 ltgtruri: it is reasonable always to reject <> around the Request-URI with 400', () => {
    const { partial } = failsParse('ltgtruri', 400);
    assert(partial && isRequest(partial));
    assert.equal(partial.uri, '<sip:user@example.com>');
  });

  it('§3.1.2.8 lwsruri: LWS within the Request-URI is 400', () => {
    const { partial } = failsParse('lwsruri', 400);
    assert(partial && isRequest(partial));
    assert.equal(partial.uri, 'sip:user@example.com; lr');
  });

  it('§3.1.2.9 lwsstart: multiple SP between the elements of the start line may be ignored, and are not sent on', () => {
    const invite = validRequest('lwsstart');
    assert.equal(invite.uri, 'sip:user@example.com');
    assert.match(writeMessage(invite) as string, /^INVITE sip:user@example.com SIP\/2.0\r\n/);
  });

  it('§3.1.2.10 trws: SP at the end of the Request-Line may be ignored, and is not sent on', () => {
    const options = validRequest('trws');
    assert.match(writeMessage(options) as string, /^OPTIONS sip:remote-target@example.com SIP\/2.0\r\n/);
  });

  it('§3.1.2.11 escruri: it is acceptable to reject escaped headers in the Request-URI with 400', () => {
    failsCheck('escruri', 400);
  });

  it('§3.1.2.12 baddate: a time zone other than GMT matters only to who reads the Date', () => {
    const invite = validRequest('baddate');
    assert.throws(() => read(invite, Date), /^Date: /);
  });

  it('§3.1.2.13 regbadct: a Contact with a header in its URI and no <> is refused by who reads it', () => {
    const register = validRequest('regbadct');
    assert.throws(() => read(register, Contact), /^Contact: /);
  });

  it('§3.1.2.14 badaspec: spaces at the ends of an addr-spec may be ignored', () => {
    const to = read(validRequest('badaspec'), To);
    assert.equal(to?.displayName, 'Watson, Thomas');
    assert.equal(to?.uri, 'sip:t.watson@example.org');
  });

  it('§3.1.2.15 baddn: the missing quotes around non-token display names may be inferred, and are sent on', () => {
    const options = validRequest('baddn');
    assert.equal(read(options, From)?.displayName, 'Bell, Alexander');
    assert.equal(read(options, To)?.displayName, 'Watson, Thomas');
    assert.equal(To.write(read(options, To)!), '"Watson, Thomas" <sip:t.watson@example.org>');
  });

  it('§3.1.2.16 badvers: an unknown protocol version is 505', () => {
    failsParse('badvers', 505);
  });

  it('§3.1.2.17 mismatch01: a method that is not the one of CSeq is 400', () => {
    failsCheck('mismatch01', 400);
  });

  it('§3.1.2.18 mismatch02: an unknown method that is not the one of CSeq is 501', () => {
    failsCheck('mismatch02', 501);
  });

  it('§3.1.2.19 bigcode: a response code larger than 699 is no response; there is nothing to answer', () => {
    assert.isUndefined(refused(octets('bigcode')).partial);
  });
});

describe('RFC 4475 §3.2, transaction layer semantics', () => {
  it('§3.2.1 badbranch: a parser must not break when the branch is the magic cookie and nothing else', () => {
    assert.equal(read(validRequest('badbranch'), Via)?.params.get('branch'), 'z9hG4bK');
  });
});

describe('RFC 4475 §3.3, application-layer semantics', () => {
  it('§3.3.1 insuf: a request without Call-ID, From and To is 400', () => {
    assert.match(failsCheck('insuf', 400).message, /is missing$/);
  });

  it('§3.3.2 unkscm: a Request-URI of an unknown scheme is well-formed', () => {
    const options = validRequest('unkscm');
    assert.deepEqual(parseUri(options.uri), { scheme: 'nobodyknowsthisscheme', rest: 'totallyopaquecontent' });
  });

  it('§3.3.3 novelsc: a Request-URI of a known but atypical scheme is well-formed', () => {
    assert.deepEqual(parseUri(validRequest('novelsc').uri), { scheme: 'soap.beep', rest: '//192.0.2.103:3002' });
  });

  it('§3.3.4 unksm2: parsers must not fail on other schemes in To, From and Contact', () => {
    const register = validRequest('unksm2');
    assert.equal(read(register, To)?.uri, 'isbn:2983792873');
    assert.equal(read(register, From)?.uri, 'http://www.example.com');
    assert.deepEqual(contactUris(register), ['name:John_Smith']);
  });

  it('§3.3.5 bext01: Require and Proxy-Require list what a 420 must name', () => {
    const options = validRequest('bext01');
    assert.deepEqual(readAll(options, Require), ['nothingSupportsThis', 'nothingSupportsThisEither']);
    assert.deepEqual(readAll(options, ProxyRequire), ['noProxiesSupportThis', 'norDoAnyProxiesSupportThis']);
  });

  it('§3.3.6 invut: a parser must not fail on a body of unknown type', () => {
    const invite = validRequest('invut');
    assert.equal(read(invite, ContentType)?.type, 'application/unknownformat');
    assert.match(invite.body as string, /^<audio>/);
  });

  it('§3.3.7 regaut01: a parser must not fail on an unknown authorization scheme', () => {
    assert.deepEqual(read(validRequest('regaut01'), Authorization), {
      scheme: 'NoOneKnowsThisScheme',
      params: new Map([['opaque-data', 'here']]),
    });
  });

  it('§3.3.8 multi01: several values of a single-value field are 400', () => {
    assert.match(failsCheck('multi01', 400).message, /occurs 2 times$/);
  });

  it('§3.3.9 mcl01: conflicting Content-Length values are an error', () => {
    failsParse('mcl01', 400);
  });

  it('§3.3.10 bcast: a second Via with the broadcast address is well-formed', () => {
    assert.deepEqual(
      readAll(validResponse('bcast'), Via).map(({ host }) => host),
      ['192.0.2.198', '255.255.255.255'],
    );
  });

  it('§3.3.11 zeromf: a Max-Forwards of zero is legal', () => {
    assert.equal(read(validRequest('zeromf'), MaxForwards), 0);
  });

  it('§3.3.12 cparam01: without <>, "unknownparam" is a contact-param and not a url-param', () => {
    const contact = read(validRequest('cparam01'), Contact);
    assert.deepEqual(contact, {
      displayName: undefined,
      uri: 'sip:+19725552222@gw1.example.net',
      params: new Map([['unknownparam', null]]),
    });
  });

  it('§3.3.13 cparam02: within <>, "unknownparam" is a url-param', () => {
    const contact = read(validRequest('cparam02'), Contact);
    assert.deepEqual(contact, {
      displayName: undefined,
      uri: 'sip:+19725552222@gw1.example.net;unknownparam',
      params: new Map(),
    });
  });

  it('§3.3.14 regescrt: the escaped Route header belongs to the contact URI', () => {
    const [uri] = contactUris(validRequest('regescrt'));
    const parsed = parseUri(uri!);
    assert(isSipUri(parsed));
    assert.deepEqual(parsed.headers, new Map([['route', '<sip:sip.example.com>']]));
  });

  it('§3.3.15 sdp01: Accept names only an unknown type', () => {
    const invite = validRequest('sdp01');
    assert.deepEqual(
      readAll(invite, Accept).map(({ type }) => type),
      ['text/nobodyknowsthis'],
    );
    assert.isEmpty(readAll(invite, Allow));
  });
});

describe('RFC 4475 §3.4, backward compatibility', () => {
  it('§3.4.1 inv2543: no branch, no From tag, no Content-Length, no Max-Forwards, and yet a legal message', () => {
    const invite = validRequest('inv2543');
    assert.isFalse(read(invite, Via)!.params.has('branch'));
    assert.isFalse(read(invite, From)!.params.has('tag'));
    assert.isUndefined(read(invite, MaxForwards));
    assert.match(invite.body as string, /^v=0\r\n[^]*\r\n$/, 'the body is all octets after the null-line');
  });
});
