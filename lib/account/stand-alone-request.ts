/** Requests of ours outside of dialogs (RFC 3261 §8.1). */
import { EvercallError } from '../base/errors.js';
import { newCallId, newTag } from '../base/random.js';
import { checkHeaders } from '../call/call-options.js';
import { appearance } from '../call/privacy.js';
import type { Core } from '../core/core.js';
import type { Body, Header, SipResponse } from '../parser/index.js';
import type { Identity } from './identity.js';

export interface StandAloneOptions {
  readonly headers?: readonly Header[];
  readonly body?: Body;
  /** Ends the waiting for an answer. */
  readonly signal?: AbortSignal;
}

/** Sends it as who we are, by the way we go; resolves with its final response. */
export function sendStandAlone(
  core: Core,
  { config, routes, branch, authenticator }: Identity,
  method: string,
  uri: string,
  options: StandAloneOptions,
): Promise<SipResponse> {
  if (method === 'INVITE' || method === 'ACK' || method === 'CANCEL' || !/^[A-Z]+$/.test(method)) {
    throw new EvercallError('invalidOption', `method: takes a method that stands alone, got ${JSON.stringify(method)}`);
  }
  const { from, headers } = appearance(config.privacy, config.address);
  let sequence = 0;
  const plan = {
    method,
    uri,
    from: `${from};tag=${newTag(core.random)}`,
    to: `<${uri}>`,
    callId: newCallId(core.random),
    routes,
    nextSequence: () => ++sequence,
    headers: [...headers, ...checkHeaders(options.headers)],
    body: options.body ?? '',
  };
  return core.exchange(plan, { flow: branch.flow, authenticator, signal: options.signal });
}
