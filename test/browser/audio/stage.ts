// People who call each other in one page: real media, and SIP through a hub of a few lines.
import type { Account, Call, UserAgentOptions } from '../../../lib/index.js';
import { silentLogger, UserAgent } from '../../../lib/index.js';
import { toneTrack, until } from '../media/ends.js';

/** The other end of one WebSocket. */
class Line {
  readyState = 0;
  readonly protocol = 'sip';
  readonly bufferedAmount = 0;
  binaryType = 'arraybuffer';
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly sent: string[];

  constructor(sent: string[] = []) {
    this.sent = sent;
    queueMicrotask(() => {
      this.readyState = 1;
      this.onopen?.({});
    });
  }

  send(data: unknown): void {
    const text = String(data);
    if (!/^\S/.test(text)) return; // a ping
    this.sent.push(text);
    queueMicrotask(() => {
      route(this, text);
    });
  }

  close(): void {
    this.readyState = 3;
    lines.forEach((line, key) => {
      if (line === this) lines.delete(key);
    });
  }
}

/** By user, by Contact, and by the branch of a request. */
const lines = new Map<string, Line>();

function route(from: Line, text: string): void {
  const branch = /;branch=([^;,\r]+)/.exec(text)?.[1] ?? '';
  const contact = /^Contact:.*<sips?:([^;>]+)/im.exec(text)?.[1];
  if (contact) lines.set(contact, from);
  const isResponse = text.startsWith('SIP/2.0');
  if (!isResponse) lines.set(branch, from);
  const uri = /^\S+ sips?:([^; ]+)/.exec(text)?.[1] ?? '';
  const to = isResponse ? lines.get(branch) : (lines.get(uri) ?? lines.get(uri.replace(/@.*/, '')));
  to?.onmessage?.({ data: text });
}

export interface Person {
  /** What plays here: elements that are neither muted nor paused. */
  playing(): MediaStream[];
  readonly ua: UserAgent;
  readonly account: Account;
  /** Tracks that getUserMedia gave. */
  readonly microphones: MediaStreamTrack[];
  /** Requests this one sent, by their methods. */
  requests(): string[];
  /** Calls that came, the last one last. */
  readonly incoming: Call[];
  /** Ends the connection; the next one is there at once. */
  cut(): void;
}

export interface PersonOptions extends Partial<UserAgentOptions> {
  /** Hertz that the microphone hears; without, the browser's own is taken. */
  readonly tone?: number;
}

const people: Person[] = [];

export function person(name: string, { tone, ...options }: PersonOptions = {}): Person {
  const microphones: MediaStreamTrack[] = [];
  let line = new Line();
  let isTaken = false;
  lines.set(name, line);
  const webSocket = (): Line => {
    if (isTaken) lines.set(name, (line = new Line(line.sent)));
    isTaken = true;
    return line;
  };
  const cut = (): void => {
    line.close();
    line.onclose?.({ code: 1006, reason: '' });
  };
  const getUserMedia = async (constraints: MediaStreamConstraints): Promise<MediaStream> => {
    const stream =
      tone === undefined
        ? await navigator.mediaDevices.getUserMedia(constraints)
        : new MediaStream([toneTrack(tone, 0.3)]);
    microphones.push(...stream.getTracks());
    return stream;
  };
  const elements: HTMLAudioElement[] = [];
  const createAudioElement = (): HTMLAudioElement => {
    elements.push(new Audio());
    return elements.at(-1)!;
  };
  const playing = (): MediaStream[] =>
    elements.flatMap(({ muted, paused, srcObject }) =>
      !muted && !paused && srcObject instanceof MediaStream ? [srcObject] : [],
    );
  const ua = new UserAgent({
    servers: 'ws://hub.example',
    keepAlive: false,
    ipChange: { monitor: 'manual' },
    log: silentLogger,
    callPolicy: 'mix',
    ...options,
    environment: {
      webSocket,
      getUserMedia,
      createAudioElement,
      ...options.environment,
    },
  });
  const incoming: Call[] = [];
  ua.on('incomingCall', ({ call }) => incoming.push(call));
  const account = ua.addAccount({ uri: `sip:${name}@example.com`, register: false });
  const requests = (): string[] =>
    line.sent.filter((text) => !text.startsWith('SIP/2.0')).map((text) => /^\S+/.exec(text)![0]);
  const one = { playing, ua, account, microphones, requests, incoming, cut };
  people.push(one);
  return one;
}

/** `from` calls `to`, who answers; resolves when both are confirmed. */
export async function talk(from: Person, to: Person): Promise<{ readonly caller: Call; readonly callee: Call }> {
  const before = to.incoming.length;
  const caller = from.account.call(to.account.uri);
  await until(() => to.incoming.length > before, 'it rings');
  const callee = to.incoming.at(-1)!;
  await callee.answer();
  await caller.answered;
  return { caller, callee };
}

/** Ends all calls and people of the test. */
export async function goHome(): Promise<void> {
  const leaving = people.splice(0);
  for (const { ua } of leaving) ua.hangupAll();
  await Promise.all(leaving.map(({ ua }) => ua.stop({ wait: false })));
  lines.clear();
}
