import { assert } from 'chai';
import { route } from '../../lib/core/requests.js';

describe('route set (§12.2.1.1)', () => {
  const target = 'sip:bob@bob.invalid';

  it('without routes the remote target is the Request-URI', () => {
    assert.deepEqual(route(target, []), [target, []]);
  });

  it('with a loose router first the remote target is the Request-URI, and all routes follow in order', () => {
    const routes = ['<sip:p1.example;lr>', '<sip:p2.example>'];
    assert.deepEqual(route(target, routes), [target, routes]);
    assert.deepEqual(route(target, ['<sip:p1.example;lr=on;ftag=x>']), [target, ['<sip:p1.example;lr=on;ftag=x>']]);
  });

  it('a strict router becomes the Request-URI, and the remote target goes last', () => {
    assert.deepEqual(route(target, ['<sip:p1.example>', '<sip:p2.example;lr>']), [
      'sip:p1.example',
      ['<sip:p2.example;lr>', `<${target}>`],
    ]);
  });

  it('a parameter whose name merely begins with lr is no loose router', () => {
    assert.deepEqual(route(target, ['<sip:p1.example;lrx>'])[0], 'sip:p1.example;lrx');
  });
});
