/** A call of ours on its way out: microphone and offer, then the INVITE; or its signal, which takes it back. */
import { sleep } from '../base/clock.js';
import { EvercallError, abortError, isEvercallError } from '../base/errors.js';
import { newCallId } from '../base/random.js';
import type { Header } from '../parser/index.js';
import { OutgoingInvite } from '../session/outgoing-invite.js';
import type { CallOrigin } from './call-context.js';
import { endForIpChange } from './hangup.js';
import type { Leg } from './leg.js';
import { loadReplacement } from './load-replacement.js';
import { addedHeaders } from './user-to-user.js';

type Outgoing = Extract<CallOrigin, { direction: 'outgoing' }>;

/** Microphone and offer first: an INVITE that leaves is meant. */
export async function place(leg: Leg, origin: Outgoing): Promise<void> {
  const { options } = origin;
  const { signal } = options;
  const headers = [...origin.headers, ...addedHeaders(options)];
  if (signal?.aborted) {
    await Promise.resolve(); // the caller holds the call before it hears of its end
    onAbort(leg, signal);
    return;
  }
  if (signal) hangUpOn(leg, signal);
  try {
    const way = leg.context.policy?.makeWay(leg.call, origin.predecessor);
    if (way) await way;
    const { flow, ipChange } = leg.context;
    if (flow.isSuspended) await flow.whenOpen(undefined, ipChange.gracePeriod); // nobody tries anything that could fail
    await invite(leg, origin, headers);
  } catch (error) {
    fail(leg, error);
  }
}

async function invite(leg: Leg, origin: Outgoing, headers: readonly Header[]): Promise<void> {
  const { target, from, routes, options } = origin;
  const offer = options.offer === 'late' || leg.end ? undefined : await leg.media.createOffer();
  if (leg.end) return;
  leg.outgoing = new OutgoingInvite(
    leg.sessionContext,
    { target, from, routes, headers, callId: leg.callId, offer, redirect: options.redirect ?? leg.context.redirect },
    leg,
  );
  leg.attempts!.sendAgain = (wait) => {
    void inviteAgain(leg, origin, headers, wait).catch((error: unknown) => {
      fail(leg, error);
    });
  };
  leg.onLocated();
  leg.outgoing.start();
}

/**
 * The connection was lost before there was an answer, and none can reach us any more: on the next one the dialog is claimed where
 * there is an early one, else the INVITE is taken back, and a new one sent (Linphone's way). To the app it is the same call.
 * @param wait milliseconds after which it is sent again, of one that was refused since: the callee may come back later than we do
 */
async function inviteAgain(leg: Leg, origin: Outgoing, headers: readonly Header[], wait?: number): Promise<void> {
  const { flow, core, log, clock } = leg.sessionContext;
  const stranded = leg.outgoing!;
  if (wait === undefined) {
    log.info(`call ${leg.callId}: its INVITE is lost with the connection`);
    const { repair, gracePeriod } = leg.context.ipChange;
    if (repair === 'off' && stranded.hasLeft) endForIpChange(leg);
    await flow.whenOpen(undefined, gracePeriod);
    if (stranded.session) return; // its answer came by a connection that was left before
    if (await isClaimed(leg, origin, headers)) return;
    stranded.cancelStranded();
  } else {
    await sleep(clock, wait);
  }
  if (leg.end) return; // hung up meanwhile
  leg.callId = newCallId(core.random);
  leg.media.renew(); // what the callee was offered, or has answered, is of the past
  await invite(leg, origin, headers);
}

/** It rang: whether the call goes on in that dialog, or has ended since. */
async function isClaimed(leg: Leg, origin: Outgoing, headers: readonly Header[]): Promise<boolean> {
  if (leg.end || !leg.outgoing!.lostDialog) return false;
  try {
    const { claimEarlyDialog } = await loadReplacement();
    return await claimEarlyDialog(leg, origin, headers);
  } catch (error) {
    leg.context.log.warn(`call ${leg.callId}: its early dialog could not be asked for`, error);
    return leg.outgoing!.release();
  }
}

function fail(leg: Leg, error: unknown): void {
  if (leg.end) return;
  const known = isEvercallError(error) ? error : new EvercallError('negotiation', String(error), { cause: error });
  leg.onEnded({
    by: known.code === 'transport' ? 'network' : 'local',
    status: known.status ?? 480,
    reason: known.message,
    error: known,
  });
}

/** A signal may outlive many calls, and must keep none of them. */
function hangUpOn(leg: Leg, signal: AbortSignal): void {
  const listener = (): void => {
    onAbort(leg, signal);
  };
  signal.addEventListener('abort', listener, { once: true });
  void leg.ended.then(() => {
    signal.removeEventListener('abort', listener);
  });
}

function onAbort(leg: Leg, signal: AbortSignal): void {
  if (leg.end) return;
  leg.context.log.info(`call ${leg.callId}: ${abortError(signal).message}`);
  leg.call.hangup();
}
