// One call to a number: the callee's side of an INVITE and of what follows in its dialog (RFC 3261 §12.1.1, §13.3, §15).
import type { Clock } from '../../../lib/base/clock.js';
import { newBranch, newTag, systemRandom } from '../../../lib/base/random.js';
import {
  CSeq,
  Contact,
  From,
  MaxForwards,
  Via,
  header,
  headerValues,
  read,
  readAll,
} from '../../../lib/parser/index.js';
import type { Header, SipMessage, SipRequest, SipResponse } from '../../../lib/parser/index.js';
import { respond } from '../messages.js';
import { Audio } from './audio.js';
import type { AudioOptions, Source } from './audio.js';

export interface NumberCallOptions extends AudioOptions {
  readonly source: Source;
  /** Milliseconds that it rings before it is answered. */
  readonly ringFor: number;
  /** Milliseconds after which it hangs up. */
  readonly maxDuration: number;
  readonly domain: string;
}

export interface NumberCallUser {
  send(message: SipMessage): void;
  /** It is over, and everything is given back. */
  onEnded(call: NumberCall): void;
}

/** T1, T2 and 64 times T1 of RFC 3261 §17: a 2xx is repeated until its ACK comes. */
const [t1, t2, patience] = [500, 4000, 32_000];
/** How long a caller whose network is gone has to come back. */
const forgiveness = 60_000;

export class NumberCall {
  readonly tag = newTag(systemRandom);
  readonly #invite: SipRequest;
  readonly #options: NumberCallOptions;
  readonly #clock: Clock;
  readonly #user: NumberCallUser;
  #state: 'ringing' | 'answering' | 'answered' | 'confirmed' | 'ended' = 'ringing';
  #audio: Audio | undefined;
  #final: SipResponse | undefined;
  /** The sequence of the request that `#final` answers. */
  #awaitsAck: number | undefined;
  #sequence = 0;
  readonly #timers = new Set<() => void>();

  constructor(invite: SipRequest, options: NumberCallOptions, clock: Clock, user: NumberCallUser) {
    this.#invite = invite;
    this.#options = options;
    this.#clock = clock;
    this.#user = user;
  }

  start(): void {
    if (this.#options.ringFor === 0) {
      void this.#answer();
      return;
    }
    this.#respond(this.#invite, 180, [this.#contact]);
    this.#after(this.#options.ringFor, () => void this.#answer());
  }

  /** A request of its dialog, or the CANCEL of its INVITE. */
  onRequest(request: SipRequest): void {
    switch (request.method) {
      case 'CANCEL':
        this.#respond(request, 200);
        if (this.#state === 'ringing' || this.#state === 'answering') this.#refuse(487);
        return;
      case 'ACK':
        this.#onAck(request);
        return;
      case 'BYE':
        this.#respond(request, 200);
        this.#end();
        return;
      case 'INVITE':
        void this.#renegotiate(request);
        return;
      default:
        this.#respond(request, ['INFO', 'OPTIONS', 'MESSAGE'].includes(request.method) ? 200 : 405, [allow]);
    }
  }

  /** Says BYE where there is a call to end. */
  hangup(): void {
    if (this.#state === 'ringing' || this.#state === 'answering') this.#refuse(480);
    else if (this.#state !== 'ended') {
      this.#user.send(this.#bye());
      this.#end();
    }
  }

  /** Nothing of the sound gets through, either way, until ICE is restarted. */
  losePath(): void {
    this.#audio?.losePath();
  }

  async #answer(): Promise<void> {
    this.#state = 'answering';
    const offer = sdpOf(this.#invite);
    const onLost = (): void => {
      this.#after(forgiveness, () => {
        if (!this.#audio?.isConnected) this.hangup();
      });
    };
    this.#audio =
      offer === undefined
        ? Audio.forLateOffer(this.#options.source, this.#options, onLost)
        : Audio.forOffer(offer, this.#options.source, this.#options, onLost);
    if (!this.#audio) {
      this.#refuse(488);
      return;
    }
    const sdp = await this.#negotiate(this.#audio, offer);
    if (this.isEnded) return;
    if (sdp === undefined) this.#refuse(488);
    else {
      this.#state = 'answered';
      this.#accept(this.#invite, sdp);
      this.#after(this.#options.maxDuration, () => {
        this.hangup();
      });
    }
  }

  /** Whether everything was given back. */
  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** A description that the WebRTC library cannot read is the caller's mistake, or ours; it ends this negotiation alone. */
  async #negotiate(audio: Audio, offer: string | undefined): Promise<string | undefined> {
    try {
      return await (offer === undefined ? audio.offer() : audio.answer(offer));
    } catch {
      return undefined;
    }
  }

