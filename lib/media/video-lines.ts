/** The video of a call: which sections it has, what they send, which way they flow. Loaded with the first video of a page. */
import { EvercallError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { Signal } from '../base/lifetime.js';
import { isStopped, transceiverOf } from './connection.js';
import type { Connection } from './connection.js';
import type { Direction } from './direction.js';
import { directionOf, narrowed, receives, sends } from './direction.js';
import type { MediaEnvironment } from './environment.js';
import { sendKeyFrame } from './key-frame.js';
import { isUsable } from './sdp.js';
import type { Section } from './sdp.js';
import { VideoSource } from './video-source.js';
import { borrowed, newLine, stopSources } from './video-line.js';
import type { VideoLine } from './video-line.js';
import type { VideoWish } from './video-source.js';

export interface VideoUser {
  /** What the call allows at present: a hold, a wish of the app. */
  readonly videoDirection: Direction;
  onRemoteTrack(track: MediaStreamTrack): void;
  /** What is sent has changed without a word to the peer. */
  onVideoChanged(): void;
  /** The screen's own section has nothing more to send: the peer should be told. */
  onScreenEnded(line: VideoLine): void;
}

export class VideoLines {
  readonly #connection: Connection;
  readonly #env: MediaEnvironment;
  readonly #log: Logger;
  readonly #user: VideoUser;
  #lines: VideoLine[] = [];
  #preview: { readonly track: MediaStreamTrack; readonly stream: MediaStream } | undefined;
  #held = false;

  constructor(connection: Connection, env: MediaEnvironment, log: Logger, user: VideoUser) {
    this.#connection = connection;
    this.#env = env;
    this.#log = log;
    this.#user = user;
  }

  /** The same for another connection, which may take the place of this one, or not. */
  lend(connection: Connection, user: VideoUser): VideoLines {
    const others = new VideoLines(connection, this.#env, this.#log, user);
    for (const lender of this.#lines) if (!lender.isRemoved) others.#lines.push(borrowed(lender));
    return others;
  }

  /** The other connection is at its end: all it had is ours. Returns whether it had changed since. */
  inherit(former: VideoLines): boolean {
    let hasChanged = false;
    for (const lender of former.#lines) {
      let line = this.#lines.find((one) => one.lender === lender);
      if (!line === !lender.isRemoved) hasChanged = true;
      if (!line && lender.isRemoved) continue;
      if (!line) this.#lines.push((line = borrowed(lender)));
      line.lender = undefined;
      Object.assign(line, { source: lender.source, camera: lender.camera, isRemoved: lender.isRemoved });
      for (const source of [line.source, line.camera]) if (source) source.onEnded = () => this.#onEnded(source);
    }
    for (const line of this.#lines) if (line.lender) this.#forsake(line);
    former.#lines = [];
    return hasChanged;
  }

  /** The peer has taken it away from the other connection. */
  #forsake(line: VideoLine): void {
    line.source = line.lender = undefined;
    line.isRemoved = true;
  }

  /** What the camera shows, or else the screen that is shared. */
  get preview(): MediaStream | undefined {
    const sources = this.#lines.flatMap(({ source, camera }) => [source, camera]).filter((source) => source?.track);
    const track = (sources.find((source) => !source?.isScreen) ?? sources[0])?.track;
    if (!track) return undefined;
    if (this.#preview?.track !== track) this.#preview = { track, stream: new this.#env.MediaStream([track]) };
    return this.#preview.stream;
  }

  /** Whether the screen is what this transceiver sends. */
  isScreen(transceiver: RTCRtpTransceiver): boolean {
    return this.#lines.some((line) => line.transceiver === transceiver && line.source?.isScreen === true);
  }

  /** A section for the next offer. Its source is not open yet. */
  add(wish: Exclude<VideoWish, false>, isScreen = false): VideoLine {
    const line = newLine(false);
    line.source = this.#source(wish, isScreen);
    this.#lines.push(line);
    return line;
  }

  /** A section that has something to send, and is not one of the call's yet. */
  async prepare(wish: Exclude<VideoWish, false>, isScreen: boolean, signal: Signal): Promise<VideoLine> {
    const line = newLine(false);
    line.source = this.#source(wish, isScreen);
    await line.source.open(signal);
    return line;
  }

  /** Makes it one, for the next offer: a section that only received takes over what is to be sent. */
  enlist(prepared: VideoLine): { readonly line: VideoLine; readonly undo: () => void } {
    const { source } = prepared;
    source?.silence(this.#held);
    const open = source?.isScreen ? undefined : this.#lines.find((line) => !line.isRemoved && !line.source?.sends);
    if (!open) {
      this.#lines.push(prepared);
      return { line: prepared, undo: () => this.#withdraw(prepared) };
    }
    const former = open.source;
    open.source = source;
    const undo = (): void => {
      source?.stop();
      open.source = former;
    };
    return { line: open, undo };
  }

  /** Stops what it sends at once; the next offer refuses its section (RFC 3264 §8.2). */
  remove(line: VideoLine): void {
    stopSources(line);
    line.isRemoved = true;
  }

  /** Returns whether there was any. */
  removeAll(): boolean {
    for (const line of this.#lines) this.remove(line);
    return this.#lines.length > 0;
  }

  /** The peer does not take it: its section stays, unused, for another time. */
  #withdraw(line: VideoLine): void {
    stopSources(line);
    const { transceiver } = line;
    if (transceiver?.mid === null) line.isRemoved = true;
    else {
      this.#lines = this.#lines.filter((other) => other !== line);
      if (transceiver && !isStopped(transceiver)) this.#connection.release(transceiver);
    }
  }

  get screen(): VideoLine | undefined {
    return this.#lines.find(({ source, isRemoved }) => source?.isScreen && !isRemoved);
  }

  get camera(): VideoLine | undefined {
    return this.#lines.find(({ source, isRemoved }) => source?.sends && !source.isScreen && !isRemoved);
  }

  /** Opens the sources of what is to be sent. */
  async open(signal: Signal): Promise<void> {
    await Promise.all(this.#lines.flatMap(({ source, isRemoved }) => (isRemoved ? [] : (source?.open(signal) ?? []))));
  }

  /** Sets what our offer says. Asks for it before the app sees the connection. */
  prepareOffer(pc: RTCPeerConnection): RTCRtpTransceiver[] {
    for (const line of this.#lines) {
      if (!line.isRemoved) continue;
      if (line.transceiver && !isStopped(line.transceiver)) line.transceiver.stop();
    }
    this.#lines = this.#lines.filter(({ isRemoved }) => !isRemoved);
    for (const line of this.#lines) {
      const direction = this.#direction(line);
      const [idle] = line.transceiver ? [] : this.#connection.idle;
      if (idle) {
        this.#connection.engage(idle);
        line.transceiver = idle;
      }
      line.transceiver ??= pc.addTransceiver('video', { direction });
      line.transceiver.direction = direction;
    }
    return this.#transceivers();
  }

  /** Takes what the app wants of the peer's offer, which is set already: nothing new without a wish. */
  takeOffer(pc: RTCPeerConnection, sections: readonly Section[], wish: VideoWish): RTCRtpTransceiver[] {
    this.prune();
    const expected = this.#lines.filter(({ transceiver, isKnown }) => !transceiver && isKnown);
    const idle = wish || expected.length > 0 ? this.#connection.idle : [];
    for (const section of sections) {
      if (section.kind !== 'video' || !isUsable(section)) continue;
      const transceiver = transceiverOf(pc, sections, section);
      if (!transceiver || !idle.includes(transceiver)) continue;
      const known = expected.shift();
      if (known) {
        this.#connection.engage(transceiver);
        known.transceiver = transceiver;
        continue;
      }
      if (!wish) continue;
      const mayBeSent = receives(section.direction) && wish !== 'recvonly' && !this.camera;
      if (!mayBeSent && !sends(section.direction)) continue; // nothing would flow
      this.#connection.engage(transceiver);
      const line = newLine(true);
      line.transceiver = transceiver;
      if (mayBeSent) line.source = this.#source(wish, false);
      this.#lines.push(line);
    }
    for (const line of this.#lines) if (line.transceiver) line.transceiver.direction = this.#direction(line);
    return this.#transceivers();
  }

  /** Puts on the wire what is open. */
  async attach(): Promise<void> {
    for (const { transceiver, source, isRemoved } of this.#lines) {
      const track = (isRemoved ? undefined : source?.track) ?? null;
      if (transceiver && !isStopped(transceiver) && transceiver.sender.track !== track)
        await transceiver.sender.replaceTrack(track);
    }
  }

  /** Of those that are sent. */
  async sendKeyFrames(): Promise<void> {
    for (const { transceiver } of this.#lines)
      if (transceiver?.sender.track) await sendKeyFrame(transceiver.sender, this.#log);
  }

  /** Both descriptions are set. */
  settle(): void {
    this.prune();
    for (const line of this.#lines) {
      const { transceiver } = line;
      if (!transceiver || line.isAnnounced || !receives(transceiver.currentDirection ?? 'inactive')) continue;
      line.isAnnounced = true;
      this.#user.onRemoteTrack(transceiver.receiver.track);
    }
  }

  /** Lets go of what the peer, or a rollback, has taken away. */
  prune(): void {
    const present = this.#connection.pc?.getTransceivers() ?? [];
    this.#lines = this.#lines.filter((line) => {
      const { transceiver } = line;
      if (!transceiver || (present.includes(transceiver) && !isStopped(transceiver))) return true;
      stopSources(line);
      return false;
    });
  }

  /** The connection is closed; another may follow. */
  forget(): void {
    for (const line of this.#lines) {
      stopSources(line);
      line.transceiver = undefined;
      line.isAnnounced = false;
    }
    this.#lines = this.#lines.filter(({ isTheirs, isRemoved }) => !isTheirs && !isRemoved);
  }

  setHeld(held: boolean): void {
    this.#held = held;
    for (const { source, camera } of this.#lines) {
      source?.silence(held);
      camera?.silence(held);
    }
  }

  /** Another track for the camera's; nothing is negotiated. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const line = this.#lines.find(
      (one) =>
        !one.isRemoved && (one.camera ?? one.source)?.sends && one.source?.isScreen === (one.camera !== undefined),
    );
    if (!line) throw new EvercallError('invalidState', 'replaceVideo: the call sends no video');
    (line.camera ?? line.source!).replace(track);
    await this.attach();
    this.#user.onVideoChanged();
  }

  /** The screen in the place of the camera, which waits; nothing is negotiated. */
  async shareInPlace(
    line: VideoLine,
    wish: true | MediaTrackConstraints | MediaStreamTrack,
    signal: Signal,
  ): Promise<void> {
    const screen = this.#source(wish, true);
    await screen.open(signal);
    if (line.isRemoved) {
      screen.stop();
      throw new EvercallError('invalidState', 'shareScreen: the video was removed meanwhile');
    }
    screen.silence(this.#held);
    line.camera = line.source;
    line.source = screen;
    await this.attach();
    this.#user.onVideoChanged();
  }

  /** The camera again, or nothing. Resolves with whether the peer has to be told. */
  async unshare(line: VideoLine): Promise<boolean> {
    if (!line.camera) return true;
    line.source?.stop();
    line.source = line.camera;
    line.camera = undefined;
    await this.attach();
    this.#user.onVideoChanged();
    return false;
  }

  #source(wish: Exclude<VideoWish, false>, isScreen: boolean): VideoSource {
    const source = new VideoSource(this.#env, wish, isScreen, () => this.#onEnded(source));
    return source;
  }

  #onEnded(source: VideoSource): void {
    const line = this.#lines.find((one) => one.source === source && !one.isRemoved);
    if (!line) return;
    if (!source.isScreen) {
      this.#log.warn('the camera is gone');
      this.#user.onVideoChanged();
    } else if (line.camera)
      void this.unshare(line).catch((error: unknown) => this.#log.warn('the camera does not come back', error));
    else this.#user.onScreenEnded(line);
  }

  #direction({ source, isRemoved, isTheirs }: VideoLine): Direction {
    if (isRemoved) return 'inactive';
    const own = directionOf(source?.sends ?? false, isTheirs || !source?.isScreen);
    return narrowed(own, this.#user.videoDirection);
  }

  #transceivers(): RTCRtpTransceiver[] {
    return this.#lines.flatMap(({ transceiver }) => transceiver ?? []);
  }
}
