// Runs in the page: two accounts of the library that call each other again and again, and a count of what the calls leave behind.
import type * as Evercall from '../../../../lib/index.js';
import { HurriedClock } from './hurried-clock.js';

/** What is in use now. */
export interface Census {
  /** Not closed. */
  readonly connections: number;
  /** Of the microphone, not stopped. */
  readonly tracks: number;
  readonly timers: number;
  /** Not closed. */
  readonly sockets: number;
  /** Audio elements that have something to play. */
  readonly players: number;
}

const connections = new Set<RTCPeerConnection>();
const tracks = new Set<MediaStreamTrack>();
const timers = new Set<number>();
const sockets = new Set<WebSocket>();
const players = new Set<HTMLAudioElement>();

const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
Object.assign(globalThis, {
  setTimeout: (run: () => void, ms?: number): number => {
    const id = set(() => {
      timers.delete(id);
      run();
    }, ms) as unknown as number;
    timers.add(id);
    return id;
  },
  clearTimeout: (id: number): void => {
    timers.delete(id);
    clear(id);
  },
});

/** Forgets what is not in use any more: the count itself must hold nothing. */
function prune<T>(things: Set<T>, isUsed: (thing: T) => boolean): number {
  for (const thing of things) if (!isUsed(thing)) things.delete(thing);
  return things.size;
}

const clock = new HurriedClock();
const environment: Evercall.Environment = {
  clock,
  webSocket: (url) => {
    const socket = new WebSocket(url, 'sip');
    sockets.add(socket);
    return socket as unknown as Evercall.WebSocketLike;
  },
  RTCPeerConnection: class extends RTCPeerConnection {
    constructor(config?: RTCConfiguration) {
      super(config);
      connections.add(this);
    }
  },
  getUserMedia: async (constraints) => {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    for (const track of stream.getTracks()) tracks.add(track);
    return stream;
  },
  createAudioElement: () => {
    const player = new Audio();
    players.add(player);
    return player;
  },
};

const bundle = '/dist/evercall.js';
let caller: Evercall.Account;
let callee: string;

/** Two user agents, each on a connection of its own; both are registered when it resolves. */
export async function start(servers: string): Promise<void> {
  const { UserAgent, silentLogger } = (await import(bundle)) as typeof Evercall;
  const [from, to] = ['1001', '1002'].map((user) => {
    const ua = new UserAgent({ servers, log: silentLogger, environment });
    ua.on('incomingCall', ({ call }) => {
      call.answer().catch(() => undefined); // the call's end tells
    });
    return ua.addAccount({ uri: `sip:${user}@example.test`, password: `pw${user}` });
  });
  await Promise.all([from!.registered, to!.registered]);
  caller = from!;
  callee = 'sip:1002@example.test';
}

/** Calls, is answered, hangs up; then the next. Rejects with the end of a call that nobody answered. */
export async function callInTurn(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const call = caller.call(callee);
    await call.answered;
    call.hangup();
    await call.ended;
    census(); // what is not in use is not kept alive here
  }
}

/** Resolves with what is in use when all transactions are over: 32 s after the last call, which are made short. */
export async function rest(): Promise<Census> {
  clock.hurry(40);
  await new Promise((resolve) => set(resolve, 1500));
  clock.hurry(1);
  return census();
}

function census(): Census {
  return {
    connections: prune(connections, ({ signalingState }) => signalingState !== 'closed'),
    tracks: prune(tracks, ({ readyState }) => readyState === 'live'),
    timers: timers.size,
    sockets: prune(sockets, ({ readyState }) => readyState !== WebSocket.CLOSED),
    players: prune(players, ({ srcObject }) => srcObject !== null),
  };
}