  async #renegotiate(request: SipRequest): Promise<void> {
    const offer = sdpOf(request);
    if (!this.#audio || this.#awaitsAck !== undefined) {
      this.#respond(request, 491); // §14.2
      return;
    }
    const sdp = await this.#negotiate(this.#audio, offer);
    if (this.isEnded) this.#respond(request, 481);
    else if (sdp === undefined) this.#respond(request, 488);
    else this.#accept(request, sdp);
  }

  /** §13.3.1.4. */
  #accept(request: SipRequest, sdp: string): void {
    const headers = [this.#contact, allow, { name: 'Content-Type', value: 'application/sdp' }];
    const sequence = read(request, CSeq)!.sequence;
    this.#final = this.#respond(request, 200, headers, sdp);
    this.#awaitsAck = sequence;
    const repeat = (wait: number): void => {
      this.#after(wait, () => {
        if (this.#awaitsAck !== sequence) return;
        this.#user.send(this.#final!);
        repeat(Math.min(2 * wait, t2));
      });
    };
    repeat(t1);
    this.#after(patience, () => {
      if (this.#awaitsAck === sequence) this.hangup();
    });
  }

  #onAck(ack: SipRequest): void {
    if (read(ack, CSeq)!.sequence !== this.#awaitsAck) return;
    this.#awaitsAck = undefined;
    if (this.#state === 'answered') this.#state = 'confirmed';
    const answer = sdpOf(ack);
    const isOurOffer = answer !== undefined && sdpOf(this.#invite) === undefined;
    if (isOurOffer) this.#audio?.applyAnswer(answer).catch(() => { this.hangup(); }); // prettier-ignore
  }

  #refuse(status: number): void {
    this.#respond(this.#invite, status);
    this.#end();
  }

  #respond(request: SipRequest, status: number, headers: readonly Header[] = [], body = ''): SipResponse {
    const recorded = headerValues(request, 'Record-Route').map((value) => ({ name: 'Record-Route', value }));
    const isDialogForming = request.method === 'INVITE' && status > 100 && status < 300;
    const made = respond(request, status, isDialogForming ? [...recorded, ...headers] : headers, body);
    const response = { ...made, headers: made.headers.map((given) => this.#withOurTag(given, status)) };
    this.#user.send(response);
    return response;
  }

  /** Every response of a dialog carries the same tag (§12.1.1). */
  #withOurTag(given: Header, status: number): Header {
    if (given.name !== 'To' || status === 100) return given;
    return { name: 'To', value: `${given.value.replace(/;tag=[^;]*/i, '')};tag=${this.tag}` };
  }

  #bye(): SipRequest {
    const via = { protocol: 'SIP', version: '2.0', transport: 'WS', host: 'numbers.invalid' };
    const toHeader = this.#invite.headers.find(({ name }) => name === 'To')!.value;
    const [target] = readAll(this.#invite, Contact);
    const value = (name: string, text: string): Header => ({ name, value: text });
    return {
      method: 'BYE',
      uri: target === undefined || target === '*' ? read(this.#invite, From)!.uri : target.uri,
      headers: [
        header(Via, { ...via, params: new Map([['branch', newBranch(systemRandom)]]) }),
        header(MaxForwards, 70),
        ...headerValues(this.#invite, 'Record-Route').map((route) => value('Route', route)),
        value('From', `${toHeader};tag=${this.tag}`),
        value('To', this.#invite.headers.find(({ name }) => name === 'From')!.value),
        ...this.#invite.headers.filter(({ name }) => name === 'Call-ID'),
        header(CSeq, { sequence: ++this.#sequence, method: 'BYE' }),
      ],
      body: '',
    };
  }

  get #contact(): Header {
    return { name: 'Contact', value: `<sip:${this.#options.source}@${this.#options.domain};transport=ws>` };
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    for (const cancel of this.#timers) cancel();
    void this.#audio?.close();
    this.#user.onEnded(this);
  }
}

const allow: Header = { name: 'Allow', value: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE' };

function sdpOf({ body }: SipRequest): string | undefined {
  if (body.length === 0) return undefined;
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}
