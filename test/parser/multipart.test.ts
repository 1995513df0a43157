import { assert } from 'chai';
import { ParseError, parseMultipart, writeMultipart } from '../../lib/parser/index.js';

const type = 'multipart/mixed; boundary="x y"';
const lines = (...parts: readonly string[]): string => parts.join('\r\n');

describe('parseMultipart', () => {
  it('reads parts and leaves out preamble and epilogue (RFC 2046 §5.1.1)', () => {
    const body = lines(
      'preamble',
      '--x y',
      'Content-Type: text/plain',
      '',
      'a',
      '',
      '--x y',
      '',
      'b',
      '--x y--',
      'epilogue',
    );
    const parts = parseMultipart(type, body);
    assert.deepEqual(
      parts.map((part) => part.body),
      ['a\r\n', 'b'],
    );
    assert.deepEqual(
      parts[0]!.headers.map(({ name, value }) => [name, value]),
      [['Content-Type', 'text/plain']],
    );
    assert.isEmpty(parts[1]!.headers);
  });

  it('takes a delimiter only at the beginning of a line, and not as part of a longer one', () => {
    const body = lines('--x y', '', 'a --x y', '--x yz', '--x y', '', 'b', '--x y--');
    assert.deepEqual(
      parseMultipart(type, body).map((part) => part.body),
      ['a --x y\r\n--x yz', 'b'],
    );
  });

  it('tolerates LF, blanks after a delimiter and a missing end', () => {
    assert.deepEqual(
      parseMultipart(type, '--x y \n\na\n--x y\t\n\nb').map((part) => part.body),
      ['a', 'b'],
    );
  });

  it('reads bytes: text parts become strings, others stay bytes', () => {
    const encoder = new TextEncoder();
    const body = Uint8Array.from([
      ...encoder.encode('--x y\r\nX: é\r\n\r\né\r\n--x y\r\n\r\n'),
      0xff,
      0,
      ...encoder.encode('\r\n--x y--'),
    ]);
    const [text, bytes] = parseMultipart(type, body);
    assert.equal(text!.headers[0]!.value, 'é');
    assert.equal(text!.body, 'é');
    assert.deepEqual(bytes!.body, Uint8Array.of(0xff, 0));
  });

  it('refuses other types, a missing boundary, and a body without one', () => {
    assert.throws(() => parseMultipart('text/plain;boundary=a', '--a--'), ParseError);
    assert.throws(() => parseMultipart('multipart/mixed', '--a--'), ParseError);
    assert.throws(() => parseMultipart('multipart/mixed;boundary=""', '--a--'), ParseError);
    assert.throws(() => parseMultipart(type, 'no boundary'), ParseError);
  });
});

describe('writeMultipart', () => {
  it('writes what is read', () => {
    const part = { headers: [{ name: 'Content-Type', value: 'application/sdp' }], body: 'v=0\r\n' };
    assert.equal(
      writeMultipart(type, [part]),
      lines('--x y', 'Content-Type: application/sdp', '', 'v=0', '', '--x y--', ''),
    );
  });

  it('refuses parts that hold the boundary, and headers that are none', () => {
    assert.throws(() => writeMultipart(type, [{ headers: [], body: 'a\r\n--x y' }]), TypeError);
    assert.throws(() => writeMultipart(type, [{ headers: [], body: new TextEncoder().encode('--x y') }]), TypeError);
    assert.throws(
      () => writeMultipart(type, [{ headers: [{ name: 'A', value: 'b\r\nc' }], body: '' }]),
      TypeError,
      /^A: /,
    );
    assert.throws(() => writeMultipart(type, [{ headers: [{ name: 'A B', value: '' }], body: '' }]), TypeError);
  });
});
