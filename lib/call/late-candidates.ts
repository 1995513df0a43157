/** Candidates that came after the description had left: the peer is told by INFO where it takes them so, else by another offer. */
import { sleep } from '../base/clock.js';
import type { Leg } from './leg.js';
import { withPart } from './with-part.js';

/** Milliseconds that the candidates which the peer knows get to connect by themselves. */
const patience = 1000;

/** One at a time for each call. */
const underWay = new WeakSet<Leg>();

export function tellCandidates(leg: Leg): void {
  const trickling = leg.dialogSessions.filter(({ remoteTrickles }) => remoteTrickles);
  if (trickling.length === 0 || leg.media.session.peerTrickles === false) void announce(leg);
  else {
    withPart(import('./trickle.js'), leg.context.log, async ({ sendCandidates }) => {
      const told = await Promise.all(trickling.map((session) => sendCandidates(leg, session)));
      if (told.includes(false)) await announce(leg);
    });
  }
}

async function announce(leg: Leg): Promise<void> {
  if (underWay.has(leg) || leg.state !== 'confirmed') return;
  underWay.add(leg);
  try {
    for (;;) {
      await sleep(leg.context.clock, patience, leg.media.session.signal);
      if (!isNeeded(leg)) return;
      const session = leg.mustBeConfirmed('late candidates');
      await session.change(async () => {
        if (isNeeded(leg)) await session.renegotiate();
      });
    }
  } catch (error) {
    if (!leg.end) leg.context.log.warn('late candidates could not be told', error);
  } finally {
    underWay.delete(leg);
  }
}

/** Where ICE has given up, or a path was lost, it is restarted: see `reconnection`. */
const isNeeded = ({ end, media: { session } }: Leg): boolean =>
  end === undefined && session.hasLateCandidates && (session.state === 'new' || session.state === 'connecting');
