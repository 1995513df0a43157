import { assert } from 'chai';
import { shared } from '../../lib/session/shared-lists.js';

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
});
