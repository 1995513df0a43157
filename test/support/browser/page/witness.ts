// Runs in the page, before the library is loaded: notes what the page sends, opens and hears of its network, and when.

export interface Note {
  /** Milliseconds since 1970, as other processes of this machine count them. */
  readonly at: number;
  readonly text: string;
}

/** What must be over when the phone has stopped. */
export interface LeftOver {
  readonly sockets: number;
  readonly connections: number;
  readonly microphones: number;
  /** Where each was set. */
  readonly timers: readonly string[];
}

const notes: Note[] = [];
const sockets = new Set<WebSocket>();
const connections = new Set<RTCPeerConnection>();
const microphones = new Set<MediaStreamTrack>();
const timers = new Map<number, string>();

export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function note(text: string): void {
  notes.push({ at: now(), text });
}

export function timeline(): readonly Note[] {
  return notes;
}

/** The connections for media, not those that only look for addresses. */
export function mediaConnections(): RTCPeerConnection[] {
  return [...connections].filter((pc) => pc.getTransceivers().length > 0);
}

export function watchMicrophone(stream: MediaStream): MediaStream {
  for (const track of stream.getTracks()) microphones.add(track);
  return stream;
}

export function leftOver(): LeftOver {
  const count = <T>(all: Set<T>, isLeft: (one: T) => boolean): number => [...all].filter(isLeft).length;
  return {
    sockets: count(sockets, ({ readyState }) => readyState <= WebSocket.OPEN),
    connections: count(connections, ({ signalingState }) => signalingState !== 'closed'),
    microphones: count(microphones, ({ readyState }) => readyState === 'live'),
    timers: [...timers.values()],
  };
}

/** `INVITE 2 sdp ufrag=abcd` or `200 INVITE 2`: what a line of the timeline has room for. */
function summary(frame: string): string {
  if (frame.trim() === '') return frame.length > 2 ? 'ping' : 'pong';
  const first = frame.slice(0, frame.indexOf('\r\n'));
  const cseq = /^CSeq: *(\d+) +(\w+)/im.exec(frame);
  const ufrag = /^a=ice-ufrag:(.*)$/m.exec(frame)?.[1]?.trim();
  const candidates = frame.match(/^a=candidate:.*/gm)?.map((line) => line.split(' ')[4]) ?? [];
  const what = first.startsWith('SIP/2.0') ? `${first.slice(8, 11)} ${cseq?.[2]}` : first.split(' ')[0];
  const sdp = /^m=/m.test(frame) ? ` ufrag=${ufrag} [${[...new Set(candidates)].join(' ')}]` : '';
  return `${what} ${cseq?.[1]}${sdp}`;
}

let socketCount = 0;

class WatchedSocket extends WebSocket {
  readonly #name = `ws${++socketCount}`;

  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    sockets.add(this);
    note(`${this.#name} connecting`);
    this.addEventListener('open', () => note(`${this.#name} open`));
    this.addEventListener('error', () => note(`${this.#name} error`));
    this.addEventListener('close', ({ code }) => note(`${this.#name} closed ${code}`));
    this.addEventListener('message', ({ data }) => {
      note(`${this.#name} ← ${typeof data === 'string' ? summary(data) : 'binary'}`);
    });
  }

  override send(data: string | Blob | BufferSource): void {
    note(`${this.#name} → ${typeof data === 'string' ? summary(data) : 'binary'}`);
    super.send(data);
  }

  override close(code?: number, reason?: string): void {
    note(`${this.#name} close()`);
    super.close(code, reason);
  }
}

/** What the library tells its log, messages left out. */
function watchLog(): void {
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    const say = console[level].bind(console);
    console[level] = (...line: unknown[]): void => {
      const [text] = line;
      const told = typeof text === 'string' && text.startsWith('[evercall] ') ? text.slice(11) : undefined;
      if (told !== undefined && !told.includes('\r\n')) note(`${level}: ${told}`);
      say(...line);
    };
  }
}

let connectionCount = 0;

const onAddress = new Set<(address: string) => void>();

/** Tells each address of this host as any connection of the page comes to know it. */
export function watchCandidates(tell: (address: string) => void): () => void {
  onAddress.add(tell);
  return () => onAddress.delete(tell);
}

class WatchedConnection extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.add(this);
    const name = `pc${++connectionCount}`;
    const say = (text: string): void => {
      if (this.getTransceivers().length > 0) note(`${name} ${text}`);
    };
    this.addEventListener('iceconnectionstatechange', () => say(`ice ${this.iceConnectionState}`));
    this.addEventListener('connectionstatechange', () => say(`connection ${this.connectionState}`));
    this.addEventListener('icegatheringstatechange', () => say(`gathering ${this.iceGatheringState}`));
    this.addEventListener('signalingstatechange', () => say(`signalling ${this.signalingState}`));
    this.addEventListener('icecandidate', ({ candidate }) => {
      say(`candidate ${candidate?.address ?? 'end'}`);
      if (candidate?.address && candidate.type === 'host') for (const tell of onAddress) tell(candidate.address);
    });
  }
}

function whence(ms = 0): string {
  const frames = new Error().stack?.split('\n').slice(3, 8) ?? [];
  return `${ms} ms ${frames.map((frame) => frame.trim().replace(/\(.*\/(.*)\)/, '$1')).join(' < ')}`;
}

function watchTimers(): void {
  const { setTimeout: set, clearTimeout: clear, setInterval: every, clearInterval: stop } = globalThis;
  const own = globalThis as unknown as Record<string, unknown>;
  own['setTimeout'] = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): number => {
    const id = set(() => {
      timers.delete(id);
      run(...args);
    }, ms) as unknown as number;
    timers.set(id, whence(ms));
    return id;
  };
  own['setInterval'] = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): number => {
    const id = every(run, ms, ...args) as unknown as number;
    timers.set(id, whence(ms));
    return id;
  };
  own['clearTimeout'] = own['clearInterval'] = (id?: number): void => {
    if (id !== undefined) timers.delete(id);
    clear(id);
    stop(id);
  };
  unwatched = { every: every.bind(globalThis), after: set.bind(globalThis), stop: stop.bind(globalThis) };
}

/** Timers that are not counted, for who only watches. */
export let unwatched: {
  every: (run: () => void, ms: number) => unknown;
  after: (run: (value: unknown) => void, ms: number) => unknown;
  stop: (id?: number) => void;
};

watchTimers();
watchLog();
globalThis.WebSocket = WatchedSocket;
globalThis.RTCPeerConnection = WatchedConnection;
addEventListener('online', () => note('online'));
addEventListener('offline', () => note('offline'));
(navigator as { readonly connection?: EventTarget }).connection?.addEventListener('change', () => {
  note('navigator.connection change');
});
