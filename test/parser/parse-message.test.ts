import { assert } from 'chai';
import {
  CSeq,
  CallId,
  ContentType,
  type HeaderCodec,
  Replaces,
  RetryAfter,
  Route,
  WWWAuthenticate,
  Warning,
  MaxForwards,
  ParseError,
  Supported,
  To,
  Via,
  headerValue,
  isRequest,
  parseMessage,
  read,
  readAll,
} from '../../lib/parser/index.js';
import { parsed, refused, request, response } from './support.js';

const lines = (...parts: readonly string[]): string => parts.join('\r\n');
const options = (...headers: readonly string[]): string => lines('OPTIONS sip:a@b SIP/2.0', ...headers, '', '');

describe('parseMessage', () => {
  it('ignores CRLF in front of the start line (RFC 3261 §7.5)', () => {
    assert.equal(request(`\r\n\r\n${options('To: <sip:a@b>')}`).method, 'OPTIONS');
    assert.equal(request(new TextEncoder().encode(`\r\n\r\n${options('To: <sip:a@b>')}`)).method, 'OPTIONS');
  });

  it('reads lines that end in LF alone', () => {
    const message = request('INVITE sip:a@b SIP/2.0\nTo: <sip:a@b>\nContent-Length: 4\n\nv=0\n');
    assert.equal(read(message, To)?.uri, 'sip:a@b');
    assert.equal(message.body, 'v=0\n');
  });

  it('takes a message that ends without an empty line', () => {
    assert.equal(headerValue(request('OPTIONS sip:a@b SIP/2.0\r\nSubject: x'), 'Subject'), 'x');
    assert.isEmpty(request('OPTIONS sip:a@b SIP/2.0').headers);
  });

  it('answers the empty frame, a keep-alive and text of another protocol with an error that cannot be answered', () => {
    for (const text of ['', '\r\n', '\r\n\r\n', 'hello', '<xml/>', '{"a":1}', 'SIP/2.0', 'SIP/2.0 OK', ': x\r\n\r\n']) {
      assert.isUndefined(refused(text).partial, text);
    }
  });

  it('knows another protocol from a request, and 505 from 400 (§21.5.6)', () => {
    assert.equal(refused('GET / HTTP/1.1\r\n\r\n').status, 400);
    assert.equal(refused('OPTIONS sip:a@b SIP/3.0\r\n\r\n').status, 505);
    assert.equal(refused('SIP/1.0 200 OK\r\n\r\n').status, 505);
    assert.equal(refused('OPTIONS sip:a@b\r\n\r\n').status, 400);
  });

  it('compares SIP-Version without regard to case (§7.1)', () => {
    assert.equal(request('OPTIONS sip:a@b sip/2.0\r\n\r\n').uri, 'sip:a@b');
    assert.equal(response('sip/2.0 180 Ringing\r\n\r\n').reason, 'Ringing');
  });

  it('accepts status codes from 100 to 699 only', () => {
    assert.equal(response('SIP/2.0 699 \r\n\r\n').status, 699);
    for (const status of ['099', '700', '99', '1000', '-10']) refused(`SIP/2.0 ${status} X\r\n\r\n`);
  });
});

