/** A change that the peer offers, and the app's word on it. Loaded where the app listens. */
import { sleep } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError, invalidOption } from '../base/errors.js';
import { offeredChanges } from '../media/media-lines.js';
import type { OfferedChange } from '../media/media-lines.js';
import type { VideoWish } from '../media/video-source.js';
import { checkVideo } from './call-config.js';
import type { OfferVerdict } from './call-media.js';
import type { Leg } from './leg.js';

export interface OfferEvent {
  readonly method: 'INVITE' | 'UPDATE';
  /** The session description. */
  readonly offer: string;
  /** Where it differs from what is negotiated. */
  readonly streams: readonly OfferedChange[];
  /** Answers it; with `video`, takes video that it adds. */
  readonly accept: (options?: { readonly video?: VideoWish }) => void;
  /** Refuses it: the call goes on as it was. @param status 300 to 699. @default 488 */
  readonly reject: (status?: number) => void;
  /**
   * The answer waits until `promise` has settled, or the app has decided: at most a minute, after which the change is answered
   * as without a word of the app's. An UPDATE must be answered soon (RFC 3311 §5.2): it is refused with 504 after ten seconds.
   * Where the call has to be brought back meanwhile, the offer is put off: it gets 500 with Retry-After, and comes again.
   */
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

const patience = { INVITE: 60_000, UPDATE: 10_000 } as const;

/** Resolves with what the app decides, at the latest when there is nobody left to answer. */
export async function askApp(
  leg: Leg,
  offer: string,
  method: 'INVITE' | 'UPDATE',
  signal?: AbortSignal,
): Promise<OfferVerdict> {
  const decided = new Deferred<OfferVerdict>();
  const over = new AbortController();
  const reasons: Promise<unknown>[] = [];
  const decide = (verdict: OfferVerdict): void => {
    if (over.signal.aborted) throw new EvercallError('invalidState', 'the offer has been answered');
    over.abort();
    decided.resolve(verdict);
  };
  leg.tell('offer', {
    method,
    offer,
    streams: offeredChanges(offer, leg.media.lines),
    accept: ({ video = false } = {}) => {
      checkVideo('video', video);
      decide({ video });
    },
    reject: (status = 488) => {
      if (!(Number.isInteger(status) && status >= 300 && status <= 699))
        throw invalidOption('status', 'takes 300 to 699', status);
      decide({ refusal: status });
    },
    waitUntil: (promise) => {
      reasons.push(promise.catch((error: unknown) => leg.context.log.warn('offer: the app failed to decide', error)));
    },
  });
  if (reasons.length > 0) {
    const tooLate = sleep(leg.context.clock, patience[method], over.signal).then(() =>
      decided.resolve(method === 'UPDATE' ? { refusal: 504 } : {}),
    );
    tooLate.catch(() => undefined);
    signal?.addEventListener('abort', () => decided.resolve({}), { once: true });
    leg.media.session.signal.addEventListener('abort', () => decided.resolve({}), { once: true });
    void Promise.all(reasons).then(() => decided.resolve({}));
  } else decided.resolve({});
  const verdict = await decided.promise;
  over.abort();
  return verdict;
}
