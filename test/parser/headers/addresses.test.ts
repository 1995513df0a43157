import { assert } from 'chai';
import {
  Contact,
  From,
  HistoryInfo,
  PAssertedIdentity,
  ReferTo,
  Route,
  ServiceRoute,
  headerList,
  read,
  readAll,
} from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('address headers', () => {
  it('From and To of RFC 3261 §20.20 and §20.39', () => {
    assert.equal(From.parse('"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s').params.get('tag'), 'a48s');
    assert.equal(
      From.parse('sip:+12125551212@server.phone2net.com;tag=887s').uri,
      'sip:+12125551212@server.phone2net.com',
    );
    assert.equal(
      read(withHeaders('f: Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8'), From)?.displayName,
      'Anonymous',
    );
  });

  it('Contact of §20.10: several, with q and expires, or "*"', () => {
    const contacts = readAll(
      withHeaders(
        'm: "Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600, "Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1',
      ),
      Contact,
    );
    assert.deepEqual(
      contacts.map((contact) => contact !== '*' && [contact.uri, contact.params.get('q')]),
      [
        ['sip:watson@worcester.bell-telephone.com', '0.7'],
        ['mailto:watson@bell-telephone.com', '0.1'],
      ],
    );
    assert.equal(read(withHeaders('Contact: *'), Contact), '*');
    assert.equal(Contact.write('*'), '*');
  });

  it('Contact quotes the values of feature tags, also when they are tokens (RFC 3840 §9)', () => {
    const params = new Map([
      ['actor', 'principal'],
      ['audio', null],
      ['expires', '60'],
    ]);
    assert.equal(Contact.write({ uri: 'sip:a@b', params }), '<sip:a@b>;actor="principal";audio;expires=60');
  });

  it('Route and Record-Route of §20.34: order is all', () => {
    const message = withHeaders(
      'Route: <sip:alice@atlanta.com>',
      'Route: <sip:bob@biloxi.com>,<sip:carol@chicago.com>',
    );
    assert.deepEqual(
      readAll(message, Route).map(({ uri }) => uri),
      ['sip:alice@atlanta.com', 'sip:bob@biloxi.com', 'sip:carol@chicago.com'],
    );
    assert.equal(
      headerList(Route, readAll(message, Route)).value,
      '<sip:alice@atlanta.com>, <sip:bob@biloxi.com>, <sip:carol@chicago.com>',
    );
  });

  it('Service-Route of RFC 3608 §6.4', () => {
    const value = '<sip:P2.HOME.EXAMPLE.COM;lr>, <sip:HSP.HOME.EXAMPLE.COM;lr>';
    assert.lengthOf(readAll(withHeaders(`Service-Route: ${value}`), ServiceRoute), 2);
  });

  it('Refer-To of RFC 3515 §2.1, its URI with a Replaces header', () => {
    const { uri } = ReferTo.parse(
      '<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>',
    );
    assert.match(uri, /\?Replaces=12345%40/);
  });

  it('P-Asserted-Identity of RFC 3325 §9.1: a SIP and a tel URI', () => {
    const message = withHeaders(
      'P-Asserted-Identity: "Cullen Jennings" <sip:fluffy@cisco.com>',
      'P-Asserted-Identity: tel:+14085264000',
    );
    assert.deepEqual(
      readAll(message, PAssertedIdentity).map(({ uri }) => uri),
      ['sip:fluffy@cisco.com', 'tel:+14085264000'],
    );
  });

  it('History-Info of RFC 7044 §5.1', () => {
    const message = withHeaders(
      'History-Info: <sip:UserA@ims.example.com>;index=1, <sip:UserA@audit.com?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1',
    );
    assert.deepEqual(
      readAll(message, HistoryInfo).map(({ params }) => params.get('index')),
      ['1', '1.1'],
    );
  });
});
