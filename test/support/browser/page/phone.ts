// Runs in the page: one account of the library, its microphone a known tone, one call at a time.
import type * as Evercall from '../../../../lib/index.js';
import { HurriedClock } from './hurried-clock.js';
import { hears, hearsNothing, toneMicrophone } from './harness.js';
import type { HeardTone } from './harness.js';

export interface PhoneOptions {
  readonly servers: string | readonly string[];
  readonly user: string;
  /** @default "pw" and the user */
  readonly password?: string;
  /** @default true */
  readonly register?: boolean;
  /** Hertz that the microphone hears. */
  readonly tone: number;
  readonly iceServers?: readonly RTCIceServer[];
  /** No candidate of our own hosts is told, as if the network let none of them through. @default false */
  readonly hidesHosts?: boolean;
  readonly reliableProvisional?: Evercall.CallOptions['reliableProvisional'];
  readonly trickleIce?: Evercall.CallOptions['trickleIce'];
  readonly sessionTimer?: Evercall.SessionTimerOptions;
  readonly audio?: Evercall.AudioOptions;
  /** Sees what the library was given as its microphone; in the page only. */
  readonly watchMicrophone?: (stream: MediaStream) => MediaStream;
}

/** One frame on the WebSocket. */
export interface Frame {
  readonly way: 'sent' | 'received';
  /** Milliseconds on the library's clock. */
  readonly time: number;
  readonly text: string;
}

export interface Ending {
  readonly cause: string;
  readonly status: number;
  readonly by: string;
}

const bundle = '/dist/evercall.js';
const clock = new HurriedClock();
const frames: Frame[] = [];
let userAgent: Evercall.UserAgent | undefined;
let account: Evercall.Account | undefined;
let current: Evercall.Call | undefined;
/** A second call, to ask whether a transfer is welcome. */
let consultation: Evercall.Call | undefined;
/** The call that went before the current one: it was transferred, or replaced. */
let former: Evercall.Call | undefined;

export function theCall(): Evercall.Call {
  if (!current) throw new Error('there is no call');
  return current;
}

export function theUserAgent(): Evercall.UserAgent {
  if (!userAgent) throw new Error('there is no user agent');
  return userAgent;
}

/** Takes a call for the current one; where that goes on as another, so do we. */
function take(call: Evercall.Call): Evercall.Call {
  current = call;
  call.on('offer', decide);
  const follow = ({ call: next }: { readonly call: Evercall.Call }): void => {
    next.answered.then(
      () => {
        former = call;
        take(next);
      },
      () => undefined,
    );
  };
  call.on('referredCall', follow);
  call.on('replaced', follow);
  return call;
}

/** A WebSocket whose frames the test can read. */
const recorded: Evercall.WebSocketFactory = (url) => {
  const socket = new WebSocket(url, 'sip');
  const record = (way: Frame['way'], data: unknown): void => {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer);
    frames.push({ way, time: clock.now(), text });
  };
  const send = socket.send.bind(socket);
  socket.send = (data) => {
    record('sent', data);
    send(data);
  };
  socket.addEventListener('message', ({ data }) => {
    record('received', data);
  });
  return socket as unknown as Evercall.WebSocketLike;
};

/** All that went over the WebSocket. */
export function wire(): Frame[] {
  return frames;
}

/** From now on the library's time runs so many times as fast. */
export function hurry(pace: number): void {
  clock.hurry(pace);
}

