import { assert } from 'chai';
import {
  Allow,
  CSeq,
  Contact,
  type HeaderCodec,
  ParseError,
  Privacy,
  Route,
  Supported,
  To,
  header,
  headerList,
  headerValue,
  headerValues,
  read,
  readAll,
  splitList,
} from '../../lib/parser/index.js';
import { withHeaders } from './support.js';

describe('read and readAll', () => {
  it('parse a header when it is read, once', () => {
    let parses = 0;
    const counting: HeaderCodec<string> = {
      name: 'Subject',
      parse: (value) => {
        parses++;
        return value;
      },
      write: (value) => value,
    };
    const message = withHeaders('Subject: x');
    assert.equal(parses, 0);
    assert.equal(read(message, counting), 'x');
    assert.deepEqual(readAll(message, counting), ['x']);
    assert.equal(read(message, counting), 'x');
    assert.equal(parses, 1);
  });

  it('remember nothing that shows in JSON or in a comparison', () => {
    const message = withHeaders('To: <sip:a@b>');
    read(message, To);
    assert.equal(JSON.stringify(message.headers), '[{"name":"To","value":"<sip:a@b>"}]');
    assert.deepEqual({ ...message.headers[0]! }, { name: 'To', value: '<sip:a@b>' });
  });

  it('read headers made by hand as they are now', () => {
    const field = { name: 'CSeq', value: '1 INVITE' };
    const message = { status: 200, reason: 'OK', headers: [field], body: '' };
    assert.equal(read(message, CSeq)?.sequence, 1);
    field.value = '2 INVITE';
    assert.equal(read(message, CSeq)?.sequence, 2);
  });

  it('may read one header by different codecs', () => {
    const message = withHeaders('To: <sip:a@b>');
    const raw: HeaderCodec<string> = { name: 'To', parse: (value) => value, write: (value) => value };
    assert.equal(read(message, To)?.uri, 'sip:a@b');
    assert.equal(read(message, raw), '<sip:a@b>');
    assert.equal(read(message, To)?.uri, 'sip:a@b');
  });

  it('take comma lists and repeated lines alike, in order (RFC 3261 §7.3.1)', () => {
    const message = withHeaders('Route: <sip:a>, <sip:b;x=1,2>', 'Route: "c, \\", c" <sip:c>', 'Route: <sip:d>');
    assert.deepEqual(
      readAll(message, Route).map(({ uri }) => uri),
      ['sip:a', 'sip:b;x=1,2', 'sip:c', 'sip:d'],
    );
    assert.equal(read(message, Route)?.uri, 'sip:a');
  });

  it('skip empty list elements and find nothing in an empty list', () => {
    assert.deepEqual(readAll(withHeaders('Supported: , 100rel,, timer ,', 'Supported:'), Supported), [
      '100rel',
      'timer',
    ]);
    assert.isEmpty(readAll(withHeaders('Supported:'), Supported));
    assert.equal(read(withHeaders('Supported:', 'Supported: gruu'), Supported), 'gruu');
    assert.isUndefined(read(withHeaders('Supported:'), Supported));
  });

  it('say which header is malformed, and where', () => {
    const message = withHeaders('CSeq: 1 INVITE x');
    assert.throws(() => read(message, CSeq), ParseError, 'CSeq: unexpected text');
    try {
      read(message, CSeq);
    } catch (error) {
      assert.equal((error as ParseError).caret, '1 INVITE x\n         ^');
    }
  });
});

describe('headerValue and headerValues', () => {
  it('find by any spelling', () => {
    const message = withHeaders('x-tag: 1', 'X-Tag: 2');
    assert.equal(headerValue(message, 'X-TAG'), '1');
    assert.deepEqual(headerValues(message, 'x-tag'), ['1', '2']);
    assert.isUndefined(headerValue(message, 'Subject'));
    assert.isEmpty(headerValues(message, 'Subject'));
  });
});

describe('header and headerList', () => {
  it('make what read reads', () => {
    assert.deepEqual(header(CSeq, { sequence: 1, method: 'INVITE' }), { name: 'CSeq', value: '1 INVITE' });
    assert.deepEqual(headerList(Allow, ['INVITE', 'ACK']), { name: 'Allow', value: 'INVITE, ACK' });
    assert.deepEqual(headerList(Privacy, ['id', 'header']), { name: 'Privacy', value: 'id;header' });
  });

  it('refuse CR, LF and NUL with a TypeError that names the header', () => {
    for (const bad of ['\r', '\n', '\0', '\r\nX-Injected: 1']) {
      assert.throws(
        () => header(Contact, { displayName: `a${bad}`, uri: 'sip:a@b', params: new Map() }),
        TypeError,
        /^Contact: /,
      );
      assert.throws(() => header(Contact, { uri: `sip:a@b${bad}`, params: new Map() }), TypeError, /^Contact: /);
      assert.throws(() => header(Contact, { uri: 'sip:a@b', params: new Map([['x', bad]]) }), TypeError, /^Contact: /);
      assert.throws(
        () => header(Contact, { uri: 'sip:a@b', params: new Map([[`x${bad}`, null]]) }),
        TypeError,
        /^Contact: /,
      );
      assert.throws(() => headerList(Allow, ['INVITE', bad]), TypeError, /^Allow: /);
      const careless: HeaderCodec<string> = { name: 'X-Mine', parse: (value) => value, write: (value) => value };
      assert.throws(() => header(careless, bad), TypeError, /^X-Mine: /);
    }
  });
});

describe('splitList', () => {
  it('cuts outside of quotes and angle brackets', () => {
    assert.deepEqual(splitList('a, "b,c", <d,e>;f, "g\\",h" , <i"j>, k'), [
      'a',
      '"b,c"',
      '<d,e>;f',
      '"g\\",h"',
      '<i"j>',
      'k',
    ]);
  });

  it('leaves what is not closed in one piece', () => {
    assert.deepEqual(splitList('a, "b, c'), ['a', '"b, c']);
    assert.deepEqual(splitList('a, <b, c'), ['a', '<b, c']);
    assert.deepEqual(splitList('a, "b\\'), ['a', '"b\\']);
  });
});
