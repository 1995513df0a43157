// The conference bridge: who hears whom, how loud, by the tones at the far end; and that nothing is left of it.
import { assert } from 'chai';
import type { AudioPort, AudioSystem, Call } from '../../../lib/index.js';
import type { Clock } from '../../../lib/base/clock.js';
import { EvercallError } from '../../../lib/base/errors.js';
import { closeAll, Ear, toneTrack, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

/** Alice, of 440 Hz, talks to Bob, of 880: her side of it, and what he hears. */
async function alice(audio: object = {}): Promise<{
  alice: Person;
  system: AudioSystem;
  call: Call;
  port: AudioPort;
  ear: Ear;
  peer: Call;
}> {
  const me = person('alice', { audio, tone: 440 });
  const { caller: call, callee: peer } = await talk(me, person('bob', { tone: 880 }));
  const system = await me.ua.audio.load();
  return { alice: me, system, call, port: system.portOf(call), ear: new Ear(peer.remoteStream), peer };
}

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof EvercallError) return error.code;
  }
  return 'nothing';
};

/** Resolves when the tone has stood at one level for a while; with that level, in dB. */
async function steady(ear: Ear, tone: number): Promise<number> {
  let last = -Infinity;
  let times = 0;
  await until(() => {
    const level = ear.level(tone);
    times = level > -90 && Math.abs(level - last) < 0.5 ? times + 1 : 0;
    last = level;
    return times > 40;
  }, `${tone} Hz is steady`);
  return last;
}

