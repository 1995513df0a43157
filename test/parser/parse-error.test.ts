import { assert } from 'chai';
import { ParseError } from '../../lib/parser/index.js';
import { refused } from './support.js';

describe('ParseError', () => {
  it('puts a caret under the offending character of its line', () => {
    const error = new ParseError('no', { input: 'first\r\nsecond line\r\nthird', offset: 14 });
    assert.equal(error.caret, 'second line.\n       ^');
    assert.equal(error.status, 400);
    assert.isUndefined(error.partial);
    assert.instanceOf(error, Error);
    assert.equal(error.name, 'ParseError');
  });

  it('shows the neighbourhood of the place in a long line, control characters as dots', () => {
    const error = new ParseError('no', { input: `${'a'.repeat(500)}\t!${'b'.repeat(500)}`, offset: 501 });
    const [line, caret] = error.caret.split('\n');
    assert.equal(line!.indexOf('!'), caret!.indexOf('^'));
    assert.isBelow(line!.length, 130);
    assert.include(line!, 'a.!b');
  });

  it('may point to the end', () => {
    assert.equal(new ParseError('no', { input: 'abc', offset: 3 }).caret, 'abc\n   ^');
    assert.equal(new ParseError('no', { input: '', offset: 9 }).caret, '\n^');
  });

  it('may point to a line break, even the first character', () => {
    assert.equal(new ParseError('no', { input: '\nabc', offset: 0 }).caret, '\n^');
    assert.equal(refused('\nINVITE\tsip:a').offset, 8);
  });

  it('of a message points into the message', () => {
    assert.equal(refused('OPTIONS sip:a b SIP/2.0\r\n\r\n').caret, 'OPTIONS sip:a b SIP/2.0.\n        ^');
  });
});
