/** The story of a transfer: hold, REFER, what the peer reports, and the end of our part (RFC 5589 §6, §7). */
import { Deferred } from '../base/deferred.js';
import { EvercallError, abortError } from '../base/errors.js';
import { checkBoolean, checkKnown } from '../base/options.js';
import { quiet } from '../base/quiet.js';
import type { Dialog } from '../core/dialog.js';
import { Replaces, isSipUri, parseAddress, parseUri, writeAddress } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import { referSubFalse, referTo } from '../session/refer.js';
import { ReferSubscription } from '../session/refer-subscription.js';
import { ReferUsages } from '../session/refer-usages.js';
import type { Session } from '../session/session.js';
import { endIfGone } from '../session/silence.js';
import type { StatusLine } from '../session/sipfrag.js';
import { checkHeaders } from './call-options.js';
import { setHold } from './hold.js';
import type { Leg } from './leg.js';
import type { TransferOptions, TransferProgress } from './transfer.js';

const known: ReadonlySet<string> = new Set<keyof TransferOptions>([
  'headers', 'hold', 'hangup', 'subscription', 'requireReplaces', 'signal',
]); // prettier-ignore

const flags = ['hold', 'hangup', 'subscription', 'requireReplaces'] as const;

/** Whom the peer is referred to. */
interface Destination {
  readonly referTo: Header;
  /** The call that the referred one takes the place of, or that is given up for it. */
  readonly other: Leg | undefined;
}

export class Transferring {
  readonly done: Promise<void>;
  readonly #leg: Leg;
  readonly #options: TransferOptions;
  readonly #reports: TransferProgress[] = [];
  /** Replaced with each report. */
  #next = new Deferred<void>();
  /** The REFER is out. */
  #isAsked = false;
  #isOver = false;

