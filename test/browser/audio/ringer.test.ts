// The ringer: where, how loud, and whether at all; keys and the tones of the network.
import { assert } from 'chai';
import { EvercallError } from '../../../lib/base/errors.js';
import type { RingerOptions } from '../../../lib/index.js';
import { closeAll, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

/** What plays a file now: where, in a loop or once. */
interface Sounds {
  readonly elements: HTMLAudioElement[];
  ringing(): HTMLAudioElement[];
}

const outputs = ['default', 'headset', 'desk'].map((deviceId) => ({
  deviceId,
  label: deviceId,
  groupId: deviceId,
  kind: 'audiooutput' as const,
}));

function alice(ringer: RingerOptions, tone = 440): Person & Sounds {
  const elements: HTMLAudioElement[] = [];
  const createAudioElement = (): HTMLAudioElement => {
    let sinkId = '';
    const element = Object.defineProperties(new Audio(), {
      sinkId: { get: () => sinkId },
      setSinkId: { value: (id: string) => Promise.resolve((sinkId = id)) },
    });
    elements.push(element);
    return element;
  };
  const environment = {
    createAudioElement,
    canChooseOutput: true,
    enumerateDevices: () => Promise.resolve(outputs as unknown as MediaDeviceInfo[]),
  };
  const me = person('alice', { audio: { ringer }, tone, environment });
  const ringing = (): HTMLAudioElement[] => elements.filter(({ paused, src }) => !paused && src !== '');
  return { ...me, elements, ringing };
}

describe('the ringer', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('MED-8: an incoming call rings on every ring device at its volume, until it is answered', async () => {
    const me = alice({ devices: [{ label: 'headset' }, { deviceId: 'desk' }], volume: 0.5 });
    const call = person('bob', { tone: 880 }).account.call(me.account.uri);
    await until(() => me.ringing().length === 2, 'it rings on both');
    assert.deepEqual(
      me.ringing().map(({ sinkId, volume, loop }) => [sinkId, volume, loop]),
      [
        ['headset', 0.5, true],
        ['desk', 0.5, true],
      ],
    );
    await until(() => me.ringing().every(({ currentTime }) => currentTime > 0), 'it is heard');
    assert.isEmpty(me.microphones);
    await me.incoming[0]!.answer();
    await call.answered;
    assert.isEmpty(me.ringing());
  });

  it('a ring device that is gone: it rings where calls are heard', async () => {
    const me = alice({ devices: [{ label: 'gone' }] });
    person('bob', { tone: 880 }).account.call(me.account.uri);
    await until(() => me.ringing().length === 1, 'it rings');
    assert.equal(me.ringing()[0]!.sinkId, '');
  });

  it('during a call another one only beeps; it may be silenced; the caller gives up, and it is over', async () => {
    const me = alice({});
    const styles: string[] = [];
    me.ua.audio.on('ringing', ({ style }) => styles.push(style));
    await talk(person('bob', { tone: 880 }), me);
    const call = person('carol', { tone: 660 }).account.call(me.account.uri);
    await until(() => me.ringing().length === 1, 'it beeps');
    assert.deepEqual(styles, ['full', 'beep']);
    const { ringer } = await me.ua.audio.load();
    ringer.mute();
    assert.isEmpty(me.ringing());
    call.hangup();
    await me.incoming[1]!.ended;
    assert.isFalse(ringer.isRinging);
  });

  for (const policy of ['visual', 'off'] as const)
    it(`the policy '${policy}' is not to be heard`, async () => {
      const me = alice({ policy });
      const told = me.ua.audio.once('ringing');
      person('bob').account.call(me.account.uri);
      const { call, style } = await told;
      assert.equal(style, policy);
      assert.equal(call, me.incoming[0]);
      assert.isEmpty(me.ringing());
    });

  it('a function says for each call; one that throws is a bug of the app, and it rings', async () => {
    const me = alice({ policy: (call) => (call.remote.uri.includes('bob') ? 'off' : 'full') });
    person('bob').account.call(me.account.uri);
    await me.ua.audio.once('ringing');
    assert.isEmpty(me.ringing());
    person('carol').account.call(me.account.uri);
    await until(() => me.ringing().length === 1, 'it rings for Carol');
  });

  it('MED-8: ring-back of the country while the network sends none, busy when it is', async () => {
    const me = alice({ callTones: 'de' });
    const bob = person('bob', { tone: 880 });
    const call = me.account.call(bob.account.uri);
    await until(() => me.ringing().length === 1, 'ring-back is heard');
    await until(() => Number.isFinite(me.ringing()[0]!.duration), 'its length is known');
    assert.closeTo(me.ringing()[0]!.duration, 5, 0.1);
    bob.incoming[0]!.reject(486);
    await call.ended;
    await until(() => Number.isFinite(me.ringing()[0]?.duration), 'busy is heard');
    assert.closeTo(me.ringing()[0]!.duration, 0.96, 0.05);
    await until(() => me.ringing().length === 0, 'it is over');
  });

  it('IPC-15: ring-back goes on as the connection is lost, and begins where the sound of the network has ended with it', async () => {
    const me = alice({ callTones: 'de' });
    const bob = person('bob', { tone: 880 });
    const call = me.account.call(bob.account.uri);
    await until(() => me.ringing().length === 1, 'ring-back is heard');
    const [ringback] = me.ringing();
    me.cut();
    await until(() => bob.incoming.length === 2, 'it rings there again');
    assert.deepEqual(me.ringing(), [ringback]);
    await bob.incoming[1]!.ring({ earlyMedia: true });
    await until(() => me.ringing().length === 0, 'the network has a sound of its own');
    me.cut();
    await until(() => bob.incoming.length === 3, 'it rings there once more');
    await until(() => me.ringing().length === 1, 'ring-back is heard again');
    assert.equal(call.state, 'early');
    await bob.incoming[2]!.answer();
    await call.answered;
    assert.isEmpty(me.ringing());
  });

  it('keys sound here, and all are tried out on their devices', async () => {
    const me = alice({ devices: [{ label: 'desk' }] });
    const { ringer } = await me.ua.audio.load();
    ringer.playKey('5');
    await until(() => me.ringing().length === 1, 'the key sounds');
    await until(() => me.ringing().length === 0, 'it is short');
    const tested = ringer.test();
    await until(() => me.ringing()[0]?.sinkId === 'desk', 'it rings at the desk');
    await tested;
    assert.isEmpty(me.ringing());
    assert.throws(() => ringer.playKey('x'), EvercallError);
    assert.throws(() => ringer.configure({ volume: 2 }), EvercallError);
  });

  it('MED-17: a ring that may not be heard is told and rings at the next gesture', async () => {
    let isAllowed = false;
    const play = function (this: HTMLAudioElement): Promise<void> {
      return isAllowed
        ? HTMLAudioElement.prototype.play.call(this)
        : Promise.reject(new DOMException('', 'NotAllowedError'));
    };
    const elements: HTMLAudioElement[] = [];
    const vibrations: (readonly number[])[] = [];
    const environment = {
      createAudioElement: () => {
        elements.push(Object.defineProperty(new Audio(), 'play', { value: play }));
        return elements.at(-1)!;
      },
      vibrate: (pattern: readonly number[]) => vibrations.push(pattern) > 0,
    };
    const me = person('alice', { audio: { ringer: {} }, environment });
    const required = me.ua.audio.once('activationRequired');
    person('bob').account.call(me.account.uri);
    await required;
    assert.isNotEmpty(vibrations);
    isAllowed = true;
    document.dispatchEvent(new KeyboardEvent('keydown'));
    await until(() => elements.some(({ paused, currentTime }) => !paused && currentTime > 0), 'it rings');
  });
});
