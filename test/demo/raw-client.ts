// A client that speaks SIP by hand: text goes out as it is, and what comes in is awaited message by message.
import { createHash, randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { within } from '../support/servers/deadline.js';
import type { DemoServer } from '../../demo/server/demo-server.js';

export type Headers = Readonly<Record<string, string>>;

let count = 0;

/** The value of a header of a message as text. */
export function valueOf(message: string, name: string): string | undefined {
  return valuesOf(message, name)[0];
}

export function valuesOf(message: string, name: string): string[] {
  return [...message.matchAll(new RegExp(`^${name}: *(.*)\r$`, 'gim'))].map((match) => match[1]!);
}

export const startLine = (message: string): string => message.split('\r\n', 1)[0]!;
export const statusOf = (message: string): number => Number(/^SIP\/2\.0 (\d+)/.exec(message)?.[1]);
export const tagOf = (value: string | undefined): string | undefined => /;tag=([^;]+)/.exec(value ?? '')?.[1];

/** The Authorization value that answers one of the challenges of a response (RFC 7616 §3.4). */
export function authorize(
  response: string,
  request: { method: string; uri: string; user: string; password?: string; algorithm?: 'MD5' | 'SHA-256'; nc?: string },
): string {
  const { method, uri, user, password = `${user}-pw`, algorithm = 'MD5', nc = '00000001' } = request;
  const challenges = [...valuesOf(response, 'WWW-Authenticate'), ...valuesOf(response, 'Proxy-Authenticate')];
  const challenge = challenges.find((value) => new RegExp(`algorithm="?${algorithm}\\b`).test(value))!;
  const param = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)![1]!;
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const [realm, nonce] = [param('realm'), param('nonce')];
  const ha1 = hash(`${user}:${realm}:${password}`);
  const digest = hash(`${ha1}:${nonce}:${nc}:0a0b:auth:${hash(`${method}:${uri}`)}`);
  return (
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${digest}", ` +
    `algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="0a0b"`
  );
}

export class RawClient {
  readonly user: string;
  readonly contact: string;
  readonly socket: WebSocket;
  readonly #inbox: string[] = [];
  #wake: (() => void) | undefined;
  #sequence = 0;
  readonly callId = randomUUID();

  private constructor(user: string, contact: string, socket: WebSocket) {
    this.user = user;
    this.contact = contact;
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#inbox.push(data.toString());
      this.#wake?.();
    });
  }

  static async open(
    server: DemoServer,
    user: string,
    contact = `sip:${user}-${++count}@${user}.invalid`,
  ): Promise<RawClient> {
    const socket = new WebSocket(server.url.replace('http', 'ws'), 'sip');
    const client = new RawClient(user, contact, socket);
    await within(
      2000,
      'the socket',
      new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
    );
    return client;
  }

  /** With a binding. */
  static async registered(server: DemoServer, user: string, contactParams = ''): Promise<RawClient> {
    const client = await RawClient.open(server, user);
    const response = await client.register(`<${client.contact}>${contactParams}`);
    if (statusOf(response) !== 200) throw new Error(response);
    return client;
  }

  get aor(): string {
    return `sip:${this.user}@evercall.test`;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  /** Sends a request; the headers given take the place of the usual ones. Returns its text. */
  request(method: string, uri: string, headers: Headers = {}, body = ''): string {
    const all: Record<string, string> = {
      Via: `SIP/2.0/WS ${this.user}.invalid;branch=z9hG4bK${++count}`,
      'Max-Forwards': '70',
      From: `<${this.aor}>;tag=${this.user}`,
      To: `<${uri}>`,
      'Call-ID': this.callId,
      CSeq: `${++this.#sequence} ${method}`,
      Contact: `<${this.contact}>`,
      ...headers,
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === '' ? [] : value.split('\n').map((each) => `${name}: ${each}`),
    );
    const text = `${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
    this.send(text);
    return text;
  }

  /** Answers a request. */
  respond(request: string, status: number, headers: Headers = {}): string {
    const copied = ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
      valuesOf(request, name).map((value) => `${name}: ${value}`),
    );
    const to = valueOf(request, 'To')!;
    const tagged = /;tag=/.test(to) ? to : `${to};tag=${this.contact.replace(/\W/g, '')}`;
    const own = Object.entries({ Contact: `<${this.contact}>`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const text = [`SIP/2.0 ${status} Because`, ...copied, `To: ${tagged}`, ...own, 'Content-Length: 0', '', ''].join(
      '\r\n',
    );
    this.send(text);
    return text;
  }

  /** The next message; those that came before it in vain are an error. */
  async next(start: string | RegExp): Promise<string> {
    const arrival = async (): Promise<void> => {
      while (this.#inbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    };
    await within(2000, `${this.user}: ${start.toString()}`, arrival());
    const message = this.#inbox.shift()!;
    const line = startLine(message);
    const isIt = typeof start === 'string' ? line.startsWith(start) : start.test(line);
    if (!isIt) throw new Error(`${this.user} waited for ${start.toString()}, but there came\n${message}`);
    return message;
  }

  /** What came and was not asked for. */
  get unread(): readonly string[] {
    return this.#inbox.map(startLine);
  }

  /** REGISTER until it is answered for good. */
  async register(contact: string, headers: Headers = {}, algorithm: 'MD5' | 'SHA-256' = 'MD5'): Promise<string> {
    const uri = 'sip:evercall.test';
    const common = { To: `<${this.aor}>`, Contact: contact, ...headers };
    this.request('REGISTER', uri, common);
    const challenge = await this.next('SIP/2.0 401');
    const Authorization = authorize(challenge, { method: 'REGISTER', uri, user: this.user, algorithm });
    this.request('REGISTER', uri, { ...common, Authorization });
    return this.next('SIP/2.0');
  }

  /** Sends a request outside of a dialog and answers the challenge; returns what was sent in the end. */
  async authorized(method: string, uri: string, headers: Headers = {}, body = ''): Promise<string> {
    const first = this.request(method, uri, headers, body);
    const challenge = await this.next('SIP/2.0 407');
    if (method === 'INVITE') this.acknowledge(first, challenge);
    const credentials = authorize(challenge, { method, uri, user: this.user });
    return this.request(method, uri, { ...headers, 'Proxy-Authorization': credentials }, body);
  }

  /** The ACK of a response that is no success: hop by hop, in the INVITE's transaction (RFC 3261 §17.1.1.3). */
  acknowledge(invite: string, response: string): void {
    this.request('ACK', startLine(invite).split(' ')[1]!, {
      Via: valueOf(invite, 'Via')!,
      To: valueOf(response, 'To')!,
      CSeq: `${Number.parseInt(valueOf(invite, 'CSeq')!, 10)} ACK`,
    });
  }

  close(): void {
    this.socket.terminate();
  }
}
