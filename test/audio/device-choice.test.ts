// Which device is meant, and what has come and gone.
import { assert } from 'chai';
import { chooseDevice, compareDevices, defaultGroup } from '../../lib/audio/device-choice.js';

const device = (deviceId: string, label: string, groupId: string, kind: MediaDeviceKind = 'audioinput') => ({
  deviceId,
  label,
  groupId,
  kind,
});
const list = [
  device('default', 'Default - Desk', 'g1'),
  device('a', 'Desk', 'g1'),
  device('b', 'Headset', 'g2'),
  device('c', 'Headset', 'g3'),
  device('b', 'Headset', 'g2', 'audiooutput'),
];

describe('chooseDevice', () => {
  it('MED-15: by id', () => {
    assert.equal(chooseDevice(list, 'audioinput', { deviceId: 'b', label: 'Desk' }), list[2]);
    assert.equal(chooseDevice(list, 'audiooutput', { deviceId: 'b' }), list[4]);
  });

  it('MED-15: ids that were reset: by label and group, then by label', () => {
    assert.equal(chooseDevice(list, 'audioinput', { deviceId: 'old', label: 'Headset', groupId: 'g3' }), list[3]);
    assert.equal(chooseDevice(list, 'audioinput', { deviceId: 'old', label: 'Headset', groupId: 'old' }), list[2]);
  });

  it('MED-15: the default where the preferred one is not there, or none is preferred', () => {
    assert.isUndefined(chooseDevice(list, 'audioinput', { deviceId: 'old', label: 'Gone' }));
    assert.isUndefined(chooseDevice(list, 'audioinput', undefined));
    assert.isUndefined(chooseDevice([device('', '', '')], 'audioinput', { label: '' }));
  });

  it('MED-15: an id of another kind is no match', () => {
    assert.isUndefined(chooseDevice(list, 'audiooutput', { deviceId: 'a' }));
  });
});

describe('compareDevices', () => {
  it('MED-15: what was added and removed, by id and kind', () => {
    const now = [list[0]!, list[1]!, device('d', 'New', 'g4')];
    const { added, removed } = compareDevices(list, now);
    assert.deepEqual(added, [now[2]!]);
    assert.deepEqual(removed, [list[2]!, list[3]!, list[4]!]);
  });

  it('MED-15: the default has moved when its group is another one', () => {
    assert.equal(defaultGroup(list, 'audioinput'), 'g1');
    assert.isUndefined(defaultGroup(list, 'audiooutput'));
  });
});
