// Players, recorders, tones, taps and ports of the app's own: by what is heard at the far end, and what is in the files.
import { assert } from 'chai';
import type { AudioPort, AudioSystem, Call, Environment } from '../../../lib/index.js';
import { renderCadence } from '../../../lib/audio/cadence.js';
import { encodeWav } from '../../../lib/audio/wav.js';
import { EvercallError } from '../../../lib/base/errors.js';
import { closeAll, Ear, toneTrack, until } from '../media/ends.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

/** Alice's side of a call with Bob, of 880 Hz; there is no microphone and no loudspeaker. */
async function alice(
  audio: object = { device: 'null' },
  environment: Partial<Environment> = {},
): Promise<{
  me: Person;
  system: AudioSystem;
  call: Call;
  port: AudioPort;
  ear: Ear;
  callee: Call;
}> {
  const me = person('alice', { audio, environment });
  const { caller: call, callee } = await talk(me, person('bob', { tone: 880 }));
  const system = await me.ua.audio.load();
  return { me, system, call, port: system.portOf(call), ear: new Ear(callee.remoteStream), callee };
}

const wav = (frequency: number, seconds: number, rate = 48_000): Blob =>
  encodeWav([renderCadence([{ frequencies: [frequency], on: seconds * 1000, off: 0 }], rate)], rate);

/** Seconds of a file, and how loud tones are in it: amplitudes. */
async function analyse(blob: Blob, ...tones: number[]): Promise<{ seconds: number; amplitudes: number[] }> {
  const context = new OfflineAudioContext(1, 1, 48_000);
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = buffer.getChannelData(0);
  const amplitudes = tones.map((tone) => {
    let [re, im] = [0, 0];
    samples.forEach((sample, i) => {
      re += sample * Math.cos((2 * Math.PI * tone * i) / buffer.sampleRate);
      im += sample * Math.sin((2 * Math.PI * tone * i) / buffer.sampleRate);
    });
    return (2 * Math.hypot(re, im)) / samples.length;
  });
  return { seconds: buffer.duration, amplitudes };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => (error instanceof EvercallError ? error.code : String(error)),
  );

