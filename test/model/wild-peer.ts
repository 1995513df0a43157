// A phone and a peer that may say anything at any time: what is legal, what is late, and what no peer should say.
import { loadReplacement } from '../../lib/call/load-replacement.js';
import { challengeParts } from '../../lib/core/authenticator.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import { assert } from 'chai';
import {
  CSeq,
  CallId,
  From,
  ParseError,
  To,
  headerValue,
  isRequest,
  parseMessage,
  read,
} from '../../lib/parser/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { peerSdp } from '../support/phone.js';
import { FakeSocket } from '../support/scripted-server.js';
import { WatchedPhone } from './watched-phone.js';
import { WireRules } from './wire-rules.js';

export const bodies = {
  none: '',
  answer: peerSdp(),
  held: peerSdp('sendonly', 2),
  offer: peerSdp('sendrecv', 3).replace('a=setup:active', 'a=setup:actpass'),
  refused: peerSdp().replace('m=audio 50000', 'm=audio 0'),
  plainRtp: peerSdp()
    .replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')
    .replace(/a=fingerprint.*\r\n/, ''),
  cut: peerSdp().slice(0, 60),
  text: 'hello',
} as const;
export type Body = keyof typeof bodies;

/** A dialog as the peer sees it. */
interface Dialog {
  readonly callId: string;
  readonly ours: string;
  readonly theirs: string;
  sequence: number;
}

/** An INVITE of the peer's. */
interface Invite {
  readonly callId: string;
  readonly branch: string;
  readonly sequence: number;
  readonly tag: string;
  toTag: string | undefined;
  rseq: number | undefined;
}

export class WildPeer {
  readonly clock = new FakeClock();
  readonly phone: WatchedPhone;
  readonly #rules: WireRules;
  /** Violations on the wire that are the phone's, not the peer's. */
  readonly #wrongs: string[] = [];
  readonly #asked: SipRequest[] = [];
  readonly #answered = new Set<SipRequest>();
  readonly #invites: Invite[] = [];
  readonly #dialogs: Dialog[] = [];
  readonly #said: string[] = [];
  #socket: FakeSocket | undefined;
  #serial = 0;
  #isSilent = false;

