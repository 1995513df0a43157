import { assert } from 'chai';
import {
  Accept,
  AcceptLanguage,
  ContentDisposition,
  ContentType,
  Event,
  ParseError,
  SubscriptionState,
  read,
  readAll,
} from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('types with parameters', () => {
  it('Content-Type of RFC 3261 §20.15', () => {
    assert.deepEqual(read(withHeaders('c: text/html; charset=ISO-8859-4'), ContentType), {
      type: 'text/html',
      params: new Map([['charset', 'ISO-8859-4']]),
    });
    assert.equal(ContentType.parse('Application / SDP').type, 'application/sdp');
  });

  it('Accept and Accept-Language of §20.1 and §20.3', () => {
    assert.deepEqual(
      readAll(withHeaders('Accept: application/sdp;level=1, application/x-private, */*'), Accept).map(
        ({ type }) => type,
      ),
      ['application/sdp', 'application/x-private', '*/*'],
    );
    assert.equal(
      readAll(withHeaders('Accept-Language: da, en-gb;q=0.8, en;q=0.7'), AcceptLanguage)[1]!.params.get('q'),
      '0.8',
    );
  });

  it('Content-Disposition of §20.11', () => {
    assert.deepEqual(ContentDisposition.parse('session;handling=optional'), {
      type: 'session',
      params: new Map([['handling', 'optional']]),
    });
  });

  it('Event and Subscription-State of RFC 6665 §8.2', () => {
    assert.deepEqual(read(withHeaders('o: refer;id=93809824'), Event), {
      type: 'refer',
      params: new Map([['id', '93809824']]),
    });
    assert.deepEqual(SubscriptionState.parse('Terminated;reason=noresource;retry-after=5'), {
      state: 'terminated',
      params: new Map([
        ['reason', 'noresource'],
        ['retry-after', '5'],
      ]),
    });
  });

  it('refuse what is no token', () => {
    for (const bad of ['', ';a=b', '"session"', 'a/', '/b', 'a b'])
      assert.throws(() => ContentType.parse(bad), ParseError, undefined, bad);
    for (const type of ['', 'a/', 'a b', 'a\r\n'])
      assert.throws(() => ContentType.write({ type, params: new Map() }), TypeError, /^Content-Type: /);
  });
});
