/** Candidates one by one, in INFO: ours as they are found, the peer's as they come (RFC 8840 §4.4). */
import { sleep } from '../base/clock.js';
import { rejected } from '../base/errors.js';
import { readFragment, writeFragment } from '../media/candidate-fragment.js';
import type { CandidateFragment } from '../media/candidate-fragment.js';
import { addCandidates } from '../media/remote-candidates.js';
import type { Body, Header } from '../parser/index.js';
import type { Session } from '../session/session.js';
import type { Leg } from './leg.js';

const headers: readonly Header[] = [
  { name: 'Info-Package', value: 'trickle-ice' },
  { name: 'Content-Type', value: 'application/trickle-ice-sdpfrag' },
  { name: 'Content-Disposition', value: 'Info-Package' },
];

/** Milliseconds in which candidates gather for one INFO. */
const aggregation = 20;

interface Trickling {
  /** The last fragment that the peer has. */
  told: string | undefined;
  /** There is one at a time (§10.9). */
  underWay: Promise<boolean> | undefined;
  isRefused: boolean;
}

const tricklings = new WeakMap<Session, Trickling>();

/**
 * Tells one peer what it does not know yet, while its media have no path; `confirming`, all that we have, so that it knows
 * its answer to have arrived (§4.3.2). Resolves with whether the peer takes it.
 */
export function sendCandidates(leg: Leg, session: Session, confirming = false): Promise<boolean> {
  const trickling = tricklings.get(session) ?? {
    told: undefined,
    underWay: undefined,
    isRefused: false,
  };
  tricklings.set(session, trickling);
  return (trickling.underWay ??= tell(leg, session, trickling, confirming)
    .catch((error: unknown) => {
      if (!leg.end) leg.context.log.warn(`candidates could not be told: ${String(error)}`);
      return leg.end !== undefined;
    })
    .finally(() => {
      trickling.underWay = undefined;
    }));
}

async function tell(leg: Leg, session: Session, trickling: Trickling, confirming: boolean): Promise<boolean> {
  const { clock } = leg.context;
  for (let mustSpeak = confirming; !trickling.isRefused; mustSpeak = false) {
    if (!mustSpeak) await sleep(clock, aggregation, leg.media.session.signal);
    if (session.isOver || !session.isHeard || !(mustSpeak || isNeeded(leg, trickling))) return true;
    const { session: media } = leg.media;
    const fragment = writeFragment(media.description, media.peerConnection?.iceGatheringState === 'complete');
    if (mustSpeak || fragment !== trickling.told) await inform(session, trickling, fragment);
    else {
      if (media.peerTrickles && leg.state === 'confirmed') media.candidatesTold();
      return true;
    }
  }
  return false;
}

async function inform(session: Session, trickling: Trickling, fragment: string): Promise<void> {
  const response = await session.request('INFO', headers, fragment);
  const { status } = response;
  if (status < 300) trickling.told = fragment;
  else if (refusals.has(status)) trickling.isRefused = true;
  else throw rejected(response);
}

/** Said of all INFOs of this kind, not of this one. */
const refusals: ReadonlySet<number> = new Set([400, 405, 415, 469, 489, 501]);

/** RFC 8838 §13: none are told when a pair is chosen; where ICE is restarted that is yet to come. The end of some is told, too. */
function isNeeded({ end, media: { session } }: Leg, { told }: Trickling): boolean {
  const isNews = session.hasLateCandidates || told !== undefined;
  return end === undefined && isNews && (session.state !== 'connected' || session.isRestarted);
}

/** What came ahead of the description it belongs to. */
const waiting = new WeakMap<Leg, readonly CandidateFragment[]>();

/** Enough for each fork and one more generation. */
const maxWaiting = 8;

/** Takes the candidates of the generation that is in force; those of another wait for its description (§4.4). */
export function takeCandidates(leg: Leg, body: Body): void {
  const fragment = typeof body === 'string' ? readFragment(body) : undefined;
  if (!fragment) {
    leg.context.log.warn('an INFO without candidates that could be read');
    return;
  }
  leg.media.onRemoteDescription ??= () => {
    takeWaiting(leg);
  };
  const others = (waiting.get(leg) ?? []).filter(({ name }) => name !== fragment.name); // the last one says all (§4.4)
  waiting.set(leg, [...others, fragment].slice(-maxWaiting));
  takeWaiting(leg);
}

function takeWaiting(leg: Leg): void {
  const pc = leg.media.session.peerConnection;
  const kept = (waiting.get(leg) ?? []).filter((fragment) => !pc || !addCandidates(pc, fragment, leg.context.log));
  waiting.set(leg, kept);
}