describe('ports of the bridge', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it('MED-6, MED-11: with the null device a file reaches the far end, and no microphone is asked for, nothing heard here', async () => {
    const { me, system, port, ear } = await alice();
    const player = await system.createPlayer(wav(550, 2));
    player.connect(port);
    await ear.hears(550);
    assert.isEmpty(me.microphones);
    assert.isEmpty(me.playing());
    assert.equal(system.state, 'running');
    player.pause();
    await ear.hearsNothing();
    player.play();
    await ear.hears(550);
    assert.deepEqual(me.requests(), ['INVITE', 'ACK']);
  });

  it('MED-6: without loop it ends once; its position can be read and set; unheard it stands still', async () => {
    const { system, port, ear } = await alice();
    const player = await system.createPlayer([wav(550, 30), wav(770, 1)], { loop: false });
    let ended = 0;
    player.on('ended', () => ended++);
    assert.closeTo(player.duration, 31, 0.01);
    assert.equal(player.position, 0);
    player.connect(port);
    await ear.hears(550);
    assert.isAbove(player.position, 0);
    player.disconnect(port);
    const stood = player.position;
    player.position = 29.8;
    assert.isBelow(stood, 29);
    assert.equal(ended, 0);
    player.connect(port);
    await ear.hears(770);
    await until(() => ended === 1, 'it ends');
    assert.isFalse(player.isPlaying);
    assert.closeTo(player.position, 31, 0.01);
    await ear.hearsNothing();
    player.play();
    await ear.hears(550);
    assert.equal(ended, 1);
    assert.throws(() => (player.position = 32), EvercallError);
  });

  it('MED-6: a URL, a file of 8 kHz, and a buffer; with loop one follows the other for ever', async () => {
    const { system, port, ear } = await alice();
    const url = URL.createObjectURL(wav(550, 0.5, 8000));
    const buffer = new AudioBuffer({ length: 22_050, sampleRate: 44_100 });
    buffer.copyToChannel(renderCadence([{ frequencies: [770], on: 500, off: 0 }], 44_100), 0);
    const player = await system.createPlayer([url, buffer]);
    player.connect(port);
    for (const tone of [550, 770, 550, 770]) await ear.hears(tone);
    URL.revokeObjectURL(url);
  });

  it('a file that is no audio, and one that is not there, are typed errors; the call goes on', async () => {
    const { system, call } = await alice();
    assert.equal(await codeOf(system.createPlayer(new Blob(['hello']))), 'audioFormat');
    assert.equal(await codeOf(system.createPlayer('/is-not-there.wav')), 'audioFormat');
    assert.equal(await codeOf(system.createPlayer([])), 'invalidOption');
    assert.equal(call.state, 'confirmed');
    assert.equal(system.ports.length, 2);
  });

  it('MED-7: two sources in one WAV, as long as it was connected (±5 %), paused by disconnecting', async () => {
    const { system, port } = await alice();
    const recorder = await system.createRecorder();
    const player = await system.createPlayer(wav(550, 5));
    player.connect(recorder);
    port.connect(recorder);
    await until(() => player.position > 2, 'two seconds are over');
    player.disconnect(recorder);
    port.disconnect(recorder);
    const recorded = player.position; // it stands still, unheard
    player.connect(port);
    await until(() => player.position > recorded + 0.5, 'half a second passes');
    const blob = await recorder.stop();
    assert.equal(await recorder.stop(), blob);
    assert.isUndefined(recorder.slot);
    const { seconds, amplitudes } = await analyse(blob, 550, 880, 660);
    assert.closeTo(seconds, recorded, recorded * 0.05);
    assert.isAbove(amplitudes[0]!, 0.2);
    assert.isAbove(amplitudes[1]!, 0.1);
    assert.isBelow(amplitudes[2]!, 0.02);
  });

  it("MED-7: the browser's own container; a format it has not is refused", async () => {
    const { system } = await alice();
    const [format] = system.capabilities.recording;
    assert.match(format!, /opus|mp4/);
    const recorder = await system.createRecorder({ format: format! });
    const player = await system.createPlayer(wav(550, 5));
    player.connect(recorder);
    await until(() => player.position > 0.7, 'some is played');
    const blob = await recorder.stop();
    const { seconds, amplitudes } = await analyse(blob, 550, 660);
    assert.isAbove(seconds, 0.3);
    assert.isAbove(amplitudes[0]!, 0.1);
    assert.isBelow(amplitudes[1]!, 0.02);
    assert.equal(await codeOf(system.createRecorder({ format: 'audio/shellac' })), 'invalidOption');
  });

  it('IPC-24: the call goes on by another RTCPeerConnection: its port is the same one, with its connections and levels, and one recording goes on', async () => {
    const { me, system, call, port, callee } = await alice();
    const recorder = await system.createRecorder();
    const player = await system.createPlayer(wav(550, 1), { loop: true });
    player.connect(port, { level: 0.5 });
    player.connect(recorder);
    port.connect(recorder);
    await until(() => player.position > 0.5, 'half a second is recorded');
    const former = call.peerConnection;
    port.rxLevel = 0.8;
    const seen = (): unknown => {
      const { slot, listeners, rxLevel, txLevel } = port;
      return { slot, listeners: [...listeners], rxLevel, txLevel, ports: [...system.ports] };
    };
    const before = seen();
    const { steps } = await me.ua.handleIpChange({ reconnect: false, refresh: 'rebuild' });
    assert.isTrue(steps.every((step) => !('ok' in step) || step.ok));
    assert.notEqual(call.peerConnection, former);
    assert.equal(system.portOf(call), port);
    assert.deepEqual(seen(), before);
    assert.equal(player.connections.find(({ sink }) => sink === port)?.level, 0.5);
    await new Ear(call.remoteStream).hears(880);
    await new Ear(callee.remoteStream).hears(550);
    player.disconnect(recorder); // from here on the far end alone is recorded
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const blob = await recorder.stop();
    const context = new OfflineAudioContext(1, 1, 48_000);
    const buffer = await context.decodeAudioData(await blob.arrayBuffer());
    assert.isAbove(buffer.duration, 1.5);
    const tail = buffer.getChannelData(0).slice(-48_000);
    const { amplitudes } = await analyse(encodeWav([tail], 48_000), 880, 550);
    assert.isAbove(amplitudes[0]!, 0.1, 'what comes by the other one is in the same file');
    assert.isBelow(amplitudes[1]!, 0.02);
  });

  it('MED-7: who does not consent is not recorded', async () => {
    const { system } = await alice();
    assert.equal(await codeOf(system.createRecorder({ consent: () => Promise.resolve(false) })), 'recordingRefused');
    assert.equal((await system.createRecorder({ consent: () => true })).kind, 'recorder');
    assert.deepEqual(
      system.ports.map(({ kind }) => kind),
      ['device', 'call', 'recorder'],
    );
  });

  it('MED-8: a cadence is heard as it is meant to be, by a detector in the same bridge', async () => {
    const { system } = await alice();
    const tones = system.createToneGenerator({ tone: 'congestion', country: 'us' });
    const detector = await system.createToneDetector({ frequencies: [350, 480, 620] });
    const changes: { frequencies: readonly number[]; time: number }[] = [];
    detector.on('tonesChanged', (change) => changes.push(change));
    tones.connect(detector);
    await until(() => changes.length >= 6, 'three rounds are heard');
    for (const [i, { frequencies }] of changes.entries()) assert.deepEqual(frequencies, i % 2 === 0 ? [480, 620] : []);
    for (let i = 1; i < changes.length; i++) assert.closeTo(changes[i]!.time - changes[i - 1]!.time, 250, 21);
  });

  it('MED-8: keys that the far end plays are heard as digits', async () => {
    const { system, port, ear } = await alice();
    const detector = await system.createToneDetector();
    const digits: string[] = [];
    detector.on('digit', ({ digit }) => digits.push(digit));
    const keys = system.createToneGenerator({ digits: '147*2580369#ABCD' });
    keys.connect(detector);
    await until(() => digits.length >= 16, 'all are heard');
    assert.equal(digits.slice(0, 16).join(''), '147*2580369#ABCD');
    system.createToneGenerator({ frequencies: [1000] }).connect(port);
    await ear.hears(1000);
    assert.throws(() => system.createToneGenerator({}), EvercallError);
    assert.throws(() => keys.connect(keys), EvercallError);
  });

  it('MED-9: a track, a node, a node of another context, and samples reach the far end', async () => {
    const { system, port, ear } = await alice();
    const other = new AudioContext();
    const node = new OscillatorNode(other, { frequency: 770 });
    node.start();
    let phase = 0;
    const samples = new ReadableStream<Float32Array>({
      pull(controller) {
        controller.enqueue(
          Float32Array.from({ length: 160 }, () => 0.5 * Math.sin((2 * Math.PI * 990 * phase++) / 8000)),
        );
      },
    });
    for (const [source, hertz, rate] of [
      [toneTrack(550), 550],
      [node, 770],
      [samples, 990, 8000],
    ] as const) {
      const custom = await system.addPort({ source, ...(rate && { sampleRate: rate }) });
      custom.connect(port);
      await ear.hears(hertz);
      custom.close();
      custom.close();
      await ear.hearsNothing();
    }
    await other.close();
    assert.equal(await codeOf(system.addPort({})), 'invalidOption');
  });

  it('MED-9, CALL-32: a tap and a stream see every sample of the far end: rate × time, and the tone in them', async () => {
    const context = new AudioContext();
    const { system, port } = await alice({ device: 'null' }, { createAudioContext: () => context });
    const tap = await system.createTap({ length: 480 });
    let [count, rate, energy] = [0, 0, 0];
    const written: Float32Array[] = [];
    const sink = new WritableStream<Float32Array>({ write: (block) => void written.push(block) });
    const custom = await system.addPort({ name: 'transcript', sink });
    tap.on('samples', ({ samples, sampleRate }) => {
      count += samples.length;
      rate = sampleRate;
      energy = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    });
    port.connect(tap);
    port.connect(custom);
    await until(() => energy > 0.01, 'Bob is in it');
    const [before, begun] = [count, context.currentTime]; // the audio thread's own: a busy machine may leave gaps in ours
    await until(() => count - before >= rate, 'a second is heard');
    assert.closeTo((count - before) / rate, context.currentTime - begun, 0.15);
    assert.isAbove(written.length, 20);
    assert.equal(custom.name, 'transcript');
  });

  it('MED-11: the null device in the place of the other, and back, in mid-call', async () => {
    const me = person('alice', { audio: {}, tone: 440 });
    const { caller, callee } = await talk(me, person('bob', { tone: 880 }));
    const [system, ear] = [await me.ua.audio.load(), new Ear(callee.remoteStream)];
    await ear.hears(440);
    await system.useNullDevice();
    await ear.hearsNothing();
    assert.isEmpty(me.playing());
    const player = system.createToneGenerator({ frequencies: [550] });
    player.connect(system.portOf(caller));
    await ear.hears(550);
    player.close();
    await system.openDevice();
    await ear.hears(440);
    assert.deepEqual(me.requests(), ['INVITE', 'ACK']);
  });

  it('a worklet that the page may not load is a typed error, and a file of its own can take its place', async () => {
    const me = person('alice', { audio: { workletUrl: '/is-not-there.js' } });
    const system = await me.ua.audio.load();
    assert.equal(await codeOf(system.createTap()), 'audioUnavailable');
    assert.equal(await codeOf(system.createRecorder()), 'audioUnavailable');
  });
});
