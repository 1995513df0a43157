/** Digits of a call: by RTP (RFC 4733) or by INFO, as the peer can take them. */
import type { Clock } from '../base/clock.js';
import { sleep } from '../base/clock.js';
import { EvercallError, invalidOption, mustSucceed } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import { quiet } from '../base/quiet.js';
import { dtmfRelayType, writeDtmfRelay } from '../session/dtmf-relay.js';
import type { Session } from '../session/session.js';
import type { Leg } from './leg.js';

export interface SendDtmfOptions {
  /** `auto`: by RTP where the peer takes telephone-events, else by INFO. @default 'auto' */
  readonly method?: 'auto' | 'rtp' | 'info';
  /** Milliseconds of each tone, 40 to 6000. @default 160 */
  readonly duration?: number;
  /** Milliseconds between tones, at least 30. @default 70 */
  readonly gap?: number;
  readonly signal?: AbortSignal;
}

type DtmfWish = Required<Omit<SendDtmfOptions, 'signal'>>;

/** Complete options, or what is wrong with them. */
function dtmfWish(tones: string, options: SendDtmfOptions): DtmfWish {
  if (typeof tones !== 'string' || !/^[0-9A-D#*,]+$/i.test(tones)) {
    throw invalidOption('tones', 'takes 0-9, A-D, # and *, and a comma for a pause of two seconds', tones);
  }
  const { method = 'auto', duration = 160, gap = 70 } = options;
  checkOneOf('method', method, ['auto', 'rtp', 'info']);
  if (!(duration >= 40 && duration <= 6000)) throw invalidOption('duration', 'takes 40 to 6000 ms', duration);
  if (!(gap >= 30)) throw invalidOption('gap', 'takes 30 ms or more', gap);
  return { method, duration, gap };
}

/** Digits, one call of it after another. */
export function sendDigits(leg: Leg, tones: string, options: SendDtmfOptions): Promise<void> {
  const wish = dtmfWish(tones, options);
  const session = leg.mustBeConfirmed('sendDtmf');
  const media = leg.media.session;
  const { method, duration, gap } = wish;
  const isByRtp = method === 'rtp' || (method === 'auto' && media.canSendDtmf);
  return quiet(
    isByRtp
      ? media.sendDtmf(tones, { duration, gap })
      : leg.digits.run(() => sendDtmfByInfo(session, tones, wish, leg.context.clock, options.signal)),
  );
}

/** One INFO after another, as the tones would follow; a refusal ends it, not the call. */
async function sendDtmfByInfo(
  session: Session,
  tones: string,
  { duration, gap }: DtmfWish,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  for (const digit of tones.toUpperCase()) {
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
