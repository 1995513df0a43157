/** The proof that media flow again: promises are not packets, and a path by which nothing has come within the time was none. */
import { sleep } from '../base/clock.js';
import { Deferred } from '../base/deferred.js';
import { EvercallError } from '../base/errors.js';
import type { MediaSession } from '../media/media-session.js';
import type { Pulse } from '../media/media-stats.js';
import type { Leg } from './leg.js';

/** Milliseconds for ICE and DTLS to find the new path. */
const patience = 5000;
/** Milliseconds in which something comes by a path that is well, while somebody talks, and while nobody does. */
const doubt = 400;
const longDoubt = 3000;
/** How often is looked for what comes. Milliseconds. */
const look = 60;
/** How often candidates that come one after another are told. */
const tellings = 4;

export class PathProof {
  readonly #leg: Leg;
  /** Tells the peer what it was not told when it was asked: where we are by now. */
  readonly #tellCandidates: (iceRestart: boolean) => Promise<void>;
  /** Wakes who waits for the media. */
  #woken: Deferred<void> | undefined;

  constructor(leg: Leg, tellCandidates: (iceRestart: boolean) => Promise<void>) {
    this.#leg = leg;
    this.#tellCandidates = tellCandidates;
  }

  /** The media are connected, or will never be. */
  wake(): void {
    this.#woken?.resolve();
  }

  /** Resolves when something comes, or the call is over; rejects with `negotiation`. @param isIgnored a restart of ICE, by the peer */
  async found(isIgnored: boolean): Promise<void> {
    const { media, context, callId } = this.#leg;
    const time = isIgnored ? doubtOf(media.session) : patience;
    const before = await media.session.pulse();
    if (before === undefined ? await this.#isConnected(time) : await this.#beats(before, time)) return;
    if (this.#leg.end) return;
    context.log.info(`call ${callId}: no path for its media`);
    throw new EvercallError('negotiation', `no path for the media within ${time} ms`);
  }

  /** Looks until something has come. */
  async #beats(before: Pulse, time: number): Promise<boolean> {
    const { media, context } = this.#leg;
    const end = context.clock.now() + time;
    let { alive } = before;
    let isAlive = false;
    let looks = 0;
    let told = 0;
    while (!this.#leg.end && context.clock.now() < end) {
      await sleep(context.clock, look, media.session.signal).catch(() => undefined);
      const present = (await media.session.pulse()) ?? before;
      alive = Math.min(alive, present.alive); // what a path that was given up had counted is not counted any more
      isAlive = media.session.state === 'connected' && present.alive > alive; // it may have nothing to say
      if (isAlive && present.heard > before.heard) return true;
      const { hasLateCandidates, isElsewhere, peerTrickles } = media.session;
      if (!hasLateCandidates) continue;
      const iceRestart = isElsewhere && peerTrickles === true;
      if (!iceRestart && ++looks < 2) continue; // at first they are left to find a path by themselves
      looks = 0;
      if (++told <= tellings) await this.#tellCandidates(iceRestart);
    }
    return isAlive;
  }

  /** Where the browser tells nothing more. */
  async #isConnected(time: number): Promise<boolean> {
    const { media, context } = this.#leg;
    const isConnected = (): boolean => media.session.state === 'connected';
    if (isConnected() || time === 0) return isConnected();
    const woken = (this.#woken = new Deferred());
    const cancel = context.clock.after(time, () => {
      woken.resolve();
    });
    await woken.promise;
    cancel();
    return isConnected();
  }
}

/** Milliseconds for a peer that has ignored the restart: nothing will come, unless the former path is well. */
function doubtOf({ state, localHold, remoteHold }: MediaSession): number {
  if (state !== 'connected') return 0;
  return localHold || remoteHold ? longDoubt : doubt;
}
