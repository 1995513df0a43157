/** The ladder on which a call is brought back: its rungs, and which one follows a failure, after how long. */
import type { EvercallError } from '../base/errors.js';

const rungs = ['dialog', 'offer', 'media', 'rebuild', 'replace'] as const;
export type Rung = (typeof rungs)[number];

export const higher = (one: Rung | undefined, other: Rung): Rung =>
  one && rungs.indexOf(one) > rungs.indexOf(other) ? one : other;

/** Milliseconds: the first wait after a refusal that may pass, and the longest. */
const firstWait = 200;
const longestWait = 5000;
/** How often another dialog is tried. */
const successions = 12;

export interface Failure {
  readonly error: Partial<EvercallError>;
  readonly rung: Rung;
  /** The peer has told meanwhile that it is somewhere else. */
  readonly isElsewhere: boolean;
  /** By `clock.now()`. */
  readonly now: number;
  /** Milliseconds in which failures may pass. */
  readonly gracePeriod: number;
}

export interface Next {
  readonly rung: Rung;
  /** Milliseconds. */
  readonly wait: number;
}

export class Ladder {
  /** The peer has said that it knows nothing of the dialog, or that it has ended. */
  isGone = false;
  /** Whoever is registered for the peer knows nothing of the call; the peer may have been away. */
  isUnknown = false;
  /** Failures in a row, and when the first of them was. */
  #attempt = 0;
  #failingSince = 0;
  /** How often another dialog was tried, and what was tried before. */
  #replaced = 0;
  #below: Rung = 'dialog';

  /** From the ground again. */
  begin(): void {
    this.#attempt = this.#replaced = 0;
    this.#below = 'dialog';
    this.isUnknown = false;
  }

  onDone(): void {
    this.#attempt = this.#replaced = 0;
    this.isGone = this.isUnknown = false;
  }

  /** What to try next; nothing where the peer has said its last word. */
  onFailure({ error, rung, isElsewhere, now, gracePeriod }: Failure): Next | undefined {
    if (this.#attempt === 0) this.#failingSince = now;
    const isPatient = now - this.#failingSince < gracePeriod;
    const attempt = isElsewhere ? 0 : this.#attempt;
    this.#attempt++;
    const { code, status = 0 } = error;
    if (code === 'transport') return { rung, wait: 0 }; // lost once more: the next connection will tell
    if ((status === 481 && !isElsewhere) || (rung === 'replace' && status === 603)) this.isGone = true; // RFC 3891 §3
    const again = { rung, wait: Math.min(longestWait, firstWait * 2 ** attempt) };
    if (rung === 'replace') return this.isGone || !isPatient ? undefined : { ...again, rung: this.#below };
    // what was said went astray, or to a peer that knows nothing of this dialog: both may know each other by another
    const isUnheard = code === 'timeout' || code === 'cancelled' || [404, 408, 410, 430, 481].includes(status);
    const isRefused = attempt > 0 && (status === 480 || (status >= 500 && status < 600));
    if (!isElsewhere && (isUnheard || isRefused) && this.#replaced < successions) {
      this.#replaced++;
      this.#below = rung;
      return { rung: 'replace', wait: 0 };
    }
    if (isUnheard || isPassing(error)) return isPatient ? again : undefined;
    if (rung === 'media' && code !== 'protocol') return { rung: 'rebuild', wait: 0 };
    return undefined;
  }
}

/** A proxy may not know us, or the peer, before it has our REGISTER; a peer that offers itself will come to an end of it. */
export function isPassing({ status = 0 }: Partial<EvercallError>): boolean {
  return [401, 403, 407, 408, 430, 480, 491].includes(status) || (status >= 500 && status < 600);
}
