import { assert } from 'chai';
import { ParseError } from '../../lib/parser/index.js';
import { Scanner, isBareValue, isToken, quote, safeText, safeToken, trimLws } from '../../lib/parser/scanner.js';

describe('Scanner', () => {
  it('reads tokens of all the characters of RFC 3261 §25.1', () => {
    const scanner = new Scanner("aZ09-.!%*_+`'~ x");
    assert.equal(scanner.token(), "aZ09-.!%*_+`'~");
    assert.throws(() => scanner.token('name'), ParseError, 'expected a name');
    for (const char of '()<>@,;:\\"/[]?={} \té') assert.isFalse(isToken(`a${char}`), char);
    assert.isFalse(isToken(''));
  });

  it('reads quoted strings with quoted pairs (§25.1)', () => {
    const read = (text: string): string => new Scanner(text).quoted();
    assert.equal(read('"" x'), '');
    assert.equal(read('"a b"'), 'a b');
    assert.equal(read('"a\\"b\\\\c\\d" "e"'), 'a"b\\cd');
    assert.equal(read('"\\\\"'), '\\');
    assert.equal(read('"\\\\\\"" x"'), '\\"');
    for (const open of ['"', '"a', '"a\\"', '"\\', '"a\\\\\\"']) {
      assert.throws(() => read(open), ParseError, 'unterminated quoted string');
    }
  });

  it('leaves the cursor after what it read', () => {
    const scanner = new Scanner('"a\\"b" ; c');
    scanner.quoted();
    assert.equal(scanner.pos, 6);
    assert.isTrue(scanner.take(0x3b));
    assert.equal(scanner.pos, 9);
    assert.isFalse(scanner.take(0x3b));
    assert.throws(() => scanner.expect(0x3b), ParseError, 'expected ";"');
  });

  it('reads numbers up to a limit, or to the limit', () => {
    assert.equal(new Scanner('0068').integer(255), 68);
    assert.throws(() => new Scanner('256').integer(255), ParseError, 'number above 255');
    assert.equal(new Scanner('9'.repeat(400)).integer(255, true), 255);
    assert.throws(() => new Scanner('-1').integer(255), ParseError, 'expected a number');
  });
});

describe('the basic rules', () => {
  it('quote what they must', () => {
    assert.equal(quote('a"b\\c'), '"a\\"b\\\\c"');
    assert.equal(quote('é'), '"é"');
  });

  it('know which values stand bare', () => {
    for (const bare of ['abc', '192.0.2.1', '[2001:db8::1]', '2001:db8::1']) assert.isTrue(isBareValue(bare), bare);
    for (const other of ['', 'a b', 'a:z', 'a;b', 'é', '<a>']) assert.isFalse(isBareValue(other), other);
  });

  it('trim LWS and nothing else', () => {
    assert.equal(trimLws(' \t\r\n a \u00a0 \t'), 'a \u00a0');
    assert.equal(trimLws('  '), '');
  });

  it('throw TypeErrors that say what the text was for', () => {
    assert.throws(() => safeText('a\r', 'Subject'), TypeError, 'Subject: CR, LF or NUL in "a\\r"');
    assert.throws(() => safeToken('a b', 'method'), TypeError, 'method: not a token: "a b"');
  });
});