describe('the bridge', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('MED-1: autoConnect: false: nothing is heard nor sent until a port is connected, each way for itself', async () => {
    const { alice: me, system, port, ear } = await alice({ autoConnect: false });
    await until(() => me.microphones.length === 1, 'the device is open');
    await ear.hearsNothing();
    assert.isEmpty(me.playing());
    port.connect(system.device);
    await until(() => me.playing().length === 1, 'Bob is heard');
    await ear.hearsNothing();
    system.device.connect(port);
    await ear.hears(440);
    system.device.disconnect(port);
    await ear.hearsNothing();
    assert.deepEqual(me.requests(), ['INVITE', 'ACK']);
  });

  it('MED-1: a port connected to itself is heard where it came from', async () => {
    const { system, port, ear } = await alice();
    system.device.disconnect(port);
    port.connect(port);
    await ear.hears(880);
    assert.deepEqual(port.listeners, [system.device, port]);
  });

  it('MED-1: a hundred connects of one pair are one, at the level of the last', async () => {
    const { system, port, ear } = await alice();
    const before = await steady(ear, 440);
    for (let i = 0; i < 100; i++) system.device.connect(port, { level: i === 99 ? 1 : i / 10 });
    assert.equal(system.device.connections.length, 1);
    assert.closeTo(await steady(ear, 440), before, 1.5);
    system.device.disconnect(port);
    await ear.hearsNothing();
  });

  it('MED-1: what is not in the bridge, or gives nothing, cannot be connected: typed errors, and nothing changes', async () => {
    const { system, port, call } = await alice();
    call.hangup();
    await call.ended;
    assert.isUndefined(port.slot);
    assert.equal(
      code(() => port.connect(system.device)),
      'invalidState',
    );
    assert.equal(
      code(() => system.portOf(call)),
      'invalidState',
    );
    assert.equal(
      code(() => (system.device.rxLevel = -1)),
      'invalidOption',
    );
    assert.equal(
      code(() => system.device.connect(system.device, { level: NaN })),
      'invalidOption',
    );
    assert.isEmpty(system.device.connections);
    port.close();
    port.disconnect(system.device);
  });

  it('MED-2: the level at the far end is the product of the levels on the way; above 1 is louder', async () => {
    const { system, port, ear } = await alice();
    const unity = await steady(ear, 440);
    const [connection] = system.device.connections;
    system.device.rxLevel = 0.5;
    connection!.level = 0.5;
    assert.closeTo((await steady(ear, 440)) - unity, -12, 2);
    port.txLevel = 2;
    assert.closeTo((await steady(ear, 440)) - unity, -6, 2);
    connection!.level = 0.25;
    system.device.rxLevel = 4;
    port.txLevel = 1;
    assert.closeTo((await steady(ear, 440)) - unity, 0, 2);
    connection!.level = 0;
    await ear.hearsNothing();
  });

  it('MED-2: how loud the far end is here: the volume of what plays it, or the graph above 1', async () => {
    const { alice: me, system, port } = await alice();
    await until(() => me.playing().length === 1, 'Bob is heard');
    const ear = new Ear(me.playing()[0]);
    const unity = await steady(ear, 880);
    port.connect(system.device, { level: 1.5 });
    await until(() => me.playing().length === 1 && me.playing()[0] !== port.stream, 'he is heard through the graph');
    assert.closeTo((await steady(new Ear(me.playing()[0]), 880)) - unity, 3.5, 2);
    port.connect(system.device, { level: 0.5 });
    await until(() => me.playing()[0] === port.stream, 'he is heard without it');
  });

  it('MED-2, MED-18: signal levels both ways while someone listens, and never more than twenty a second', async () => {
    const { port, system } = await alice();
    const seen: number[] = [];
    let loud = false;
    const off = port.on('levelChanged', ({ rx, tx }) => {
      seen.push(performance.now());
      loud ||= rx > 0.15 && tx > 0.15;
    });
    await until(() => loud, 'both ways are loud');
    assert.isAbove(port.signalLevel.rx, 0.1);
    await until(() => seen.length > 10, 'ten levels are told');
    assert.isAtLeast((seen.at(-1)! - seen[0]!) / (seen.length - 1), 45);
    off();
    const { length } = seen;
    assert.deepEqual(port.signalLevel, { rx: 0, tx: 0 });
    const { device } = system;
    let heard = 0;
    device.on('levelChanged', ({ rx }) => (heard = rx));
    await until(() => heard > 0.1, 'the microphone is measured');
    assert.equal(seen.length, length);
  });

  it('MED-3: hold takes the port out, resume brings back whom it was connected to, at their levels', async () => {
    const { system, alice: me, call, port, ear } = await alice();
    const { caller: other, callee: carol } = await talk(me, person('carol', { tone: 660 }));
    const third = system.portOf(other);
    third.connect(port, { level: 0.5 });
    await ear.hearsOnly([440, 660], [880]);
    await call.hold();
    assert.isUndefined(port.slot);
    assert.deepEqual(system.ports, [system.device, third]);
    assert.deepEqual(third.listeners, [system.device]);
    await ear.hearsNothing();
    await other.hold();
    await call.resume();
    await ear.hearsOnly([440], [660]);
    await other.resume();
    await ear.hearsOnly([440, 660], [880]);
    assert.equal(third.connections.find(({ sink }) => sink === port)?.level, 0.5);
    await new Ear(carol.remoteStream).hearsOnly([440], [880]);
  });

  it('MED-3: restoreConnections: false leaves that to the app', async () => {
    const { system, call, port, ear } = await alice({ restoreConnections: false });
    await call.hold();
    await call.resume();
    assert.isEmpty(port.connections);
    await ear.hearsNothing();
    system.device.connect(port);
    await ear.hears(440);
  });

  it('MED-3: at the end nothing is left: no context, no track, no element that plays', async () => {
    const contexts: AudioContext[] = [];
    const createAudioContext = (): AudioContext => {
      contexts.push(new AudioContext());
      return contexts.at(-1)!;
    };
    const me = person('alice', { audio: { autoClose: 10 }, tone: 440, environment: { createAudioContext } });
    const [bob, carol] = [person('bob', { tone: 880 }), person('carol', { tone: 660 })];
    const calls = [(await talk(me, bob)).caller, (await talk(me, carol)).caller];
    const system = await me.ua.audio.load();
    const sent = calls.map(({ peerConnection }) => peerConnection!.getSenders()[0]!);
    await me.ua.conference(calls);
    await new Ear(bob.incoming[0]!.remoteStream).hearsOnly([440, 660], [880]);
    const tracks = sent.map(({ track }) => track!);
    for (const call of calls) call.hangup();
    await until(() => system.state === 'closed', 'the device is closed');
    assert.equal(contexts.length, 1);
    await until(() => contexts[0]!.state === 'closed', 'the context is closed');
    assert.deepEqual(
      [...tracks, ...me.microphones].map(({ readyState }) => readyState),
      ['ended', 'ended', 'ended'],
    );
    assert.isEmpty(me.playing());
    assert.deepEqual(system.ports, [system.device]);
  });

  it('MED-4: the list of ports and of who hears whom is what there is, after connect, disconnect and hang-up', async () => {
    const { system, alice: me, port, call } = await alice();
    const { caller: other } = await talk(me, person('carol', { tone: 660 }));
    const third = system.portOf(other);
    assert.deepEqual(system.ports, [system.device, port, third]);
    assert.deepEqual(
      system.ports.map(({ slot, kind }) => [slot, kind]),
      [
        [0, 'device'],
        [1, 'call'],
        [2, 'call'],
      ],
    );
    port.connect(third);
    assert.deepEqual(
      [port.listeners, third.sources],
      [
        [system.device, third],
        [system.device, port],
      ],
    );
    port.disconnect(third);
    port.disconnect(third);
    assert.deepEqual(third.sources, [system.device]);
    call.hangup();
    await call.ended;
    assert.deepEqual(system.ports, [system.device, third]);
    assert.deepEqual(system.device.listeners, [third]);
    assert.equal((await talk(me, person('dave', { tone: 550 }))).caller.state, 'confirmed');
    assert.deepEqual(
      system.ports.map(({ slot }) => slot),
      [0, 1, 2],
    );
  });

  it('MED-19: mute sends silence whatever is connected, the others are not muted by it, and nothing is negotiated', async () => {
    const { system, alice: me, call, port, ear } = await alice();
    const { callee: carol } = await talk(me, person('carol', { tone: 660 }));
    const other = new Ear(carol.remoteStream);
    await Promise.all([ear.hears(440), other.hears(440)]);
    call.mute();
    await ear.hearsNothing();
    await other.hears(440);
    system.device.connect(port, { level: 0.5 }); // through the graph now
    assert.isTrue(call.muted);
    await ear.hearsNothing();
    call.unmute();
    await ear.hears(440);
    assert.deepEqual(me.requests(), ['INVITE', 'ACK', 'INVITE', 'ACK']);
  });

  it('the browser makes no more contexts: connect says so, and the call goes on as it was', async () => {
    const createAudioContext = (): AudioContext => {
      throw new DOMException(
        'The number of hardware contexts provided (6) is greater than or equal to the maximum',
        'NotSupportedError',
      );
    };
    const me = person('alice', { audio: {}, tone: 440, environment: { createAudioContext } });
    const { caller, callee } = await talk(me, person('bob', { tone: 880 }));
    const system = await me.ua.audio.load();
    const port = system.portOf(caller);
    assert.equal(
      code(() => port.connect(port)),
      'audioUnavailable',
    );
    assert.deepEqual(port.listeners, [system.device]);
    await new Ear(callee.remoteStream).hears(440);
    const error = await me.ua.conference([caller]).catch((reason: unknown) => reason);
    assert.equal((error as EvercallError).code, 'audioUnavailable');
  });
});