describe('the body', () => {
  const withLength = (length: string, body: string): string => `${options(`Content-Length: ${length}`)}${body}`;

  it('is all the rest when there is no Content-Length (RFC 7118 §5: one message per frame)', () => {
    assert.equal(request(`${options()}abc`).body, 'abc');
  });

  it('ends after Content-Length; what follows is discarded (RFC 3261 §18.3)', () => {
    assert.equal(request(withLength('2', 'abc')).body, 'ab');
    assert.equal(request(new TextEncoder().encode(withLength('2', 'abc'))).body, 'ab');
  });

  it('is counted in bytes of UTF-8, be the message text or bytes', () => {
    const body = 'Grüße, 電 🎉!';
    const length = new TextEncoder().encode(body).length;
    for (const message of [
      withLength(`${length}`, `${body}noise`),
      new TextEncoder().encode(withLength(`${length}`, `${body}noise`)),
    ]) {
      assert.equal(request(message).body, body);
    }
    assert.equal(refused(withLength(`${length + 1}`, body)).status, 400);
  });

  it('is cut before a character that does not fit', () => {
    assert.equal(request(withLength('2', 'aé')).body, 'a');
    assert.equal(request(withLength('4', 'a🎉🎉')).body, 'a');
  });

  it('is bytes when it is not UTF-8, and a copy of its own', () => {
    const frame = Uint8Array.from([...new TextEncoder().encode(options('Content-Length: 2')), 0xff, 0xfe]);
    const { body } = request(frame);
    frame.fill(0);
    assert.deepEqual(body, Uint8Array.of(0xff, 0xfe));
  });

  it('keeps a byte order mark and NULs', () => {
    const frame = new TextEncoder().encode(`${options()}\ufeffa\0b`);
    assert.equal(request(frame).body, '\ufeffa\0b');
  });

  it('may have its length said twice if it is the same (RFC 9110 §8.6)', () => {
    assert.equal(request(`${options('Content-Length: 1', 'l: 1')}abc`).body, 'a');
    assert.equal(refused(`${options('Content-Length: 1', 'l: 2')}abc`).status, 400);
  });

  it('whose length is no number, or beyond all numbers, is 400', () => {
    for (const length of ['', '-1', '+1', '1.0', '0x1', '1 1', '1, 1', 'five', '1e0', '99999999999999999999999']) {
      assert.equal(refused(withLength(length, 'abc')).status, 400, length);
    }
  });
});

describe('limits', () => {
  it('on the size are counted in bytes; the error is 513 and carries the headers', () => {
    const text = `${options('Via: SIP/2.0/WS a;branch=z9hG4bK1')}${'é'.repeat(100)}`;
    const bytes = new TextEncoder().encode(text);
    assert.notInstanceOf(parseMessage(text, { size: bytes.length }), ParseError);
    for (const data of [text, bytes]) {
      const error = parseMessage(data, { size: bytes.length - 1 });
      assert(error instanceof ParseError && error.partial && isRequest(error.partial));
      assert.equal(error.status, 513);
      assert.equal(read(error.partial, Via)?.params.get('branch'), 'z9hG4bK1');
    }
  });

  it('are 64 KiB, 256 headers and 16 KiB a line unless said otherwise', () => {
    const filler = (length: number): string => 'x'.repeat(length);
    assert.equal(refused(`${options()}${filler(65536)}`).status, 513);
    assert.equal(parsed(`${options()}${filler(60000)}`).body.length, 60000);
    assert.equal(refused(options(...new Array<string>(257).fill('X: y'))).status, 513);
    assert.lengthOf(request(options(...new Array<string>(256).fill('X: y'))).headers, 256);
    assert.equal(refused(options(`X: ${filler(16385)}`)).status, 513);
    assert.lengthOf(headerValue(request(options(`X: ${filler(16000)}`)), 'X')!, 16000);
  });

  it('can be set one by one', () => {
    const text = options('A: 1', 'B: 2');
    assert.instanceOf(parseMessage(text, { headers: 1 }), ParseError);
    assert.notInstanceOf(parseMessage(text, { headers: 2 }), ParseError);
    assert.instanceOf(parseMessage(text, { line: 3 }), ParseError);
    assert.notInstanceOf(parseMessage(text, { line: 4 }), ParseError);
  });

  it('leave the headers before the offending one in the partial message', () => {
    const { partial } = refused(options('Via: SIP/2.0/WS a', ...new Array<string>(300).fill('X: y')));
    assert.equal(read(partial!, Via)?.host, 'a');
  });
});

