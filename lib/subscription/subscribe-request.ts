/** A SUBSCRIBE, outside of a dialog and in it, and the dialog that its NOTIFY makes (RFC 6665 §4.1.2, §4.4.1). */
import type { Core } from '../core/core.js';
import type { RequestOptions } from '../core/client-request.js';
import { Dialog, contactUri, recordRoutes } from '../core/dialog.js';
import type { RequestPlan } from '../core/requests.js';
import { CSeq, From, headerValue, read } from '../parser/index.js';
import type { Body, Header, SipRequest } from '../parser/index.js';
import type { Flow } from '../transport/flow.js';
import type { RetryConfig } from '../base/schedule.js';

/** What is wanted of the notifier. */
export interface SubscribeWish {
  readonly target: string;
  readonly event: string;
  readonly accept: string;
  /** Seconds. */
  readonly expires: number;
  readonly body: Body;
  readonly headers: readonly Header[];
  /** Unsubscribes. */
  readonly signal?: AbortSignal | undefined;
}

/** As whom, and by which way, requests leave now. */
export interface Way {
  readonly flow: Flow;
  readonly authenticator: RequestOptions['authenticator'];
  readonly routes: readonly string[];
  /** From value without a tag. */
  readonly from: string;
  /** Of all requests outside of dialogs. */
  readonly headers: readonly Header[];
  readonly contact: string;
  readonly retry: RetryConfig | undefined;
  /** Seconds before the end at which a refresh is due, at the latest. */
  readonly refreshBefore: number;
}

/** A SUBSCRIBE that is to make a dialog: who we are in it. */
export interface Attempt {
  readonly callId: string;
  readonly tag: string;
  /** From value with that tag. */
  readonly from: string;
  sequence: number;
}

export function initialPlan({ target, body }: SubscribeWish, way: Way, attempt: Attempt): RequestPlan {
  return {
    method: 'SUBSCRIBE',
    uri: target,
    from: attempt.from,
    to: `<${target}>`,
    callId: attempt.callId,
    routes: way.routes,
    nextSequence: () => ++attempt.sequence,
    headers: way.headers,
    body,
  };
}

/** What every SUBSCRIBE of a subscription carries. */
export const subscribeHeaders = ({ event, accept, headers }: SubscribeWish, way: Way, expires: number): Header[] => [
  { name: 'Contact', value: way.contact },
  { name: 'Event', value: event },
  { name: 'Expires', value: String(expires) },
  ...(accept ? [{ name: 'Accept', value: accept }] : []),
  ...headers,
];

/** RFC 6665 §4.4.1: the NOTIFY makes the dialog, and has the say about its route set, not the 2xx. */
export function dialogOfNotify(notify: SipRequest, attempt: Attempt, target: string, flow: Flow): Dialog {
  return new Dialog({
    callId: attempt.callId,
    localTag: attempt.tag,
    remoteTag: read(notify, From)!.params.get('tag') ?? '',
    local: attempt.from,
    remote: headerValue(notify, 'From')!,
    routes: recordRoutes(notify),
    flow,
    remoteTarget: contactUri(notify) ?? target,
    localSequence: attempt.sequence,
    remoteSequence: read(notify, CSeq)!.sequence,
  });
}

export type SubscribeCore = Pick<Core, 'request' | 'respond' | 'respondOptions' | 'dialogs' | 'random'>;