  private constructor(seed: number, trace?: (line: string) => void) {
    this.#rules = new WireRules(this.clock, trace);
    this.#rules.isDisturbed = true;
    this.phone = new WatchedPhone('alice', (url) => this.#open(url), this.clock, seed);
  }

  static async make(seed: number, trace?: (line: string) => void): Promise<WildPeer> {
    await Promise.all([allParts.load(), challengeParts.load(), loadReplacement()]); // it takes real time
    const peer = new WildPeer(seed, trace);
    await settle();
    return peer;
  }

  /** Calls the phone. */
  invite(body: Body, headers: readonly string[]): void {
    const serial = ++this.#serial;
    const invite = {
      callId: `wild-${serial}`,
      branch: `z9hG4bKwild${serial}`,
      sequence: 1,
      tag: `t${serial}`,
      toTag: undefined,
      rseq: undefined,
    };
    this.#invites.push(invite);
    this.#say(this.#request('INVITE', invite, body, headers));
  }

  /** Takes an INVITE back. */
  cancel(pick: number): void {
    const invite = pickOf(this.#invites, pick);
    if (invite) this.#say(this.#request('CANCEL', invite, 'none', []));
  }

  ack(pick: number, body: Body): void {
    const invite = pickOf(this.#invites, pick);
    if (!invite) return;
    this.#say(this.#request('ACK', { ...invite, branch: `z9hG4bKack${++this.#serial}` }, body, []));
  }

  /** Acknowledges a provisional response, the right one or another. */
  prack(pick: number, body: Body, isRight: boolean): void {
    const invite = pickOf(this.#invites, pick);
    if (!invite) return;
    const dialog = this.#dialogs.find(({ callId }) => callId === invite.callId);
    const sequence = dialog ? ++dialog.sequence : 2;
    const rack = `RAck: ${(invite.rseq ?? 1) + (isRight ? 0 : 1)} ${invite.sequence} INVITE`;
    this.#say(this.#request('PRACK', { ...invite, branch: `z9hG4bKprack${++this.#serial}`, sequence }, body, [rack]));
  }

  request(pick: number, method: string, step: number, isRight: boolean, body: Body, headers: readonly string[]): void {
    const dialog = pickOf(this.#dialogs, pick);
    if (!dialog) return;
    const sequence = Math.max(1, dialog.sequence + step);
    dialog.sequence = Math.max(dialog.sequence, sequence);
    const inDialog = {
      callId: dialog.callId,
      branch: `z9hG4bKin${++this.#serial}`,
      sequence,
      tag: dialog.theirs,
      toTag: isRight ? dialog.ours : 'wrong',
      rseq: undefined,
    };
    if (method === 'INVITE' && isRight) this.#invites.push(inDialog);
    this.#say(this.#request(method, inDialog, body, headers));
  }

  /** Answers one of the phone's requests, answered or not. */
  respond(pick: number, status: number, tag: string, body: Body, headers: readonly string[]): void {
    const request = pickOf(this.#asked, pick);
    if (request) this.#respond(request, status, tag, body, headers);
  }

  /** Says again what it said before, to the letter. */
  repeat(pick: number): void {
    const text = pickOf(this.#said, pick);
    if (text !== undefined) this.#deliver(text);
  }

  /** Says what is no message. */
  babble(text: string): void {
    this.#socket?.receive(text);
  }

  /** The connection is lost. */
  hangUpSocket(): void {
    if (this.#socket?.isClosed === false) this.#socket.drop();
  }

  /** The phone ends its calls, the peer agrees to everything or says no more; resolves with what was wrong, and what is left. */
  async end(isSilent: boolean): Promise<string[]> {
    this.phone.ua.hangupAll();
    this.#isSilent = isSilent;
    for (let second = 0; second < 140; second++) {
      if (!isSilent) this.#agree();
      await this.clock.advance(1000);
    }
    const wrongs = [...this.#wrongs, ...this.phone.wrongs, ...this.phone.leftovers];
    if (this.clock.pending > 0) wrongs.push(`${this.clock.pending} timers are set`);
    void this.phone.ua.stop({ unregister: false });
    await settle();
    return wrongs;
  }

  #agree(): void {
    for (const request of this.#asked)
      if (!this.#answered.has(request))
        this.#respond(request, request.method === 'INVITE' ? 487 : 200, 'a', 'none', []);
  }

  #open(url: string): FakeSocket {
    const socket = new FakeSocket(url, (frame) => {
      this.#hear(String(frame));
    });
    this.#rules.onConnected(0);
    queueMicrotask(() => {
      if (!socket.isClosed) socket.open();
    });
    return (this.#socket = socket);
  }

  #hear(text: string): void {
    if (text.trim() === '') return;
    this.#rules.onSent(0, text);
    this.#wrongs.push(...this.#rules.violations.splice(0));
    const message = parseMessage(text);
    assert(!(message instanceof ParseError));
    if (isRequest(message)) {
      if (message.method !== 'ACK') this.#asked.push(message);
    } else this.#learn(message);
  }

  /** What the phone answers makes dialogs, and names provisional responses that want a PRACK. */
  #learn(response: SipResponse): void {
    const { method, sequence } = read(response, CSeq)!;
    const callId = read(response, CallId)!;
    const ours = read(response, To)!.params.get('tag');
    if (method !== 'INVITE' || !ours) return;
    const invite = this.#invites.find((one) => one.callId === callId && one.sequence === sequence);
    if (!invite) return;
    invite.toTag = ours;
    invite.rseq = Number(headerValue(response, 'RSeq') ?? invite.rseq ?? 0) || undefined;
    if (!this.#dialogs.some((one) => one.callId === callId && one.ours === ours))
      this.#dialogs.push({ callId, ours, theirs: invite.tag, sequence });
  }

  #respond(request: SipRequest, status: number, tag: string, body: Body, headers: readonly string[]): void {
    const to = headerValue(request, 'To')!;
    const hasTag = to.includes(';tag=');
    if (status >= 200) this.#answered.add(request);
    if (request.method === 'INVITE' && !hasTag && status > 100 && status < 300) {
      const callId = read(request, CallId)!;
      const ours = read(request, From)!.params.get('tag')!;
      if (!this.#dialogs.some((one) => one.callId === callId && one.theirs === tag))
        this.#dialogs.push({ callId, ours, theirs: tag, sequence: 0 });
    }
    this.#say([
      `SIP/2.0 ${status} Whatever`,
      ...request.headers.filter(({ name }) => name === 'Via').map(({ value }) => `Via: ${value}`),
      `From: ${headerValue(request, 'From')}`,
      `To: ${hasTag || status === 100 ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${headerValue(request, 'Call-ID')}`,
      `CSeq: ${headerValue(request, 'CSeq')}`,
      ...headers,
      ...describe(body),
    ]);
  }

  #request(
    method: string,
    { callId, branch, sequence, tag, toTag }: Invite,
    body: Body,
    headers: readonly string[],
  ): string[] {
    return [
      `${method} sip:alice@example.com SIP/2.0`,
      `Via: SIP/2.0/WS edge.example;branch=${branch}`,
      'Max-Forwards: 69',
      `From: <sip:bob@example.com>;tag=${tag}`,
      `To: <sip:alice@example.com>${toTag === undefined || method === 'CANCEL' ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      ...(method === 'INVITE' || method === 'UPDATE' ? ['Contact: <sip:bob@bob.invalid;transport=ws>'] : []),
      ...headers,
      ...describe(body),
    ];
  }

  #say(lines: readonly string[]): void {
    const text = lines.join('\r\n');
    this.#said.push(text);
    this.#deliver(text);
  }

  #deliver(text: string): void {
    if (!this.#socket || this.#socket.isClosed || this.#isSilent) return;
    this.#rules.onSent(1, text);
    this.#rules.onDelivered(0, text);
    this.#rules.violations.length = 0; // the peer's own
    this.#socket.receive(text);
  }
}

/** One of the last few. */
const pickOf = <T>(all: readonly T[], pick: number): T | undefined =>
  all.at(-1 - (pick % Math.max(1, Math.min(4, all.length))));

function describe(body: Body): string[] {
  const text = bodies[body];
  const type = body === 'none' ? [] : [`Content-Type: ${body === 'text' ? 'text/plain' : 'application/sdp'}`];
  return [...type, `Content-Length: ${Buffer.byteLength(text)}`, '', text];
}

export type { SipMessage };
