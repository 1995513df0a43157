/** Plays digits as RFC 4733 telephone-events through the browser's RTCDTMFSender, one job after another. */
import { EvercallError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import { Queue } from '../base/queue.js';
import type { Signal } from '../base/lifetime.js';

export interface DtmfOptions {
  /** Milliseconds of each tone; browsers take 40 to 6000. */
  readonly duration: number;
  /** Milliseconds between tones; browsers take 30 and more. */
  readonly gap: number;
}

/** Milliseconds past the reckoned end after which the tones count as lost: the sender stops without a word when sending stops. */
const grace = 2000;

export class DtmfPlayer {
  readonly #clock: Clock;
  readonly #queue = new Queue();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the last tone was played out, with what was asked for earlier before it. */
  play(sender: () => RTCDTMFSender | undefined, tones: string, options: DtmfOptions, signal: Signal): Promise<void> {
    return this.#queue.run(() => {
      if (signal.aborted) throw aborted();
      const dtmf = sender();
      if (!dtmf?.canInsertDTMF) throw new EvercallError('invalidState', 'telephone-events cannot be sent now');
      return tones === '' ? Promise.resolve() : this.#insert(dtmf, tones, options, signal);
    });
  }

  #insert(dtmf: RTCDTMFSender, tones: string, { duration, gap }: DtmfOptions, signal: Signal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        dtmf.removeEventListener('tonechange', onTone);
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      const onTone = ({ tone }: RTCDTMFToneChangeEvent): void => {
        if (tone === '' && dtmf.toneBuffer === '') end(resolve);
      };
      const onAbort = (): void => end(() => reject(aborted()));
      const lost = new EvercallError('invalidState', 'the tones were not played out: sending has stopped');
      const cancel = this.#clock.after(reckon(tones, duration, gap) + grace, () => end(() => reject(lost)));
      dtmf.addEventListener('tonechange', onTone);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        dtmf.insertDTMF(tones, duration, gap);
      } catch (error) {
        end(() => reject(new EvercallError('invalidState', `telephone-events: ${String(error)}`, { cause: error })));
      }
    });
  }
}

const aborted = (): EvercallError => new EvercallError('aborted', 'the call has ended');

/** A comma is a pause of two seconds (W3C WebRTC §7.2). */
function reckon(tones: string, duration: number, gap: number): number {
  let sum = 0;
  for (const tone of tones) sum += tone === ',' ? 2000 : duration + gap;
  return sum;
}
