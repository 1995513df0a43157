/** Who speaks, and who should: talking while muted, a silent microphone, a far end that says nothing. Runs while someone listens. */
import type { Clock } from '../base/clock.js';
import type { Emitter } from '../base/emitter.js';
import type { AudioEvents } from './audio-events.js';
import type { CallPort } from './call-port.js';
import type { Probe } from './meter.js';

export interface VoiceWatchHost {
  readonly calls: () => readonly CallPort[];
  /** The microphone itself, whatever is muted. */
  readonly microphone: () => MediaStreamTrack | undefined;
  /** Throws where the browser cannot measure. */
  readonly probe: (track: MediaStreamTrack) => Probe;
  /** Whether what is measured is true: a context that waits for a gesture hears nothing at all. */
  readonly isHearing: () => boolean;
  readonly onBroken: (error: unknown) => void;
}

/** Milliseconds between two looks. */
const interval = 100;
/** Root mean squares: a voice near by is louder than this, and a microphone that works is never as quiet as that. */
const voice = 0.02;
const silence = 0.0001;
/** Looks in a row that are speech, and seconds without a sound that are worth telling. */
const spoken = 5;
const microphonePatience = 10;
const farEndPatience = 10;

const watched = ['talkingWhileMuted', 'microphoneSilent', 'farEndSilent'] as const;

export class VoiceWatch {
  readonly #emitter: Emitter<AudioEvents>;
  readonly #clock: Clock;
  readonly #host: VoiceWatchHost;
  #stop: (() => void) | undefined;
  #track: MediaStreamTrack | undefined;
  #probe: Probe | undefined;
  #loud = 0;
  #isTold = false;
  #isBroken = false;
  #quietSince: number | undefined;
  /** One takes its mute back between two looks: the next time of being muted is another. */
  readonly #listened = new Map<CallPort, () => void>();
  readonly #farEnds = new Map<CallPort, { probe: Probe; quietSince: number | undefined }>();

  constructor(emitter: Emitter<AudioEvents>, clock: Clock, host: VoiceWatchHost) {
    this.#emitter = emitter;
    this.#clock = clock;
    this.#host = host;
  }

  /** Begins or ends, as there is someone to listen and something to hear. */
  update(): void {
    const isNeeded =
      !this.#isBroken && watched.some((event) => this.#emitter.has(event)) && this.#host.calls().length > 0;
    if (!isNeeded) this.close();
    else this.#stop ??= this.#schedule();
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#dropProbe();
    for (const port of [...this.#farEnds.keys()]) this.#forget(port);
    this.#listenTo([]);
  }

  #schedule(): () => void {
    return this.#clock.after(interval, () => {
      this.#stop = undefined;
      try {
        this.#look();
      } catch (error) {
        this.#isBroken = true;
        this.#host.onBroken(error);
      }
      this.update();
    });
  }

  #look(): void {
    const now = this.#clock.now();
    const talking = this.#host.calls().filter(({ call, slot }) => call.state === 'confirmed' && slot !== undefined);
    this.#listenTo(talking);
    this.#lookAtMicrophone(now, talking);
    if (!this.#emitter.has('farEndSilent')) return;
    for (const port of [...this.#farEnds.keys()]) if (!talking.includes(port)) this.#forget(port);
    for (const port of talking) this.#lookAtFarEnd(now, port);
  }

  #lookAtMicrophone(now: number, talking: readonly CallPort[]): void {
    const track = this.#host.microphone();
    if (track !== this.#track) this.#dropProbe();
    if (!track || talking.length === 0) return;
    this.#track = track;
    const level = (this.#probe ??= this.#host.probe(track)).read();
    if (!this.#host.isHearing()) {
      this.#quietSince = undefined;
      return;
    }
    const isMuted = talking.every(({ call }) => call.muted);
    if (!isMuted) this.#isTold = false;
    this.#loud = isMuted && level > voice ? this.#loud + 1 : 0;
    if (this.#loud >= spoken && !this.#isTold) {
      this.#isTold = true; // once for each time of being muted
      this.#emitter.emit('talkingWhileMuted', {});
    }
    if (level > silence) this.#quietSince = undefined;
    else if ((this.#quietSince ??= now) <= now - microphonePatience * 1000) {
      this.#quietSince = Infinity; // told; a sound begins it anew
      this.#emitter.emit('microphoneSilent', { seconds: microphonePatience });
    }
  }

  #listenTo(ports: readonly CallPort[]): void {
    for (const [port, undo] of this.#listened) {
      if (ports.includes(port)) continue;
      undo();
      this.#listened.delete(port);
    }
    for (const port of ports) {
      if (this.#listened.has(port)) continue;
      const undo = port.call.on('muteChanged', ({ muted }) => {
        if (muted) return;
        this.#loud = 0;
        this.#isTold = false;
      });
      this.#listened.set(port, undo);
    }
  }

  #lookAtFarEnd(now: number, port: CallPort): void {
    let heard = this.#farEnds.get(port);
    if (!heard) {
      const [track] = port.stream?.getAudioTracks() ?? [];
      if (!track) return;
      this.#farEnds.set(port, (heard = { probe: this.#host.probe(track), quietSince: undefined }));
    }
    if (heard.probe.read() > silence || port.call.remoteHold || !this.#host.isHearing()) heard.quietSince = undefined;
    else if ((heard.quietSince ??= now) <= now - farEndPatience * 1000) {
      heard.quietSince = Infinity;
      this.#emitter.emit('farEndSilent', { call: port.call, seconds: farEndPatience });
    }
  }

  #dropProbe(): void {
    this.#probe?.close();
    this.#probe = this.#track = this.#quietSince = undefined;
    this.#loud = 0;
    this.#isTold = false;
  }

  #forget(port: CallPort): void {
    this.#farEnds.get(port)?.probe.close();
    this.#farEnds.delete(port);
  }
}