/** Adds the account; resolves with the outcome of its registration. */
export async function start(options: PhoneOptions): Promise<{ state: string; status: number | undefined }> {
  const { servers, user, password = `pw${user}`, register = true, tone, watchMicrophone = same } = options;
  const { UserAgent } = (await import(bundle)) as typeof Evercall;
  const microphone = toneMicrophone(tone);
  const getUserMedia = (constraints: MediaStreamConstraints): Promise<MediaStream> =>
    constraints.video
      ? navigator.mediaDevices.getUserMedia(constraints)
      : microphone(constraints).then(watchMicrophone);
  const outgoing = (sdp: string): string => {
    describedAt ??= performance.now();
    return options.hidesHosts ? sdp.replace(/^a=candidate:.* typ host.*\r\n/gm, '') : sdp;
  };
  const media = { sdp: { outgoing }, ...(options.iceServers && { iceServers: options.iceServers }) };
  const { reliableProvisional, sessionTimer, trickleIce } = options;
  userAgent = new UserAgent({
    servers,
    log: 'debug',
    media,
    environment: { getUserMedia, webSocket: recorded, clock },
    ...(reliableProvisional && { reliableProvisional }),
    ...(options.audio && { audio: options.audio }),
    ...(trickleIce && { trickleIce }),
    // whoever shortens a session hurries its clock, and to a hurried clock every server is slow
    ...(sessionTimer && { sessionTimer, ipChange: { monitor: 'manual' } as const }),
  });
  userAgent.on('incomingCall', ({ call }) => {
    take(call);
  });
  const added = userAgent.addAccount({ uri: `sip:${user}@example.test`, password, register });
  account = added;
  if (!register) return { state: 'none', status: undefined };
  return new Promise((resolve) => {
    added.on('registrationChanged', ({ state, status }) => {
      if (state === 'registered' || state === 'failed') resolve({ state, status });
    });
  });
}

export function call(target: string, options: Evercall.CallOptions = {}): void {
  calledAt = performance.now();
  describedAt = undefined;
  take(account!.call(target, options));
}

const same = (stream: MediaStream): MediaStream => stream;

let calledAt = 0;
let describedAt: number | undefined;
let policy: 'silent' | 'accept' | 'reject' = 'silent';

/** What this page says to changes that the peer offers. */
export function onOffers(wish: typeof policy): void {
  policy = wish;
}

function decide({ accept, reject }: Evercall.OfferEvent): void {
  if (policy === 'accept') accept({ video: true });
  if (policy === 'reject') reject();
}

/** Milliseconds from `call()` to the description that the INVITE takes along. */
export function timeToOffer(): number {
  return describedAt! - calledAt;
}

/** Milliseconds from `call()` to the INVITE on the WebSocket. */
export function timeToInvite(): number {
  const invite = frames.find(({ way, time, text }) => way === 'sent' && time >= calledAt && text.startsWith('INVITE'));
  return invite!.time - calledAt;
}

/** Resolves with the code of the error, or `done`. */
export async function addVideo(): Promise<string> {
  return theCall()
    .addVideo()
    .then(
      () => 'done',
      (error: unknown) => (error as Evercall.EvercallError).code,
    );
}

export function removeVideo(): Promise<void> {
  return theCall().removeVideo();
}

/** Each section, as `audio sendrecv active`. */
export function media(): string[] {
  return theCall().media.map(({ kind, direction, status }) => `${kind} ${direction} ${status}`);
}

/** Shares in the camera's place what the browser captures, or a picture of the page's own. */
export function shareScreen(what: 'display' | 'canvas'): Promise<void> {
  return theCall().shareScreen(what === 'canvas' ? { video: paintedTrack() } : {});
}

/** Has a new picture for each frame. */
function paintedTrack(): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  const paint = canvas.getContext('2d')!;
  const [track] = canvas.captureStream(25).getTracks();
  const timer = setInterval(() => {
    paint.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
    paint.fillRect(0, 0, canvas.width, canvas.height);
    if (track!.readyState === 'ended') clearInterval(timer);
  }, 40);
  return track!;
}

export function stopScreenShare(): Promise<void> {
  return theCall().stopScreenShare();
}

/** The id of the track whose pictures are sent. */
export function videoSource(): string {
  const senders = theCall().peerConnection!.getSenders();
  return senders.find(({ track }) => track?.kind === 'video')?.track?.id ?? 'none';
}

