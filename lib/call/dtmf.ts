/** Digits of a call: by RTP (RFC 4733), by INFO, or both, as the peer can take them. */
import { sleep } from '../base/clock.js';
import { EvercallError, invalidOption, mustSucceed } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import { Queue } from '../base/queue.js';
import { quiet } from '../base/quiet.js';
import { dtmfRelayType, writeDtmfRelay } from '../session/dtmf-relay.js';
import type { Session } from '../session/session.js';
import type { Leg } from './leg.js';

export interface SendDtmfOptions {
  /**
   * `auto`: by RTP where the peer takes telephone-events, else by INFO; `both` for gateways that hear only one of them. A
   * hook flash goes by INFO in any case: browsers send none by RTP. @default 'auto'
   */
  readonly method?: 'auto' | 'rtp' | 'info' | 'both';
  /** Milliseconds of each tone, 40 to 6000. @default 160 */
  readonly duration?: number;
  /** Milliseconds between tones, at least 30. @default 70 */
  readonly gap?: number;
  readonly signal?: AbortSignal;
}

type DtmfWish = Required<Omit<SendDtmfOptions, 'signal'>>;

/** What one call of `sendDtmf` has yet to send. */
interface Job {
  /** Without what the browser plays at present. */
  left: string;
  /** Whether the browser plays. */
  isPlaying: boolean;
}

/** Digits wait for those that were asked for before. */
export class Digits {
  readonly #queue = new Queue();
  readonly #leg: Leg;
  #jobs: readonly Job[] = [];

  constructor(leg: Leg) {
    this.#leg = leg;
  }

  /** Not sent yet. */
  get pending(): string {
    const played = this.#leg.media.session.toneBuffer;
    return this.#jobs.map(({ left, isPlaying }) => (isPlaying ? played + left : left)).join('');
  }

  send(session: Session, tones: string, wish: DtmfWish, signal?: AbortSignal): Promise<void> {
    const job = { left: tones, isPlaying: false };
    this.#jobs = [...this.#jobs, job];
    return this.#queue
      .run(() => this.#run(session, job, wish, signal))
      .finally(() => {
        this.#jobs = this.#jobs.filter((other) => other !== job);
      });
  }

  async #run(session: Session, job: Job, wish: DtmfWish, signal?: AbortSignal): Promise<void> {
    for (const part of job.left.split(/(R+)/).filter(Boolean)) {
      const { method } = wish;
      const canPlay = this.#leg.media.session.canSendDtmf;
      const isPlayed = !part.startsWith('R') && (method === 'rtp' || (method !== 'info' && canPlay));
      const isSent = !isPlayed || method === 'both';
      await Promise.all([
        isSent && this.#inform(session, job, part, wish, signal),
        isPlayed && this.#play(job, part, wish, !isSent),
      ]);
    }
  }

  async #play(job: Job, tones: string, { duration, gap }: DtmfWish, counts: boolean): Promise<void> {
    if (counts) Object.assign(job, { left: job.left.slice(tones.length), isPlaying: true });
    await this.#leg.media.session.sendDtmf(tones, { duration, gap });
    job.isPlaying = false;
  }

  /** One INFO after another, as the tones would follow; a refusal ends it, not the call. */
  async #inform(session: Session, job: Job, tones: string, wish: DtmfWish, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#leg.context;
    const { duration, gap } = wish;
    for (const digit of tones) {
      job.left = job.left.slice(1);
      if (digit === ',') {
        await sleep(clock, 2000, signal);
        continue;
      }
      if (signal?.aborted || session.isOver) throw new EvercallError('aborted', 'the digits were cut short');
      const body = writeDtmfRelay({ digit, duration });
      mustSucceed(await session.request('INFO', [{ name: 'Content-Type', value: dtmfRelayType }], body));
      await sleep(clock, duration + gap, signal);
    }
  }
}

/** Complete options, or what is wrong with them. */
function dtmfWish(tones: string, options: SendDtmfOptions): DtmfWish {
  if (typeof tones !== 'string' || !/^[0-9A-DR#*,]+$/i.test(tones)) {
    throw invalidOption('tones', 'takes 0-9, A-D, #, *, R for a flash, and a comma for a pause of two seconds', tones);
  }
  const { method = 'auto', duration = 160, gap = 70 } = options;
  checkOneOf('method', method, ['auto', 'rtp', 'info', 'both']);
  if (method === 'rtp' && /R/i.test(tones)) throw invalidOption('tones', 'takes no flash by RTP', tones);
  if (!(duration >= 40 && duration <= 6000)) throw invalidOption('duration', 'takes 40 to 6000 ms', duration);
  if (!(gap >= 30)) throw invalidOption('gap', 'takes 30 ms or more', gap);
  return { method, duration, gap };
}

export function sendDigits(leg: Leg, tones: string, options: SendDtmfOptions): Promise<void> {
  const wish = dtmfWish(tones, options);
  const session = leg.mustBeConfirmed('sendDtmf');
  return quiet(leg.digits.send(session, tones.toUpperCase(), wish, options.signal));
}