/** A clock that runs so many times as fast. */
const hurried = (speed: number): Clock => ({
  now: () => performance.now() * speed,
  wallTime: () => Date.now(),
  after: (ms, run) => {
    const id = setTimeout(run, ms / speed);
    return () => clearTimeout(id);
  },
});

describe('talking, and being heard', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('someone who talks while muted is told, once for each time', async () => {
    const { alice: me, call, ear } = await alice();
    let told = 0;
    me.ua.audio.on('talkingWhileMuted', () => told++);
    await ear.hears(440);
    assert.equal(told, 0);
    call.mute();
    await until(() => told === 1, 'it is told');
    await ear.hearsNothing();
    call.unmute();
    await ear.hears(440);
    call.mute();
    await until(() => told === 2, 'it is told again');
    call.unmute();
    call.mute();
    await until(() => told === 3, 'and again, though nobody had looked between');
  });

  it('nothing is said of silence by a context that waits for a gesture', async () => {
    let context: AudioContext | undefined;
    const createAudioContext = (): AudioContext => {
      context = new AudioContext();
      void context.suspend();
      return Object.assign(context, { resume: () => new Promise<void>(() => undefined) });
    };
    const environment = { createAudioContext, clock: hurried(20) };
    const me = person('alice', { audio: {}, tone: 440, environment });
    const { callee } = await talk(me, person('bob', { tone: 880 }));
    let told = 0;
    for (const event of ['microphoneSilent', 'farEndSilent'] as const) me.ua.audio.on(event, () => told++);
    await until(() => context?.state === 'suspended', 'it waits');
    await new Ear(callee.remoteStream).hears(440);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // twenty seconds of its time
    assert.equal(told, 0);
  });

  it('where the browser has no context nobody is told, and the call goes on', async () => {
    let asked = 0;
    const createAudioContext = (): AudioContext => {
      asked++;
      throw new DOMException('too many', 'NotSupportedError');
    };
    const environment = { createAudioContext };
    const me = person('alice', { audio: {}, tone: 440, environment });
    const { callee } = await talk(me, person('bob', { tone: 880 }));
    me.ua.audio.on('talkingWhileMuted', () => undefined);
    await until(() => asked > 0, 'it is tried');
    await new Ear(callee.remoteStream).hears(440);
    assert.equal(asked, 1);
  });

  it('a microphone and a far end without a sound for ten seconds are told', async () => {
    const silent = toneTrack(440);
    silent.enabled = false;
    const getUserMedia = (): Promise<MediaStream> => Promise.resolve(new MediaStream([silent]));
    let speed = 1;
    const clock = {
      now: () => performance.now() * speed,
      wallTime: () => Date.now(),
      after: (ms: number, run: () => void) => {
        const id = setTimeout(run, ms / speed);
        return () => clearTimeout(id);
      },
    };
    const me = person('alice', { audio: {}, environment: { getUserMedia, clock } });
    const { caller, callee } = await talk(me, person('bob', { tone: 880 }));
    callee.mute();
    await new Ear(caller.remoteStream).hearsNothing();
    speed = 20;
    const quiet = me.ua.audio.once('microphoneSilent');
    const far = me.ua.audio.once('farEndSilent');
    assert.equal((await quiet).seconds, 10);
    assert.equal((await far).call, caller);
  });
});
