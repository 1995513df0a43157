import { assert } from 'chai';
import { Allow } from '../../lib/parser/index.js';
import type { SipResponse } from '../../lib/parser/index.js';
import { shared, sharedValues } from '../../lib/session/shared-lists.js';

const allowing = (...lines: string[]): SipResponse => ({
  status: 200,
  reason: 'OK',
  headers: [{ name: 'Call-ID', value: '1' }, ...lines.map((value) => ({ name: 'Allow', value }))],
  body: '',
});

describe('lists that peers have alike', () => {
  it('are the same list for the same tokens in the same order, and no other', () => {
    const list = shared(['INVITE', 'ACK']);
    assert.deepEqual(list, ['INVITE', 'ACK']);
    assert.equal(shared(['INVITE', 'ACK']), list);
    assert.notEqual(shared(['ACK', 'INVITE']), list);
    assert.deepEqual(shared([]), []);
  });

  it('are not kept without end: a peer could send another one each time', () => {
    const list = shared(['INVITE', 'BYE']);
    for (let i = 0; i < 16; i++) shared([`X${i}`]);
    assert.notEqual(shared(['INVITE', 'BYE']), list);
  });

  it('of a header are those that it has, in one line or in several, and none where it is absent', () => {
    const list = sharedValues(allowing('INVITE, ACK ,BYE'), Allow);
    assert.deepEqual(list, ['INVITE', 'ACK', 'BYE']);
    assert.equal(sharedValues(allowing('INVITE, ACK ,BYE'), Allow), list, 'said alike');
    assert.equal(sharedValues(allowing('INVITE,ACK', 'BYE'), Allow), list, 'the same in other words');
    assert.deepEqual(sharedValues(allowing('BYE'), Allow), ['BYE']);
    assert.deepEqual(sharedValues(allowing(), Allow), []);
  });

  it('of a header are not kept without end, nor mixed up after that', () => {
    for (let i = 0; i < 40; i++) assert.deepEqual(sharedValues(allowing(`Y${i}, Z`), Allow), [`Y${i}`, 'Z']);
    assert.deepEqual(sharedValues(allowing('Y0, Z'), Allow), ['Y0', 'Z']);
  });
});
