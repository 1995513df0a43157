// Microphones with a tone each, and outputs, that the test plugs in and pulls out.
import type { Environment } from '../../../lib/index.js';
import { endingTrack, toneTrack } from '../media/ends.js';

export interface FakeDevice {
  readonly deviceId: string;
  readonly label: string;
  readonly groupId: string;
  readonly kind: 'audioinput' | 'audiooutput';
  /** Hertz that it hears. */
  readonly tone?: number;
}

export class FakeDevices {
  #present: FakeDevice[];
  #changed = new Set<() => void>();
  #endings = new Map<string, (() => Promise<void>)[]>();
  /** Ids that were opened, in their order, and what was asked of them. */
  readonly opened: string[] = [];
  readonly asked: MediaTrackConstraints[] = [];
  /** Until one is opened neither ids nor names are told, as in Firefox and Safari. */
  isSecretive = false;
  /** Rejects whatever is asked for. */
  refusal: DOMException | undefined;
  /** Sinks that were set, of elements of this environment. */
  readonly sinks: string[] = [];

  constructor(...present: FakeDevice[]) {
    this.#present = present;
  }

  get environment(): Environment {
    return {
      enumerateDevices: () => {
        const isSecret = this.isSecretive && this.opened.length === 0;
        const shown = this.#present.map((device) => (isSecret ? { ...device, deviceId: '', label: '' } : device));
        return Promise.resolve(shown as unknown as MediaDeviceInfo[]);
      },
      watchDevices: (changed) => {
        this.#changed.add(changed);
        return () => this.#changed.delete(changed);
      },
      getUserMedia: ({ audio }) => this.#open(audio),
      createAudioElement: () => {
        let sinkId = '';
        const setSinkId = (id: string): Promise<void> => {
          if (id && !this.#present.some(({ deviceId, kind }) => deviceId === id && kind === 'audiooutput'))
            return Promise.reject(new DOMException('gone', 'NotFoundError'));
          this.sinks.push((sinkId = id));
          return Promise.resolve();
        };
        return Object.defineProperties(new Audio(), { sinkId: { get: () => sinkId }, setSinkId: { value: setSinkId } });
      },
      canChooseOutput: true,
    };
  }

  plugIn(...devices: FakeDevice[]): void {
    this.#present.push(...devices);
    for (const changed of this.#changed) changed();
  }

  /** Its tracks end, and then the browser tells. */
  async pullOut(id: string): Promise<void> {
    this.#present = this.#present.filter(({ deviceId }) => deviceId !== id);
    await Promise.all((this.#endings.get(id) ?? []).map((end) => end()));
    for (const changed of this.#changed) changed();
  }

  /** Gone, but nobody is told yet. */
  vanish(id: string): void {
    this.#present = this.#present.filter(({ deviceId }) => deviceId !== id);
  }

  async #open(constraints: MediaStreamConstraints['audio']): Promise<MediaStream> {
    if (this.refusal) throw this.refusal;
    const asked = typeof constraints === 'object' ? constraints : {};
    this.asked.push(asked);
    const id = (asked.deviceId as { exact?: string } | undefined)?.exact;
    const inputs = this.#present.filter(({ kind }) => kind === 'audioinput');
    const device = id === undefined ? inputs[0] : inputs.find(({ deviceId }) => deviceId === id);
    if (!device) throw new DOMException('Requested device not found', id ? 'OverconstrainedError' : 'NotFoundError');
    this.opened.push(device.deviceId);
    const ending = await endingTrack(toneTrack(device.tone ?? 440));
    const { track } = ending;
    const { deviceId, groupId } = device;
    track.getSettings = () => ({ deviceId, groupId });
    Object.defineProperty(track, 'label', { value: device.label });
    this.#endings.set(deviceId, [...(this.#endings.get(deviceId) ?? []), () => ending.end()]);
    return new MediaStream([track]);
  }
}
