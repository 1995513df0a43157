// Something else takes the sound of the machine: a frozen page, a context that the system interrupts; by what is said and heard.
import { assert } from 'chai';
import type { AudioEvents } from '../../../lib/audio/audio-events.js';
import { closeAll, Ear, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

/** The phases that are told, from here on. */
function phases({ ua }: Person): AudioEvents['interruption']['phase'][] {
  const seen: AudioEvents['interruption']['phase'][] = [];
  ua.audio.on('interruption', ({ phase }) => seen.push(phase));
  return seen;
}

describe('an interruption', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('MED-16: a page that is frozen holds its calls by INVITE, and resumes them when it thaws', async () => {
    const alice = person('alice', { audio: {}, tone: 440 });
    const { caller, callee } = await talk(alice, person('bob', { tone: 880 }));
    const ear = new Ear(callee.remoteStream);
    await ear.hears(440);
    const seen = phases(alice);
    document.dispatchEvent(new Event('freeze'));
    await until(() => caller.localHold, 'it is on hold');
    await ear.hearsNothing();
    document.dispatchEvent(new Event('resume'));
    await until(() => !caller.localHold, 'it is resumed');
    await ear.hears(440);
    assert.deepEqual(seen, ['begin', 'end']);
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK']);
  });

  it('MED-16: so does an AudioContext that the system interrupts', async () => {
    let context: AudioContext | undefined;
    let isInterrupted = false;
    const createAudioContext = (): AudioContext => {
      context = new AudioContext();
      const { prototype } = AudioContext;
      return Object.defineProperty(context, 'state', {
        get: () => (isInterrupted ? 'interrupted' : Reflect.get(prototype, 'state', context)),
      });
    };
    const alice = person('alice', { audio: {}, tone: 440, environment: { createAudioContext } });
    const { caller, callee } = await talk(alice, person('bob', { tone: 880 }));
    const ear = new Ear(callee.remoteStream);
    const audio = await alice.ua.audio.load();
    audio.createToneGenerator({ frequencies: [660] }).connect(audio.portOf(caller)); // needs the context
    await ear.hearsOnly([440, 660], []);
    await until(() => context?.state === 'running', 'it runs');
    const seen = phases(alice);
    isInterrupted = true;
    context!.dispatchEvent(new Event('statechange'));
    await until(() => caller.localHold, 'it is on hold');
    assert.equal(audio.state, 'interrupted');
    isInterrupted = false;
    context!.dispatchEvent(new Event('statechange'));
    await until(() => !caller.localHold, 'it is resumed');
    await ear.hears(440);
    assert.deepEqual(seen, ['begin', 'end']);
    assert.equal(audio.state, 'running');
  });
});
