import { assert } from 'chai';
import { reasonPhrase } from '../../lib/parser/index.js';

describe('reasonPhrase', () => {
  it('has the phrases of RFC 3261 §21 and later ones', () => {
    assert.deepEqual([100, 200, 302, 487, 491, 503, 513, 603, 607].map(reasonPhrase), [
      'Trying',
      'OK',
      'Moved Temporarily',
      'Request Terminated',
      'Request Pending',
      'Service Unavailable',
      'Message Too Large',
      'Decline',
      'Unwanted',
    ]);
  });

  it('treats an unknown status as the x00 of its class, and 183 for provisional ones (§8.1.3.2)', () => {
    assert.deepEqual(
      [199.5, 299, 399, 499, 599, 699, 150].map((status) => reasonPhrase(Math.floor(status))),
      [
        'Early Dialog Terminated',
        'OK',
        'Multiple Choices',
        'Bad Request',
        'Server Internal Error',
        'Busy Everywhere',
        'Session Progress',
      ],
    );
    assert.equal(reasonPhrase(777), '');
  });
});
