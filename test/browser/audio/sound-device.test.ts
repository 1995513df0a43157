// The sound device: what is opened when, and that nothing of it is ever said to the peer.
import { assert } from 'chai';
import { EvercallError } from '../../../lib/base/errors.js';
import type { AudioEvents } from '../../../lib/audio/audio-events.js';
import { closeAll, Ear, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

/** Counts what pages are asked for, from now on. */
function spies(): { readonly asked: string[]; readonly undo: () => void } {
  const asked: string[] = [];
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  const Context = globalThis.AudioContext;
  mediaDevices.getUserMedia = (constraints) => {
    asked.push('getUserMedia');
    return open(constraints);
  };
  globalThis.AudioContext = class extends Context {
    constructor(options?: AudioContextOptions) {
      super(options);
      asked.push('AudioContext');
    }
  };
  const undo = (): void => {
    mediaDevices.getUserMedia = open;
    globalThis.AudioContext = Context;
  };
  return { asked, undo };
}

/** Resolves when someone plays this tone. */
async function plays(one: Person, hertz: number): Promise<void> {
  await until(() => one.playing().length === 1, 'one stream plays');
  await new Ear(one.playing()[0]).hears(hertz);
}

/** All events of a kind, from now on. */
function heard<K extends keyof AudioEvents>({ ua }: Person, event: K): AudioEvents[K][] {
  const list: AudioEvents[K][] = [];
  ua.audio.on(event, (payload) => list.push(payload));
  return list;
}

describe('the sound device', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it("MED-10, MED-12: with device 'none' a call is answered and not one thing opened; activate() sends the microphone, with no INVITE", async () => {
    const { asked, undo } = spies();
    try {
      const [alice, bob] = [person('alice', { audio: { device: 'none' } }), person('bob', { tone: 880 })];
      const { caller, callee } = await talk(bob, alice);
      await until(() => callee.mediaState === 'connected', 'media are connected');
      assert.equal(callee.media[0]?.direction, 'sendrecv');
      await new Ear(caller.remoteStream).hearsNothing();
      assert.deepEqual(asked, []);
      assert.isEmpty(alice.playing());
      const audio = await alice.ua.audio.load();
      assert.equal(audio.state, 'closed');
      const said = alice.requests().length;
      await alice.ua.audio.activate();
      assert.deepEqual(asked, ['getUserMedia']);
      assert.equal(audio.state, 'running');
      await until(async () => (await caller.getStats()).inbound.packets > 10, 'the peer gets packets');
      assert.equal(alice.requests().length, said);
    } finally {
      undo();
    }
  });

  it('MED-12: activate() brings the tones of both sides, closeDevice() takes them away, and nothing is said', async () => {
    const [alice, bob] = [person('alice', { audio: { device: 'none' }, tone: 440 }), person('bob', { tone: 880 })];
    const { caller } = await talk(alice, bob);
    const ear = new Ear(bob.incoming[0]!.remoteStream);
    assert.isEmpty(alice.microphones);
    const said = alice.requests().length;
    for (let round = 0; round < 2; round++) {
      await alice.ua.audio.activate();
      await Promise.all([ear.hears(440), plays(alice, 880)]);
      await alice.ua.audio.closeDevice();
      await ear.hearsNothing();
      assert.isEmpty(alice.playing());
      assert.equal(alice.microphones[round]?.readyState, 'ended');
    }
    assert.equal(alice.requests().length, said);
    assert.equal(caller.state, 'confirmed');
  });

  it('MED-12: a page that began without a sound device gets one in mid-call: the microphone of the call is closed, the tones go on', async () => {
    const [alice, bob] = [person('alice', { tone: 440 }), person('bob', { tone: 880 })];
    await talk(alice, bob);
    const ear = new Ear(bob.incoming[0]!.remoteStream);
    await Promise.all([ear.hears(440), plays(alice, 880)]);
    const said = alice.requests().length;
    await alice.ua.audio.load();
    await until(() => alice.microphones[0]?.readyState === 'ended', 'the microphone of the call is closed');
    await Promise.all([ear.hears(440), plays(alice, 880)]);
    assert.equal(alice.microphones.length, 2);
    assert.equal(alice.requests().length, said);
  });

  it('MED-13: what rings opens nothing; the answer opens the device; it is closed after the last call', async () => {
    const alice = person('alice', { audio: { autoClose: 30 }, tone: 440 });
    const bob = person('bob', { tone: 880 });
    const [opened, closed] = [heard(alice, 'deviceOpened'), heard(alice, 'deviceClosed')];
    const call = bob.account.call(alice.account.uri);
    await until(() => alice.incoming.length === 1, 'it rings');
    const audio = await alice.ua.audio.load();
    assert.isEmpty(alice.microphones);
    assert.equal(audio.state, 'closed');
    await alice.incoming[0]!.answer();
    await call.answered;
    await new Ear(call.remoteStream).hears(440);
    assert.equal(opened.length, 1);
    call.hangup();
    await until(() => closed.length === 1, 'it is closed');
    assert.equal(alice.microphones[0]?.readyState, 'ended');
    assert.equal(audio.state, 'closed');
    assert.deepEqual(
      audio.ports.map(({ kind }) => kind),
      ['device'],
    );
  });

  it('MED-13: what is still connected to the device keeps it open after the last call, and a second after it is gone it is closed', async () => {
    const alice = person('alice', { audio: {}, tone: 440 });
    const closed = heard(alice, 'deviceClosed');
    const { caller } = await talk(alice, person('bob', { tone: 880 }));
    const audio = await alice.ua.audio.load();
    const tones = audio.createToneGenerator({ frequencies: [550] });
    tones.connect(audio.device);
    caller.hangup();
    await new Promise((resolve) => setTimeout(resolve, 1500)); // nothing is to happen
    assert.equal(audio.state, 'running');
    assert.isEmpty(closed);
    tones.close();
    const since = performance.now();
    await until(() => closed.length === 1, 'it is closed');
    assert.isAtLeast(performance.now() - since, 990);
    assert.equal(alice.microphones[0]?.readyState, 'ended');
  });

  it('MED-14: levels are kept when the device is closed and opened again', async () => {
    const alice = person('alice', { audio: {}, tone: 440 });
    const { callee } = await talk(alice, person('bob', { tone: 880 }));
    const ear = new Ear(callee.remoteStream);
    await ear.hears(440);
    const audio = await alice.ua.audio.load();
    audio.device.rxLevel = 0;
    await ear.hearsNothing();
    await audio.closeDevice();
    await audio.activate();
    assert.equal(audio.device.rxLevel, 0);
    await ear.hearsNothing();
    audio.device.rxLevel = 1;
    await ear.hears(440);
  });

  it('MED-14: immediate: false opens nothing; the next call is as was said then', async () => {
    const alice = person('alice', { audio: {}, tone: 440 });
    const audio = await alice.ua.audio.load();
    await audio.openDevice({ mode: 'speakerOnly', immediate: false });
    assert.equal(audio.state, 'closed');
    assert.isEmpty(alice.microphones);
    const { caller } = await talk(alice, person('bob', { tone: 880 }));
    await until(() => audio.state === 'running', 'it is open');
    await new Ear(caller.remoteStream).hears(880);
    assert.isEmpty(alice.microphones, 'nobody was asked for one');
    await audio.activate();
    assert.lengthOf(alice.microphones, 1);
  });

  it('MED-14: speakerOnly hears without asking for a microphone; the microphone comes later, with no INVITE', async () => {
    const [alice, bob] = [person('alice', { audio: { device: 'none' }, tone: 440 }), person('bob', { tone: 880 })];
    await talk(alice, bob);
    const audio = await alice.ua.audio.load();
    await audio.openDevice({ mode: 'speakerOnly' });
    await plays(alice, 880);
    assert.isEmpty(alice.microphones);
    await audio.openDevice({ mode: 'duplex' });
    await new Ear(bob.incoming[0]!.remoteStream).hears(440);
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK']);
  });

  it('a microphone that is denied is told; the call goes on, and is heard', async () => {
    const getUserMedia = (): Promise<MediaStream> =>
      Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    const alice = person('alice', { audio: {}, environment: { getUserMedia } });
    const bob = person('bob', { tone: 880 });
    const failures = heard(alice, 'deviceFailed');
    const { callee } = await talk(bob, alice);
    await plays(alice, 880);
    assert.deepEqual(
      failures.map(({ kind, error }) => [kind, error.code]),
      [['input', 'mediaDenied']],
    );
    assert.equal(callee.state, 'confirmed');
    const error = await alice.ua.audio.activate().catch((reason: unknown) => reason);
    assert.instanceOf(error, EvercallError);
  });

  it('MED-16: an interruption holds the call by INVITE and closes the device; its end resumes, and the tones are back', async () => {
    const [alice, bob] = [person('alice', { audio: {}, tone: 440 }), person('bob', { tone: 880 })];
    await talk(alice, bob);
    const ear = new Ear(bob.incoming[0]!.remoteStream);
    await ear.hears(440);
    const phases = heard(alice, 'interruption');
    const audio = await alice.ua.audio.load();
    await audio.beginInterruption();
    assert.isTrue(bob.incoming[0]!.remoteHold);
    assert.equal(audio.state, 'interrupted');
    assert.equal(alice.microphones[0]?.readyState, 'ended');
    await audio.endInterruption();
    assert.isFalse(bob.incoming[0]!.remoteHold);
    await Promise.all([ear.hears(440), plays(alice, 880)]);
    assert.deepEqual(
      phases.map(({ phase }) => phase),
      ['begin', 'end'],
    );
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK']);
  });

  for (const interruption of ['mute', 'none'] as const)
    it(`MED-16: with the policy '${interruption}' no INVITE is sent, and a call that was muted stays so`, async () => {
      const alice = person('alice', { audio: { interruption }, tone: 440 });
      const [bob, carol] = [person('bob', { tone: 880 }), person('carol', { tone: 660 })];
      const [first, second] = [await talk(alice, bob), await talk(alice, carol)];
      second.caller.mute();
      const audio = await alice.ua.audio.load();
      await audio.beginInterruption();
      assert.equal(first.caller.muted, interruption === 'mute');
      await audio.endInterruption();
      assert.deepEqual([first.caller.muted, second.caller.muted], [false, true]);
      await new Ear(first.callee.remoteStream).hears(440);
      assert.equal(alice.requests().filter((method) => method === 'INVITE').length, 2);
    });

  it('MED-17: what may not play without a gesture is told, and plays at the next click; the call has known nothing of it', async () => {
    let isAllowed = false;
    const elements: HTMLAudioElement[] = [];
    const createAudioElement = (): HTMLAudioElement => {
      const element = new Audio();
      const play = (): Promise<void> =>
        isAllowed || element.muted
          ? HTMLAudioElement.prototype.play.call(element)
          : Promise.reject(new DOMException('no gesture', 'NotAllowedError'));
      Object.defineProperty(element, 'play', { value: play });
      elements.push(element);
      return element;
    };
    const alice = person('alice', { audio: {}, tone: 440, environment: { createAudioElement } });
    const bob = person('bob', { tone: 880 });
    const required = heard(alice, 'activationRequired');
    const { callee } = await talk(bob, alice);
    await until(() => required.length === 1, 'it is told');
    const audio = await alice.ua.audio.load();
    assert.equal(audio.state, 'suspended');
    assert.equal(callee.state, 'confirmed');
    assert.isFalse(await required[0]!.unlock());
    isAllowed = true;
    document.dispatchEvent(new PointerEvent('pointerup'));
    await until(() => audio.state === 'running', 'it runs');
    await until(() => elements.some(({ muted, currentTime }) => !muted && currentTime > 0), 'it plays');
  });

  it('MED-17: a context that takes a moment to start asks for no gesture', async () => {
    let context: AudioContext | undefined;
    const createAudioContext = (): AudioContext => (context = new AudioContext());
    const alice = person('alice', { audio: {}, tone: 440, environment: { createAudioContext } });
    const [asked, states] = [heard(alice, 'activationRequired'), heard(alice, 'stateChanged')];
    const { caller, callee } = await talk(alice, person('bob', { tone: 880 }));
    const audio = await alice.ua.audio.load();
    audio.createToneGenerator({ frequencies: [660] }).connect(audio.portOf(caller));
    await until(() => context?.state === 'running', 'it runs');
    await new Ear(callee.remoteStream).hearsOnly([440, 660], []);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.isEmpty(asked);
    assert.isEmpty(states.filter(({ state }) => state === 'suspended'));
  });

  it('options that make no sense are refused by name when the audio is loaded', async () => {
    for (const [name, audio] of [
      ['mode', { mode: 'full' }],
      ['device', { device: 'loud' }],
      ['autoClose', { autoClose: -1 }],
      ['input', { input: 'headset' }],
    ] as const) {
      const error = await person('alice', { audio: audio as object })
        .ua.audio.load()
        .catch((reason: unknown) => reason);
      assert.instanceOf(error, EvercallError);
      assert.equal(error.code, 'invalidOption');
      assert.include(error.message, name);
    }
  });
});
