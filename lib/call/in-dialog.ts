/** What the app sends within the dialog of a call: changes of the session, and requests of its own. */
import { EvercallError, invalidOption, mustSucceed } from '../base/errors.js';
import { checkLine } from '../base/options.js';
import { quiet } from '../base/quiet.js';
import type { Body, Header, SipRequest, SipResponse } from '../parser/index.js';
import type { Session } from '../session/session.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { checkHeaders } from './call-options.js';
import type { Leg } from './leg.js';

export interface ReinviteOptions {
  /** Further headers of the re-INVITE or UPDATE. */
  readonly headers?: readonly Header[];
  /** Finds the way of the media anew. @default false */
  readonly iceRestart?: boolean;
  /** Where the re-INVITE goes, once, instead of to where the peer said it is (PJSIP's UPDATE_TARGET). */
  readonly target?: string;
}

export interface UpdateOptions extends Omit<ReinviteOptions, 'target'> {
  /** Without one, nothing changes but the time of the session and where we are reached. @default true */
  readonly offer?: boolean;
}

export interface MessageOptions {
  /** @default 'text/plain' */
  readonly contentType?: string;
}

export interface InfoOptions {
  /** @default 'text/plain' */
  readonly contentType?: string;
  readonly headers?: readonly Header[];
  readonly signal?: AbortSignal;
}

export interface RequestOptions {
  readonly headers?: readonly Header[];
  /** Its type goes into `headers`. */
  readonly body?: Body;
  readonly signal?: AbortSignal;
}

export function reinviteCall(leg: Leg, options: ReinviteOptions): Promise<void> {
  const session = leg.mustBeConfirmed('reinvite');
  return quiet(changed(leg, change(session, options, leg.context.normalize)));
}

/** One without an offer does not wait for anything. */
export function updateCall(leg: Leg, options: UpdateOptions): Promise<void> {
  const session = leg.mustHaveDialog('update');
  return quiet(changed(leg, update(session, options, leg.context.normalize)));
}

async function changed(leg: Leg, change: Promise<void>): Promise<void> {
  await change;
  leg.onRenegotiated();
}

async function change(
  session: Session,
  options: ReinviteOptions,
  normalize: (typed: string) => string,
  method?: 'UPDATE',
): Promise<void> {
  const headers = checkHeaders(options.headers);
  const { target } = options;
  const uri = target === undefined ? undefined : normalize(target);
  await session.change(() => session.renegotiate({ ...options, headers, target: uri, ...(method && { method }) }));
}

async function update(session: Session, options: UpdateOptions, normalize: (typed: string) => string): Promise<void> {
  if (!session.remoteAllows('UPDATE')) throw new EvercallError('invalidState', 'update: the peer does not allow it');
  if (options.offer === false) await session.update(checkHeaders(options.headers));
  else await change(session, options, normalize, 'UPDATE');
}

/** Methods that have verbs of their own, or whose time only the call knows. */
const own: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE']);

export function requestInDialog(leg: Leg, method: string, options: RequestOptions): Promise<SipResponse> {
  const session = leg.mustHaveDialog(method);
  if (own.has(method) || !/^[A-Z]+$/.test(method))
    throw invalidOption('method', 'takes INFO, MESSAGE, OPTIONS …', method);
  return quiet(session.request(method, checkHeaders(options.headers), options.body, options.signal));
}

/** An INFO of a package that the peer takes (RFC 6086 §4.2.1). */
export function sendInfo(leg: Leg, infoPackage: string, body: Body, options: InfoOptions): Promise<SipResponse> {
  const session = leg.mustHaveDialog('sendInfo');
  const { contentType, headers = [], signal } = options;
  if (!session.remoteTakes(infoPackage))
    throw new EvercallError('invalidState', `sendInfo: the peer does not take ${infoPackage}`);
  const described = [
    { name: 'Content-Type', value: contentType ?? 'text/plain' },
    { name: 'Content-Disposition', value: 'Info-Package' },
  ];
  const all = checkHeaders([
    { name: 'Info-Package', value: infoPackage },
    ...(body.length > 0 ? described : []),
    ...headers,
  ]);
  return quiet(session.request('INFO', all, body, signal));
}

/** Shows a request of the peer's to the app, which may answer it. */
export function offerRequest(leg: Leg, request: SipRequest, transaction: ServerTransaction, answer: () => void): void {
  const { core } = leg.sessionContext;
  const waits: Promise<unknown>[] = [];
  const answerOnce = (): void => {
    if (!transaction.isAnswered) answer();
  };
  leg.tell('request', {
    method: request.method,
    request,
    respond: (status, { headers, body, reason } = {}) => {
      if (!(Number.isInteger(status) && status >= 200 && status <= 699))
        throw invalidOption('status', 'takes 200 to 699', status);
      if (reason !== undefined) checkLine('reason', reason);
      const checked = checkHeaders(headers);
      if (!transaction.isAnswered) core.respond(transaction, status, { headers: checked, body, reason });
    },
    waitUntil: (promise) => {
      waits.push(promise);
    },
  });
  if (waits.length === 0) answerOnce();
  else void Promise.allSettled(waits).then(answerOnce);
}

export function sendMessage(leg: Leg, body: string, { contentType = 'text/plain' }: MessageOptions): Promise<void> {
  const session = leg.mustBeConfirmed('sendMessage');
  const headers = checkHeaders([{ name: 'Content-Type', value: contentType }]);
  leg.onMessagePassed?.('sent');
  return quiet(session.request('MESSAGE', headers, body).then(mustSucceed));
}
