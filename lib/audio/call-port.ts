/** The port of one call. The microphone alone is sent as it is, a clone of its track; anything else is mixed. */
import type { Logger } from '../base/log.js';
import type { Call } from '../call/call.js';
import type { Leg } from '../call/leg.js';
import type { MediaSession } from '../media/media-session.js';
import type { Bridge } from './bridge.js';
import type { DevicePort } from './device-port.js';
import { AudioPort } from './port.js';

export class CallPort extends AudioPort {
  readonly call: Call;
  readonly gives = true;
  readonly takes = true;
  readonly #leg: Leg;
  readonly #device: DevicePort;
  readonly #log: Logger;
  /** What is sent, and on which session. */
  #sent: MediaStreamTrack | undefined;
  #session: MediaSession | undefined;
  #clone: MediaStreamTrack | undefined;
  #clonedFrom: MediaStreamTrack | undefined;
  #mixed: MediaStreamTrack | undefined;

  constructor(bridge: Bridge, leg: Leg, device: DevicePort, log: Logger) {
    super(bridge, 'call', leg.callId);
    this.#leg = leg;
    this.call = leg.call;
    this.#device = device;
    this.#log = log;
  }

  override get stream(): MediaStream | undefined {
    return this.#leg.media.session.remoteStream;
  }

  /** @internal The peer's audio is there, or is another one now. */
  onRemoteTrack(): void {
    this.sourceChanged();
  }

  override settle(): void {
    const ways = this.bridge.into(this);
    const direct = ways.length === 1 && ways[0]!.source === this.#device && ways[0]!.gain === 1 ? ways[0] : undefined;
    for (const way of ways) if (way !== direct) way.wire();
    direct?.unwire();
    const isMixed = this.sinkNode !== undefined; // by a conference, too
    if (direct && isMixed) direct.wire();
    this.#send(isMixed ? this.#mixed : direct && this.#microphone());
  }

  /** @internal */
  override leave(): void {
    super.leave();
    this.#dropClone();
  }

  protected override openSource(into: AudioNode): () => void {
    const { stream } = this;
    if (!stream) return () => undefined;
    const node = this.bridge.context.createMediaStreamSource(stream);
    node.connect(into);
    return () => {
      node.disconnect();
    };
  }

  protected override openSink(from: AudioNode): () => void {
    const destination = this.bridge.context.createMediaStreamDestination();
    destination.channelCount = 1;
    from.connect(destination);
    const [track] = destination.stream.getAudioTracks();
    this.#mixed = track;
    return () => {
      from.disconnect(destination);
      track?.stop();
      this.#mixed = undefined;
    };
  }

  /** A track of its own: calls are muted one by one. */
  #microphone(): MediaStreamTrack | undefined {
    const { input } = this.#device;
    if (this.#clonedFrom === input && this.#clone?.readyState === 'live') return this.#clone;
    this.#dropClone();
    this.#clonedFrom = input;
    return (this.#clone = input?.clone());
  }

  #dropClone(): void {
    this.#clone?.stop();
    this.#clone = this.#clonedFrom = undefined;
  }

  /** Nothing is negotiated. A call that sends nothing, or something of the app's own, is left alone. */
  #send(track: MediaStreamTrack | undefined): void {
    const { session, options } = this.#leg.media;
    if (this.#leg.end || options.audio === false || options.track) return;
    if (this.#session === session && this.#sent === track) return;
    this.#session = session;
    this.#sent = track;
    session.replaceAudio(track).catch((error: unknown) => {
      if (!this.#leg.end) this.#log.warn(`call ${this.name}: what it sends could not be replaced`, error);
    });
    if (track !== this.#clone) this.#dropClone();
  }
}
