import { assert } from 'chai';
import { CallId, ParseError, Priority, SIPETag, Subject, UserAgent } from '../../../lib/parser/index.js';

describe('headers of plain text', () => {
  it('Call-ID is one word of any characters (RFC 3261 §20.8)', () => {
    assert.equal(
      CallId.parse('f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.com'),
      'f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.com',
    );
    for (const bad of ['', 'a b', 'a\tb']) {
      assert.throws(() => CallId.parse(bad), ParseError);
      assert.throws(() => CallId.write(bad), TypeError, /^Call-ID: /);
    }
  });

  it('Subject, User-Agent and the like are read as they stand', () => {
    assert.equal(Subject.parse(''), '');
    assert.equal(UserAgent.parse('Softphone (Beta) 1.5; "x'), 'Softphone (Beta) 1.5; "x');
    assert.throws(() => Subject.write('a\nb'), TypeError, /^Subject: /);
  });

  it('Priority and entity tags are tokens', () => {
    assert.equal(Priority.parse('emergency'), 'emergency');
    assert.throws(() => SIPETag.parse('a b'), ParseError);
    assert.throws(() => SIPETag.write('a b'), TypeError, /^SIP-ETag: /);
  });
});
