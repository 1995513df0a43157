// Devices that come and go while people talk: what is heard at the far end, and that no SIP is sent.
import { assert } from 'chai';
import type { AudioEvents } from '../../../lib/audio/audio-events.js';
import { EvercallError } from '../../../lib/base/errors.js';
import { closeAll, Ear, endingTrack, toneTrack, until } from '../media/ends.js';
import { FakeDevices } from './fake-devices.js';
import type { FakeDevice } from './fake-devices.js';
import { goHome, person, talk } from './stage.js';
import type { Person } from './stage.js';

const desk: FakeDevice = { deviceId: 'desk', label: 'Desk', groupId: 'g1', kind: 'audioinput', tone: 440 };
const headset: FakeDevice = { deviceId: 'headset', label: 'Headset', groupId: 'g2', kind: 'audioinput', tone: 660 };
const speaker: FakeDevice = { deviceId: 'speaker', label: 'Speaker', groupId: 'g1', kind: 'audiooutput' };
const phones: FakeDevice = { deviceId: 'phones', label: 'Headset', groupId: 'g2', kind: 'audiooutput' };

/** Alice with these devices talks to Bob, whose tone is 880. */
async function alone(devices: FakeDevices, audio: object = {}): Promise<{ alice: Person; bob: Person; ear: Ear }> {
  const alice = person('alice', { audio, environment: devices.environment });
  const bob = person('bob', { tone: 880 });
  await talk(alice, bob);
  return { alice, bob, ear: new Ear(bob.incoming[0]!.remoteStream) };
}

function told<K extends keyof AudioEvents>({ ua }: Person, event: K): AudioEvents[K][] {
  const list: AudioEvents[K][] = [];
  ua.audio.on(event, (payload) => list.push(payload));
  return list;
}

