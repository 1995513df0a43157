/** The app's hand in what calls send: headers of its own for any request, a body of its own for some. */
import { reportBug } from '../base/emitter.js';
import { invalidOption } from '../base/errors.js';
import type { Body, Header } from '../parser/index.js';
import type { RequestPlan } from '../core/requests.js';
import type { Dress } from '../session/signalling.js';
import { checkHeaders } from './call-options.js';

/** A request of a call before it leaves: INVITE, ACK, UPDATE, BYE, CANCEL, INFO … */
export interface OutgoingRequest {
  readonly method: string;
  readonly uri: string;
  readonly callId: string;
  /** Without those that every request has: Via, From, To, CSeq … */
  readonly headers: readonly Header[];
  readonly body: Body;
}

export interface RequestAddition {
  /** Come after the others; a Content-Type takes the place of the one there is. */
  readonly headers?: readonly Header[];
  /** In place of the one there is: a session description must still be in it. */
  readonly body?: Body;
}

/** Called once for each request, not again when it is repeated with credentials. What it throws costs no request. */
export type OutgoingRequestHook = (request: OutgoingRequest) => RequestAddition | undefined;

export function dressWith(hook: OutgoingRequestHook): Dress {
  return (plan) => {
    try {
      const { method, uri, callId, headers, body } = plan;
      const addition = hook({ method, uri, callId, headers, body });
      return addition ? added(plan, addition) : plan;
    } catch (error) {
      reportBug(error);
      return plan;
    }
  };
}

function added(plan: RequestPlan, { headers, body = plan.body }: RequestAddition): RequestPlan {
  const own = checkHeaders(headers, 'outgoingRequest.headers');
  if (typeof body !== 'string' && !((body as unknown) instanceof Uint8Array))
    throw invalidOption('outgoingRequest.body', 'takes a text or bytes', body);
  const isTyped = own.some(({ name }) => isContentType(name));
  const kept = isTyped ? plan.headers.filter(({ name }) => !isContentType(name)) : plan.headers;
  return { ...plan, headers: [...kept, ...own], body };
}

const isContentType = (name: string): boolean => /^(?:content-type|c)$/i.test(name);
