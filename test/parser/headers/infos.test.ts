import { assert } from 'chai';
import { AlertInfo, CallInfo, ErrorInfo, ParseError, readAll } from '../../../lib/parser/index.js';
import { withHeaders } from '../support.js';

describe('headers of URIs in brackets', () => {
  it('Call-Info of RFC 3261 §20.9', () => {
    const message = withHeaders(
      'Call-Info: <http://wwww.example.com/alice/photo.jpg> ;purpose=icon, <http://www.example.com/alice/> ;purpose=info',
    );
    assert.deepEqual(
      readAll(message, CallInfo).map(({ uri, params }) => [uri, params.get('purpose')]),
      [
        ['http://wwww.example.com/alice/photo.jpg', 'icon'],
        ['http://www.example.com/alice/', 'info'],
      ],
    );
  });

  it('Alert-Info and Error-Info of §20.4 and §20.18', () => {
    assert.deepEqual(AlertInfo.parse('<urn:alert:service:call-waiting>'), {
      uri: 'urn:alert:service:call-waiting',
      params: new Map(),
    });
    assert.equal(
      ErrorInfo.parse('<sip:not-in-service-recording@atlanta.com>').uri,
      'sip:not-in-service-recording@atlanta.com',
    );
    assert.equal(
      AlertInfo.write({ uri: 'http://a/b.wav', params: new Map([['info', 'x']]) }),
      '<http://a/b.wav>;info=x',
    );
    assert.throws(() => AlertInfo.parse('internal'), ParseError);
  });
});
