import { assert } from 'chai';
import { headerValue, headerValues, writeMessage } from '../../lib/parser/index.js';
import { withHeaders } from './support.js';

describe('header lines', () => {
  it('may have LWS around the colon and at the end (RFC 3261 §7.3.1)', () => {
    for (const line of ['Subject: lunch', 'Subject      :      lunch', 'Subject:lunch', 'subject :\tlunch \t ']) {
      assert.equal(headerValue(withHeaders(line), 'Subject'), 'lunch', line);
    }
  });

  it('may be folded before any text; a fold is one space (§7.3.1)', () => {
    const message = withHeaders(
      "Subject: I know you're there,",
      '         pick up the phone',
      '\tand answer!',
      'To: x',
    );
    assert.equal(headerValue(message, 'Subject'), "I know you're there, pick up the phone and answer!");
    assert.equal(headerValue(withHeaders('Subject:', ' lunch', '  '), 'Subject'), 'lunch');
  });

  it('of one name keep their order (§7.3.1)', () => {
    assert.deepEqual(headerValues(withHeaders('Route: <sip:a>', 'Subject: x', 'route: <sip:b>'), 'Route'), [
      '<sip:a>',
      '<sip:b>',
    ]);
  });

  it('that are none are skipped, and so is a fold with nothing in front', () => {
    const message = withHeaders(
      ' folded: nothing',
      'no colon here',
      ': no name',
      'bad name: x',
      'bad(name): x',
      'Subject: y',
    );
    assert.deepEqual(
      message.headers.map(({ name }) => name),
      ['Subject'],
    );
  });

  it('may be empty', () => {
    assert.equal(headerValue(withHeaders('Subject:'), 'Subject'), '');
    assert.equal(headerValue(withHeaders('s: '), 'Subject'), '');
  });

  it('lose stray CR and NUL, so that they can be sent on (RFC 9110 §5.5)', () => {
    const message = withHeaders('Subject: a\rInjected: b\0c');
    assert.equal(headerValue(message, 'Subject'), 'a Injected: b c');
    assert.isUndefined(headerValue(message, 'Injected'));
    assert.doesNotThrow(() => writeMessage(message));
  });
});