describe('devices in a call', () => {
  afterEach(goHome);
  afterEach(closeAll);

  it("MED-15: the microphone is pulled out: another one's tone is at the far end within a second, and no SIP is sent", async () => {
    const devices = new FakeDevices(desk, headset);
    const { alice, ear } = await alone(devices, { input: { deviceId: 'headset' } });
    await ear.hears(660);
    const [switched, changed] = [told(alice, 'deviceSwitched'), told(alice, 'devicesChanged')];
    const said = alice.requests().length;
    await devices.pullOut('headset');
    const lost = performance.now();
    await ear.hears(440);
    assert.isBelow(performance.now() - lost, 1000);
    assert.deepEqual(devices.opened, ['headset', 'desk']);
    assert.deepEqual(switched, [{ kind: 'input', label: 'Desk' }]);
    await until(() => changed.length === 1, 'it is told');
    assert.deepEqual(
      changed[0]!.removed.map(({ deviceId }) => deviceId),
      ['headset'],
    );
    assert.equal(alice.requests().length, said);
  });

  it('MED-15: the preferred microphone is back, under another id: it is taken again', async () => {
    const devices = new FakeDevices(desk);
    const { alice, ear } = await alone(devices, { input: { deviceId: 'gone', label: 'Headset', groupId: 'g2' } });
    await ear.hears(440);
    devices.plugIn(headset);
    await ear.hears(660);
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK']);
  });

  it('MED-15: a device that nobody uses comes and goes: it is told with nothing lost, and nothing is opened', async () => {
    const devices = new FakeDevices(desk);
    const { alice, ear } = await alone(devices);
    const changed = told(alice, 'devicesChanged');
    await ear.hears(440);
    devices.plugIn(headset, phones);
    await until(() => changed.length === 1, 'what came is told');
    await devices.pullOut('headset');
    await until(() => changed.length === 2, 'what went is told');
    assert.deepEqual(
      changed.map(({ added, lost }) => [added.length, lost.length]),
      [
        [2, 0],
        [0, 0],
      ],
    );
    assert.deepEqual(devices.opened, ['desk']);
  });

  it('MED-15: the only microphone is pulled out, and the call goes on without; whichever comes is taken', async () => {
    const devices = new FakeDevices(desk);
    const { alice, ear } = await alone(devices);
    await ear.hears(440);
    const [failed, switched] = [told(alice, 'deviceFailed'), told(alice, 'deviceSwitched')];
    await devices.pullOut('desk');
    await until(() => failed.length > 0, 'it is told');
    await ear.hearsNothing();
    devices.plugIn(headset);
    await ear.hears(660);
    assert.equal(failed[0]!.error.code, 'mediaAbsent');
    assert.deepEqual(switched, [{ kind: 'input', label: 'Headset' }]);
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK']);
  });

  it('MED-15: ids and names that are told with the permission are no change: only what comes later is', async () => {
    const devices = new FakeDevices(desk, speaker);
    devices.isSecretive = true;
    const alice = person('alice', { audio: {}, environment: devices.environment });
    const [changed, opened] = [told(alice, 'devicesChanged'), told(alice, 'deviceOpened')];
    await (await alice.ua.audio.load()).devices();
    await talk(alice, person('bob', { tone: 880 }));
    await until(() => opened.length === 1, 'the microphone is open');
    devices.plugIn(headset);
    await until(() => changed.length === 1, 'it is told');
    assert.deepEqual(
      [changed[0]!.added, changed[0]!.removed].map((list) => list.map(({ deviceId }) => deviceId)),
      [['headset'], []],
    );
  });

  it('MED-15: a microphone that ended, and of which nobody said so, is replaced when the list of devices changes', async () => {
    const devices = new FakeDevices(desk, headset);
    const { alice, ear } = await alone(devices, { input: { deviceId: 'headset' } });
    await ear.hears(660);
    const changed = told(alice, 'devicesChanged');
    const raw = (await alice.ua.audio.load()).device as unknown as { readonly input: MediaStreamTrack };
    raw.input.stop(); // no event comes of that
    raw.input.getSettings = () => ({}); // as Firefox has it then
    devices.vanish('headset');
    devices.plugIn(phones);
    await ear.hears(440);
    assert.deepEqual(
      changed[0]!.lost.map(({ deviceId }) => deviceId),
      ['headset'],
    );
  });

  it("MED-15: the system's default is another one now: who follows it is moved", async () => {
    const byDefault = { ...desk, deviceId: 'default' };
    const devices = new FakeDevices(byDefault, headset);
    const { ear } = await alone(devices);
    await ear.hears(440);
    devices.vanish('default');
    devices.vanish('headset');
    devices.plugIn({ ...headset, deviceId: 'default' }, desk);
    await ear.hears(660);
  });

  it('MED-14: another microphone by choice, with no INVITE; gone between choice and opening, the default is taken', async () => {
    const devices = new FakeDevices(desk, headset);
    const { alice, ear } = await alone(devices);
    await ear.hears(440);
    const audio = await alice.ua.audio.load();
    await audio.setInput({ deviceId: 'headset' });
    await ear.hears(660);
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK']);
    const list = devices.environment.enumerateDevices!();
    devices.vanish('headset');
    (await list).length; // the choice was made from a list of before
    await audio.setInput({ deviceId: 'headset', label: 'Headset' });
    await ear.hears(440);
  });

  it('MED-14: outputs are chosen with no INVITE; one that is pulled out leaves the default; back, it is taken again', async () => {
    const devices = new FakeDevices(desk, speaker, phones);
    const { alice } = await alone(devices, { output: { label: 'Headset' } });
    const switched = told(alice, 'deviceSwitched');
    await until(() => devices.sinks.at(-1) === 'phones', 'it is heard in the headset');
    await devices.pullOut('phones');
    await until(() => devices.sinks.at(-1) === '', 'it is heard where the system says');
    devices.plugIn(phones);
    await until(() => devices.sinks.at(-1) === 'phones', 'it is heard in the headset again');
    const audio = await alice.ua.audio.load();
    await audio.setOutput({ deviceId: 'speaker' });
    assert.equal(devices.sinks.at(-1), 'speaker');
    assert.deepEqual(
      switched.map(({ label }) => label),
      ['', 'Headset', 'Speaker'],
    );
    assert.deepEqual(alice.requests(), ['INVITE', 'ACK']);
  });

  it('MED-14: where outputs cannot be chosen a flag says so, and the wish is told to be in vain', async () => {
    const devices = new FakeDevices(desk, phones);
    const alice = person('alice', { audio: {}, environment: { ...devices.environment, canChooseOutput: false } });
    const bob = person('bob', { tone: 880 });
    await talk(alice, bob);
    const failed = told(alice, 'deviceFailed');
    const audio = await alice.ua.audio.load();
    assert.isFalse(audio.capabilities.outputChoice);
    await audio.setOutput({ deviceId: 'phones' });
    assert.deepEqual(
      failed.map(({ kind, error }) => [kind, error.code]),
      [['output', 'audioUnavailable']],
    );
    assert.isEmpty(devices.sinks);
  });

  it('MED-19: the switch on the microphone itself is told, both ways', async () => {
    const { track, mute } = await endingTrack(toneTrack(440));
    const environment = { getUserMedia: () => Promise.resolve(new MediaStream([track])) };
    const alice = person('alice', { audio: {}, environment });
    await until(() => !track.muted, 'it gives something');
    await talk(alice, person('bob', { tone: 880 }));
    const switched = told(alice, 'hardwareMuteChanged');
    await mute(true);
    await until(() => switched.length === 1, 'it is told');
    await mute(false);
    await until(() => switched.length === 2, 'it is told');
    assert.deepEqual(switched, [{ muted: true }, { muted: false }]);
  });

  it('MED-20: constraints are asked for, and what the browser granted is told', async () => {
    const devices = new FakeDevices(desk);
    const constraints = { echoCancellation: false, autoGainControl: true };
    const { alice } = await alone(devices, { constraints });
    const audio = await alice.ua.audio.load();
    await until(() => audio.inputSettings.granted !== undefined, 'the microphone is open');
    assert.deepEqual(devices.asked[0], constraints);
    assert.deepEqual(audio.inputSettings.asked, constraints);
    assert.equal(audio.inputSettings.granted?.deviceId, 'desk');
    await audio.setConstraints({ noiseSuppression: false });
    assert.deepEqual(devices.asked[1], { noiseSuppression: false });
  });

  it('MED-20: the jitter buffer is told how long to wait, where the browser has that', async () => {
    const { alice } = await alone(new FakeDevices(desk), { jitterBufferTarget: 120 });
    const call = alice.ua.calls[0]!;
    await until(() => call.mediaState === 'connected', 'media are connected');
    const [receiver] = call.peerConnection!.getReceivers();
    if ('jitterBufferTarget' in receiver!) assert.equal(receiver.jitterBufferTarget, 120);
    await new Ear(call.remoteStream).hears(880);
  });

  it('MED-20: DTX by the recipe of docs/audio.md: usedtx is in the fmtp of both sides, and the tones are heard', async () => {
    const dtx = (sdp: string): string => sdp.replace(/(a=fmtp:\d+ [^\r\n]*useinbandfec=1)/g, '$1;usedtx=1');
    const media = { sdp: { outgoing: dtx, incoming: dtx } };
    const [alice, bob] = [person('alice', { audio: {}, media, tone: 440 }), person('bob', { media, tone: 880 })];
    const { caller, callee } = await talk(alice, bob);
    for (const { peerConnection } of [caller, callee])
      assert.match(peerConnection!.remoteDescription!.sdp, /a=fmtp:\d+ [^\r\n]*usedtx=1/);
    await new Ear(callee.remoteStream).hears(440);
  });

  it('permission is withdrawn in mid-call: it is told, the call goes on and is heard, and a new permission brings the tone back', async () => {
    const devices = new FakeDevices(desk);
    const { alice, bob, ear } = await alone(devices);
    await ear.hears(440);
    const failed = told(alice, 'deviceFailed');
    devices.refusal = new DOMException('Permission denied', 'NotAllowedError');
    await devices.pullOut('desk');
    await until(() => failed.length === 1, 'it is told');
    assert.equal(failed[0]!.error.code, 'mediaDenied');
    await ear.hearsNothing();
    assert.equal(bob.incoming[0]!.state, 'confirmed');
    await new Ear(alice.ua.calls[0]!.remoteStream).hears(880);
    const error = await alice.ua.audio.activate().catch((reason: unknown) => reason);
    assert.instanceOf(error, EvercallError);
    devices.refusal = undefined;
    devices.plugIn(desk);
    await alice.ua.audio.activate();
    await ear.hears(440);
  });

  it('a processor gives what is sent; one that fails is left out', async () => {
    const devices = new FakeDevices(desk);
    const { alice, ear } = await alone(devices);
    await ear.hears(440);
    const audio = await alice.ua.audio.load();
    let stopped = 0;
    await audio.setProcessor({
      start(track, context) {
        const [source, destination] = [
          context.createMediaStreamSource(new MediaStream([track])),
          context.createMediaStreamDestination(),
        ];
        const [carrier, product] = [
          new OscillatorNode(context, { frequency: 1000 }),
          new GainNode(context, { gain: 0 }),
        ];
        source.connect(product).connect(destination); // 440 × 1000 Hz: 560 and 1440
        carrier.connect(product.gain);
        carrier.start();
        const low = new BiquadFilterNode(context, { type: 'lowpass', frequency: 700, Q: 5 });
        product.disconnect();
        product.connect(low).connect(destination);
        return destination.stream.getAudioTracks()[0]!;
      },
      stop: () => stopped++,
    });
    await ear.hears(560);
    await audio.setProcessor({ start: () => Promise.reject(new Error('no worklet')) });
    assert.equal(stopped, 1);
    await ear.hears(440);
  });
});