/** Resolves when ten more frames of the peer's video are decoded. */
export async function seesVideo(): Promise<void> {
  const frames = async (): Promise<number> => {
    let sum = 0;
    (await theCall().peerConnection!.getStats()).forEach((entry: { type: string; framesDecoded?: number }) => {
      if (entry.type === 'inbound-rtp') sum += entry.framesDecoded ?? 0;
    });
    return sum;
  };
  const start = await frames();
  while ((await frames()) < start + 10) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Resolves when ICE and DTLS are up. */
export async function connected(): Promise<void> {
  const call = theCall();
  while (call.mediaState !== 'connected') await call.once('mediaStateChanged');
}

/** A call beside the current one, which is held; resolves when it is answered. */
export async function consult(target: string): Promise<void> {
  await theCall().hold();
  consultation = account!.call(target);
  await consultation.answered;
}

/** Transfers the current call, to a number or to whom we consult; resolves with what the peer reported. */
export async function transfer(target?: string): Promise<number[]> {
  const statuses: number[] = [];
  for await (const { status } of theCall().transfer(target ?? consultation!)) statuses.push(status);
  return statuses;
}

/** As `ended`, of the call that was consulted. */
export function consulted(): Promise<Ending> {
  return endingOf(consultation!);
}

/** As `ended`, of the call that went on as another: resolves when that is confirmed, and the old one over. */
export async function moved(): Promise<Ending> {
  await until(() => former !== undefined);
  await reached('confirmed');
  return endingOf(former!);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Resolves when the call of this page is in a state, at once if it is; rejects when it ends before. */
export function reached(state: Evercall.CallState): Promise<void> {
  const call = theCall();
  if (call.state === state) return Promise.resolve();
  return new Promise((resolve, reject) => {
    call.on('stateChanged', (change) => {
      if (change.state === state) resolve();
    });
    call.on('ended', (end) => {
      if (state !== 'disconnected') reject(new Error(`ended before ${state}: ${JSON.stringify(end)}`));
    });
  });
}

/** Resolves with the caller's URI when an incoming call rings here. */
export function incoming(): Promise<string> {
  if (current?.direction === 'incoming' && current.state === 'incoming') return Promise.resolve(current.remote.uri);
  return new Promise((resolve) => {
    userAgent!.on('incomingCall', ({ call }) => {
      resolve(call.remote.uri);
    });
  });
}

export function answer(options: Evercall.AnswerOptions = {}): Promise<void> {
  return theCall().answer(options);
}

export function reject(status?: number): void {
  theCall().reject(status);
}

/** Lets the caller hear us before we answer. */
export function ringWithMedia(): Promise<void> {
  return theCall().ring({ earlyMedia: true });
}

export function hold(): Promise<void> {
  return theCall().hold();
}

export function resume(): Promise<void> {
  return theCall().resume();
}

/** Who holds whom: `local`, `remote`, `both` or `nobody`. */
export function onHold(): string {
  const { localHold, remoteHold } = theCall();
  return localHold ? (remoteHold ? 'both' : 'local') : remoteHold ? 'remote' : 'nobody';
}

export function state(): string {
  return theCall().state;
}

export function hangup(): void {
  theCall().hangup();
}

export function ended(): Promise<Ending> {
  return endingOf(theCall());
}

async function endingOf(call: Evercall.Call): Promise<Ending> {
  const { cause, status, by } = await call.ended;
  return { cause, status, by };
}

/** Finds a tone in what the other side sends, or is about to. */
export async function hearsTone(hertz: number): Promise<HeardTone> {
  const call = theCall();
  await until(() => call.remoteStream !== undefined);
  const stream = call.remoteStream!;
  const heard = hears(stream, hertz);
  const isReplaced = until(() => call.remoteStream !== undefined && call.remoteStream !== stream).then(
    () => true,
    () => false,
  );
  const first = await Promise.race([heard, isReplaced]).catch(() => false);
  if (first !== true) return heard;
  heard.catch(() => undefined);
  return hearsTone(hertz); // another connection has taken the place of the one that was listened to
}

/** The other side sends silence, or nothing at all. */
export async function hearsSilence(): Promise<HeardTone> {
  const stream = theCall().remoteStream;
  if (!stream) throw new Error('the call has no remote stream');
  return hearsNothing(stream);
}

export async function stop(): Promise<void> {
  await userAgent?.stop();
}
