// Runs in the page: one registered phone of one contender, which answers by itself, and the ears that hear its first packet.
import type * as Evercall from '../../../lib/index.js';
import type * as SipJs from 'sip.js';
import type { Contender } from '../row.js';

export interface PhoneOptions {
  readonly contender: Contender;
  readonly url: string;
  readonly user: string;
  readonly iceServers: readonly RTCIceServer[];
}

interface Phone {
  dial(target: string): void;
  hangUp(): void;
}

let phone: Phone | undefined;
/** Milliseconds since 1970, in fractions. */
const epoch = (): number => performance.timeOrigin + performance.now();

/** The time of the present call's first packet. */
let heard: Promise<number>;
let onHeard: (time: number) => void;
const listen = (): void => {
  heard = new Promise((resolve) => (onHeard = resolve));
};
listen();

/** A packet counts when the receiver has handed its sound on, which it does while the stream is played. */
function awaitPacket(receiver: RTCRtpReceiver, connection: RTCPeerConnection): void {
  if (receiver.getSynchronizationSources().length > 0) onHeard(epoch());
  else if (connection.signalingState !== 'closed') setTimeout(() => awaitPacket(receiver, connection));
}

/** Every connection is listened to, whoever makes it; and played, which our library does by itself and the peers leave to the app. */
const Native = globalThis.RTCPeerConnection;
globalThis.RTCPeerConnection = class extends Native {
  constructor(config?: RTCConfiguration) {
    super(config);
    this.addEventListener('track', ({ receiver, track }) => {
      awaitPacket(receiver, this);
      if (!('Evercall' in globalThis)) play(track);
    });
  }
};

function play(track: MediaStreamTrack): void {
  const element = new Audio();
  element.srcObject = new MediaStream([track]);
  element.play().catch(() => undefined); // the call was over before
}

const kinds: Readonly<Record<Contender, (options: PhoneOptions) => Promise<Phone>>> = {
  async evercall({ url, user, iceServers }) {
    const { UserAgent } = (globalThis as unknown as { readonly Evercall: typeof Evercall }).Evercall;
    const ua = new UserAgent({ servers: url, media: { iceServers } });
    const account = ua.addAccount({ uri: `sip:${user}@example.test`, password: 'secret' });
    let current: Evercall.Call | undefined;
    ua.on('incomingCall', ({ call }) => {
      current = call;
      void call.answer();
    });
    await account.registered;
    return {
      dial: (target) => (current = account.call(target)),
      hangUp: () => current?.hangup(),
    };
  },

  async JsSIP({ url, user, iceServers }) {
    const { UA, WebSocketInterface } = (globalThis as unknown as { readonly JsSIP: JsSip }).JsSIP;
    const ua = new UA({ sockets: [new WebSocketInterface(url)], uri: `sip:${user}@example.test`, password: 'secret' });
    const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers } };
    let current: JsSipSession | undefined;
    ua.on('newRTCSession', ({ session, originator }) => {
      current = session;
      if (originator === 'remote') session.answer(media);
    });
    await new Promise((resolve) => {
      ua.on('registered', resolve);
      ua.start();
    });
    return {
      dial: (target) => ua.call(target, media),
      hangUp: () => current?.terminate(),
    };
  },

  async 'SIP.js'({ url, user, iceServers }) {
    const { Inviter, Registerer, UserAgent } = (globalThis as unknown as { readonly SIP: typeof SipJs }).SIP;
    let current: SipJs.Session | undefined;
    const ua = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@example.test`)!,
      transportOptions: { server: url },
      logBuiltinEnabled: false,
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers } },
      delegate: { onInvite: (invitation) => void invitation.accept() },
    });
    await ua.start();
    const registerer = new Registerer(ua);
    await new Promise<void>((resolve, reject) => {
      registerer.register({ requestDelegate: { onAccept: () => resolve() } }).catch(reject);
    });
    return {
      dial: (target) => void (current = new Inviter(ua, UserAgent.makeURI(target)!)).invite(),
      hangUp: () => void current?.bye(),
    };
  },
};

/** Registers the phone; the microphone is warm afterwards, for a page's first getUserMedia takes 60 ms longer than the others. */
export async function start(options: PhoneOptions): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
  phone = await kinds[options.contender](options);
}

/** Calls; returns when that was. */
export function dial(target: string): number {
  const time = epoch();
  phone!.dial(target);
  return time;
}

/** Resolves with the time of the first packet that the present call has received. */
export const firstPacket = (): Promise<number> => heard;

export const hangUp = (): void => phone!.hangUp();

/** Forgets the call that is over. */
export const ready = (): void => listen();

/** What is used of JsSIP. */
interface JsSip {
  readonly UA: new (options: object) => JsSipUa;
  readonly WebSocketInterface: new (url: string) => object;
}
interface JsSipUa {
  on(event: string, listener: (data: { readonly session: JsSipSession; readonly originator: string }) => void): void;
  start(): void;
  call(target: string, options: object): void;
}
interface JsSipSession {
  answer(options: object): void;
  terminate(): void;
}
