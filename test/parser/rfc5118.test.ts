/** RFC 5118: its messages with IPv6 addresses, octet by octet, each with what the RFC says of it. */
import { assert } from 'chai';
import {
  type SipRequest,
  Contact,
  Via,
  checkMessage,
  isSipUri,
  parseUri,
  read,
  readAll,
  uriEquals,
} from '../../lib/parser/index.js';
import { fixture, refused, request } from './support.js';

const octets = (name: string): Uint8Array => fixture('rfc5118', name);

function valid(data: Uint8Array | string): SipRequest {
  const message = request(data);
  assert.isUndefined(checkMessage(message));
  return message;
}

/** The archive's messages with SDP count their octets wrong; here the count is right. */
function withTrueLength(name: string): string {
  const text = new TextDecoder().decode(octets(name));
  const body = text.slice(text.indexOf('\n\n') + 2);
  return text.replace(/Content-Length: \d+/, `Content-Length: ${body.length}`);
}

const hostAndPort = (uri: string): readonly [string, number | undefined] => {
  const parsed = parseUri(uri);
  assert(isSipUri(parsed));
  return [parsed.host, parsed.port];
};

describe('RFC 5118', () => {
  it('§4.1 ipv6-good: an IPv6 reference in Request-URI, Via and Contact is well-formed', () => {
    const register = valid(octets('ipv6-good'));
    assert.deepEqual(hostAndPort(register.uri), ['[2001:db8::10]', undefined]);
    assert.equal(read(register, Via)?.host, '[2001:db8::9:1]');
    const contact = read(register, Contact);
    assert(contact && contact !== '*');
    assert.deepEqual(hostAndPort(contact.uri), ['[2001:db8::1]', undefined]);
  });

  it('§4.2 ipv6-bad: an IPv6 address without delimiters in the Request-URI is 400', () => {
    assert.equal(checkMessage(request(octets('ipv6-bad')))?.status, 400);
  });

  it('§4.3 port-ambiguous: a port inside the brackets is the last group of the address', () => {
    assert.deepEqual(hostAndPort(valid(octets('port-ambiguous')).uri), ['[2001:db8::10:5070]', undefined]);
  });

  it('§4.4 port-unambiguous: a port after the brackets is a port', () => {
    assert.deepEqual(hostAndPort(valid(octets('port-unambiguous')).uri), ['[2001:db8::10]', 5070]);
  });

  it('§4.5 via-received-param-with-delim: "received" with delimiters must be parsed', () => {
    const via = read(valid(octets('via-received-param-with-delim')), Via)!;
    assert.equal(via.params.get('received'), '[2001:db8::9:255]');
    assert.equal(via.params.get('branch'), 'z9hG4bKas3-111');
  });

  it('§4.5 via-received-param-no-delim: "received" without delimiters is valid, and is sent so', () => {
    const via = read(valid(octets('via-received-param-no-delim')), Via)!;
    assert.equal(via.params.get('received'), '2001:db8::9:255');
    assert.equal(Via.write(via), 'SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3');
  });

  it('§4.6 ipv6-in-sdp: IPv6 addresses in SDP are none of the parser’s business', () => {
    const invite = valid(withTrueLength('ipv6-in-sdp'));
    assert.include(invite.body as string, 'c=IN IP6 2001:db8::20\n');
    assert.deepEqual(hostAndPort(invite.uri), ['[2001:db8::10]', undefined]);
  });

  it('§4.6 ipv6-in-sdp, as archived, counts more octets than there are: 400 (RFC 3261 §18.3)', () => {
    assert.equal(refused(octets('ipv6-in-sdp')).status, 400);
  });

  it('§4.7 mult-ip-in-header: a Via list may mix IPv4 addresses and IPv6 references', () => {
    const vias = readAll(valid(octets('mult-ip-in-header')), Via);
    assert.deepEqual(
      vias.map(({ host, port }) => [host, port]),
      [
        ['[2001:db8::9:1]', 6050],
        ['192.0.2.1', undefined],
        ['[2001:db8::9:255]', undefined],
      ],
    );
    assert.equal(vias[2]?.params.get('received'), '192.0.2.200');
  });

  it('§4.8 mult-ip-in-sdp: each media line may have an address of its own', () => {
    const invite = valid(withTrueLength('mult-ip-in-sdp'));
    assert.match(invite.body as string, /c=IN IP4 192\.0\.2\.1\n[^]*c=IN IP6 2001:db8::1\n/);
  });

  it('§4.9 ipv4-mapped-ipv6: a mapped address must be parsed in Via, Contact and SDP', () => {
    const invite = valid(octets('ipv4-mapped-ipv6'));
    assert.deepEqual(
      readAll(invite, Via).map(({ host, port }) => [host, port]),
      [
        ['[::ffff:192.0.2.10]', 19823],
        ['[::ffff:192.0.2.2]', undefined],
      ],
    );
    assert.include(invite.body as string, 'c=IN IP6 ::ffff:192.0.2.2\n');
    assert.isTrue(uriEquals('sip:[::ffff:192.0.2.2]', 'sip:[::ffff:c000:202]'));
  });

  it('§4.10 ipv6-bug-abnf-3-colons: the extra colon of RFC 3261’s grammar must be tolerated', () => {
    const options = valid(octets('ipv6-bug-abnf-3-colons'));
    assert.deepEqual(hostAndPort(options.uri), ['[2001:db8:::192.0.2.1]', undefined]);
    assert.isTrue(uriEquals(options.uri, valid(octets('ipv6-correct-abnf-2-colons')).uri));
  });

  it('§4.10 ipv6-correct-abnf-2-colons: the correct syntax', () => {
    assert.deepEqual(hostAndPort(valid(octets('ipv6-correct-abnf-2-colons')).uri), [
      '[2001:db8::192.0.2.1]',
      undefined,
    ]);
  });
});