describe('tolerance', () => {
  it('reads calls that other parsers drop: tel: From, host labels of digits, "#" in the user, a bad Contact', () => {
    const message = request(
      lines(
        'INVITE sip:*31#5551234@1und1.example SIP/2.0',
        'Via: SIP/2.0/WSS 5x7.invalid;branch=z9hG4bK1',
        'From: <tel:+1-201-555-0123>;tag=1',
        'To: sip:bob@1host',
        'Contact: ???',
        'Supported: 100rel',
        '',
        '',
      ),
    );
    assert.equal(message.uri, 'sip:*31#5551234@1und1.example');
    assert.equal(read(message, Via)?.host, '5x7.invalid');
    assert.deepEqual(readAll(message, Supported), ['100rel']);
  });

  it('a bad optional header fails only when it is read', () => {
    const message = request(options('Max-Forwards: many', 'To: <sip:a@b>'));
    assert.equal(read(message, To)?.uri, 'sip:a@b');
    assert.throws(() => read(message, MaxForwards), ParseError, /^Max-Forwards: /);
  });
});

describe('time grows with the length and not with its square', () => {
  // A quadratic step over this much input would not end within a test's two seconds.
  const size = 1_000_000;
  const limits = { size: 10 * size, headers: size, line: 10 * size };
  const hostile: Readonly<Record<string, string>> = {
    'lines without a colon': `OPTIONS sip:a@b SIP/2.0\r\n${'a\n'.repeat(size / 2)}`,
    'lines without CR': `OPTIONS sip:a@b SIP/2.0\n${'a:b\n'.repeat(size / 4)}`,
    'blanks in front of a colon': `OPTIONS sip:a@b SIP/2.0\r\nX${' '.repeat(size)}: y\r\n\r\n`,
    'blanks at the end of a value': `OPTIONS sip:a@b SIP/2.0\r\nX: y${' \t'.repeat(size / 2)}z\r\n\r\n`,
    'one value folded again and again': `OPTIONS sip:a@b SIP/2.0\r\nX: y${'\r\n  '.repeat(size / 4)}z\r\n\r\n`,
    'stray carriage returns': `OPTIONS sip:a@b SIP/2.0\r\nX: ${'\r'.repeat(size)}\r\n\r\n`,
    NULs: `OPTIONS sip:a@b SIP/2.0\r\n${'X: \0\r\n'.repeat(size / 8)}\r\n`,
    'blanks in the start line': `OPTIONS${' '.repeat(size)}sip:a@b${' '.repeat(size)}SIP/2.0\r\n\r\n`,
    'empty lines in front': '\r\n'.repeat(size),
    'a body that is not ASCII': `${options(`Content-Length: ${2 * size}`)}${'é'.repeat(size)}`,
  };
  for (const [name, text] of Object.entries(hostile)) {
    it(name, () => {
      const result = parseMessage(text, limits);
      if (name === 'empty lines in front') assert.instanceOf(result, ParseError);
      else assert.notInstanceOf(result, ParseError);
      parseMessage(new TextEncoder().encode(text), limits);
    });
  }

  const values: Readonly<Record<string, string>> = {
    'one open quote': `"${'a'.repeat(size)}`,
    'backslashes in an open quote': `"${'\\\\'.repeat(size / 2)}`,
    'quoted quotes': `"${'\\"'.repeat(size / 2)}" <sip:a@b>`,
    'commas in an open quote': `"${','.repeat(size)}`,
    'open angle brackets': '<'.repeat(size),
    'angle brackets and commas': '<a,'.repeat(size / 3),
    'empty parameters': `<sip:a@b>${';'.repeat(size)}`,
    'many parameters': `<sip:a@b>${';a=b'.repeat(size / 4)}`,
    'blanks between parameters': `<sip:a@b>${';a = b '.repeat(size / 8)}`,
    'words of a display name': `${'a '.repeat(size / 2)}<sip:a@b>`,
    'escapes in a URI': `<sip:${'%ff'.repeat(size / 4)}@b>`,
    'nothing but commas': ','.repeat(size),
  };
  const codecs = [Via, To, Route, CSeq, ContentType, WWWAuthenticate, Warning, RetryAfter, Replaces, Supported, CallId];
  for (const [name, value] of Object.entries(values)) {
    it(`${name}, in a header value`, () => {
      for (const codec of codecs as readonly unknown[] as readonly HeaderCodec<unknown>[]) {
        const message = { status: 200, reason: '', headers: [{ name: codec.name, value }], body: '' };
        attempt(() => readAll(message, codec));
      }
    });
  }
});

function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.instanceOf(error, ParseError);
  }
}
