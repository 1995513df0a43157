/** How audio sounds, estimated from what the network does to it: the E-model of ITU-T G.107, cut down to what a browser measures. */
import type { MediaStats } from './media-stats.js';

export interface CallQuality {
  /** Mean opinion score, 1 (bad) to 4.5 (as good as it gets), of what is heard here. */
  readonly mos: number;
  /** The transmission rating R that it comes from, 0 to 93. */
  readonly rating: number;
  /** Of what should have come since the last look: share that is lost, 0 to 1. */
  readonly loss: number;
  /** Seconds. */
  readonly jitter: number | undefined;
  /** Seconds. */
  readonly roundTripTime: number | undefined;
}

/** Nothing where too little has come to judge by. */
export function estimateQuality(former: MediaStats, now: MediaStats): CallQuality | undefined {
  const received = now.inbound.packets - former.inbound.packets;
  const lost = Math.max(0, now.inbound.packetsLost - former.inbound.packetsLost);
  if (received + lost <= 0) return undefined;
  const { jitter } = now.inbound;
  const { roundTripTime } = now;
  const loss = lost / (received + lost);
  const rating = transmissionRating(loss, jitter ?? 0, roundTripTime ?? 0, now.codec);
  return { mos: meanOpinion(rating), rating, loss, jitter, roundTripTime };
}

/** Milliseconds that packets, look-ahead and play-out take apart from the network. */
const fixedDelay = 40;

/** R = 93.2 − Id − Ie,eff: all of G.107 that is not at its default value. */
export function transmissionRating(loss: number, jitter: number, roundTripTime: number, codec?: string): number {
  const delay = (roundTripTime / 2 + 2 * jitter) * 1000 + fixedDelay;
  const delayed = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0); // G.107 annex B, in its usual linear form
  const { ie, bpl } = impairment(codec);
  const percent = loss * 100;
  const damaged = ie + ((95 - ie) * percent) / (percent + bpl); // G.107 §7.3 with BurstR = 1
  return Math.max(0, 93.2 - delayed - damaged);
}

/** G.107 annex B. */
export function meanOpinion(rating: number): number {
  if (rating <= 0) return 1;
  return Math.min(4.5, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/** ITU-T G.113 appendix I for G.711 with concealment; opus conceals as well, and repairs with FEC. */
function impairment(codec = ''): { readonly ie: number; readonly bpl: number } {
  return /^opus/i.test(codec) ? { ie: 0, bpl: 30 } : { ie: 0, bpl: 25.1 };
}