  constructor(leg: Leg, target: string | Leg, options: TransferOptions) {
    this.#leg = leg;
    this.#options = options;
    this.done = quiet(
      this.#run(target).finally(() => {
        this.#isOver = true;
        this.#next.resolve();
      }),
    );
  }

  async *progress(): AsyncGenerator<TransferProgress, void> {
    for (let i = 0; ; i++) {
      while (i === this.#reports.length && !this.#isOver) await this.#next.promise;
      const report = this.#reports[i];
      if (!report) break;
      yield report;
    }
    await this.done;
  }

  async #run(target: string | Leg): Promise<void> {
    const { signal, hold = true, hangup = true } = this.#options;
    const session = this.#leg.mustBeConfirmed('transfer');
    const headers = this.#check();
    const destination = whereTo(this.#leg, target, this.#options.requireReplaces);
    if (signal?.aborted) throw abortError(signal);
    const isHeld = hold && (await this.#hold(session));
    try {
      if (signal?.aborted) throw abortError(signal);
      if (session.isOver) throw new EvercallError('invalidState', 'transfer: the call is over');
      if (destination.other && !destination.other.session) destination.other.call.hangup(); // semi-attended
      await this.#refer(session, destination, headers);
    } catch (error) {
      if (isHeld && !this.#isLeftToPeer(error)) await this.#resume();
      throw error;
    }
    if (!hangup) return;
    leave(this.#leg);
    if (destination.other) leave(destination.other);
  }

  #check(): readonly Header[] {
    checkKnown(this.#options, known);
    for (const flag of flags) {
      const value = this.#options[flag];
      if (value !== undefined) checkBoolean(flag, value);
    }
    return checkHeaders(this.#options.headers);
  }

  /** Whether it is us who hold the peer now. One that cannot be held can be transferred all the same. */
  async #hold(session: Session): Promise<boolean> {
    if (this.#leg.media.session.localHold) return false;
    try {
      await setHold(this.#leg, true);
      return true;
    } catch (error) {
      if (session.isOver) throw error;
      this.#leg.context.log.warn(`transfer: the peer cannot be held: ${String(error)}`);
      return false;
    }
  }

  /** It was asked, and we do not watch any more: it may be on its way. */
  #isLeftToPeer(error: unknown): boolean {
    return this.#isAsked && (error as Partial<EvercallError>).code === 'aborted';
  }

  async #resume(): Promise<void> {
    if (this.#leg.end) return;
    try {
      await setHold(this.#leg, false);
    } catch (error) {
      this.#leg.context.log.warn(`transfer: the peer stays on hold: ${String(error)}`);
    }
  }

  async #refer(session: Session, { referTo }: Destination, headers: readonly Header[]): Promise<void> {
    const { subscription: isReported = true, signal } = this.#options;
    session.refers ??= new ReferUsages(session.context, session.dialog);
    const refer = new ReferSubscription(session.refers, {
      onReport: (line) => {
        this.#onReport(line);
      },
      onResponse: (response) => {
        endIfGone(session, response, 'REFER', session.located);
      },
    });
    this.#isAsked = true;
    const silence = isReported ? [] : [referSubFalse];
    await refer.send([referTo, referredBy(session.dialog), ...silence, ...headers], signal);
  }

  #onReport({ status, reason }: StatusLine): void {
    const report = { status, reason, isFinal: status >= 200 };
    this.#reports.push(report);
    this.#next.resolve();
    this.#next = new Deferred();
    this.#leg.tell('transferProgress', report);
  }
}

function whereTo(leg: Leg, target: string | Leg, requireReplaces?: boolean): Destination {
  if (typeof target !== 'object') return { referTo: referTo(leg.context.normalize(target)), other: undefined };
  if (target === leg) throw cannot('to the call itself');
  if (target.end) throw cannot('the other call is over');
  const { session } = target;
  const isAnswered = target.state === 'confirmed' || target.state === 'connecting';
  if (session && isAnswered) return { referTo: inPlaceOf(target, session.dialog, requireReplaces), other: target };
  if (target.direction === 'incoming') throw cannot('the other call rings here: answer it first');
  // RFC 3891 §4: whom we call did not begin that dialog, and need not replace it: they are called anew (RFC 5589 §7.6)
  return { referTo: referTo(addressOf(target)), other: target };
}

const cannot = (why: string): EvercallError => new EvercallError('invalidState', `transfer: ${why}`);

/** RFC 5589 §7.3: the Contact, unless that leads nowhere from outside of the dialog; then whom we called, or who called us. */
function inPlaceOf(other: Leg, { callId, remoteTag, localTag, remoteTarget }: Dialog, require?: boolean): Header {
  const isReachable = leadsThere(remoteTarget);
  // seen from there: `to-tag` is the peer's, `from-tag` ours (RFC 3891 §3)
  const replaces = { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false, params: new Map() };
  const headers: Header[] = [{ name: 'Replaces', value: Replaces.write(replaces) }];
  if (require ?? !isReachable) headers.push({ name: 'Require', value: 'replaces' });
  return referTo(isReachable ? remoteTarget : addressOf(other), headers);
}

/** Whom we called, or who called us. */
const addressOf = ({ target, peer }: Leg): string => target ?? peer.remote.uri;

/** RFC 7118 §5: a page has no host of its own, and is found by its GRUU or by its address of record. */
function leadsThere(contact: string): boolean {
  const uri = parseUri(contact);
  return isSipUri(uri) && (uri.params.has('gr') || !uri.host.endsWith('.invalid'));
}

/** RFC 3892 §2.1: who we are in this call. */
function referredBy({ local }: Dialog): Header {
  const { displayName, uri } = parseAddress(local);
  return { name: 'Referred-By', value: writeAddress({ displayName, uri, params: new Map() }) };
}

/** The peer may have hung up first. */
function leave(leg: Leg): void {
  if (!leg.end) leg.session?.bye([], { by: 'local', status: 200, reason: 'OK', cause: 'transferred' });
}
