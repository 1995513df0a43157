import { assert } from 'chai';
import { ParseError } from '../../lib/parser/index.js';
import { noParams, otherParams, parseParams, writeParams } from '../../lib/parser/params.js';
import { Scanner } from '../../lib/parser/scanner.js';

const parse = (text: string) => parseParams(new Scanner(text));

describe('parameters', () => {
  it('are name=value or a flag, with LWS around semicolon and equal (RFC 3261 §7.3.1)', () => {
    assert.deepEqual(
      parse(' ; a = b;C;d="e;f\\"" ; g= '),
      new Map([
        ['a', 'b'],
        ['c', null],
        ['d', 'e;f"'],
        ['g', ''],
      ]),
    );
  });

  it('that are absent share one empty map', () => {
    assert.strictEqual(parse(''), noParams);
    assert.strictEqual(parse('  '), noParams);
  });

  it('count once: the first of a name is taken (§7.3.1 forbids the second)', () => {
    assert.deepEqual(parse(';tag=1;TAG=2'), new Map([['tag', '1']]));
  });

  it('may have values that are no tokens, but no comma and no stray quote', () => {
    assert.equal(parse(';received=[2001:db8::1]').get('received'), '[2001:db8::1]');
    assert.equal(parse(';x=a/b@c?d=e').get('x'), 'a/b@c?d=e');
    for (const bad of [';a=b,c', ';a=b"c"', ';a=b c', ';a b', 'a', ';=b', ';"a"', ';a="b']) {
      assert.throws(() => parse(bad), ParseError, undefined, bad);
    }
  });

  it('tolerate one semicolon too many at the end, not between', () => {
    assert.deepEqual(parse(';a=b;'), new Map([['a', 'b']]));
    assert.throws(() => parse(';;a'), ParseError);
    assert.throws(() => parse(';'), ParseError);
  });

  it('are quoted where they must be: no token, or a feature tag (RFC 3840 §9)', () => {
    const params = new Map([
      ['a', 'b'],
      ['c', null],
      ['d', 'e f'],
      ['g', ''],
      ['+sip.instance', '<urn:uuid:1>'],
      ['+h', 'i'],
      ['received', '2001:db8::1'],
    ]);
    assert.equal(
      writeParams(params, 'X'),
      ';a=b;c;d="e f";g="";+sip.instance="<urn:uuid:1>";+h="i";received=2001:db8::1',
    );
    assert.equal(
      writeParams(new Map([['text', 'x']]), 'X', (name) => name === 'text'),
      ';text="x"',
    );
  });

  it('leave over what a codec does not know', () => {
    const params = parse(';a=1;b=2');
    assert.deepEqual(otherParams(params, 'a'), new Map([['b', '2']]));
    assert.strictEqual(otherParams(params, 'b', 'a'), noParams);
    assert.strictEqual(otherParams(noParams, 'a'), noParams);
  });
});
