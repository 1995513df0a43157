// Devices that change by themselves.
import { assert } from 'chai';
import { coalesced } from '../../lib/audio/device-watch.js';
import { settle } from '../support/fake-clock.js';

describe('coalesced', () => {
  it('MED-15: what is told several times while one looks is looked at once more, and no more often', async () => {
    const looks: (() => void)[] = [];
    const changed = coalesced(() => new Promise((resolve) => looks.push(resolve)));
    for (let i = 0; i < 5; i++) changed();
    assert.equal(looks.length, 1);
    looks[0]!();
    await settle();
    assert.equal(looks.length, 2);
    looks[1]!();
    await settle();
    assert.equal(looks.length, 2);
    changed();
    assert.equal(looks.length, 3);
  });
});
