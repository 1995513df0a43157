/** Descriptions as the app wants them on the wire, or read: the last resort for a peer that nothing else helps with. */
import { EvercallError } from '../base/errors.js';
import { readSections } from './sdp.js';

export interface SdpHook {
  /** Returns the description to be used instead. A throw, or what is no SDP, fails this offer or answer, not the call. */
  (description: string, info: { readonly type: 'offer' | 'answer' }): string;
}

/**
 * `outgoing` changes what the peer reads, not what the browser does: nothing may be promised there that the browser does not
 * know of. An answer is shown to it twice where a failure must leave the call as it was.
 */
export interface SdpHooks {
  readonly outgoing?: SdpHook;
  readonly incoming?: SdpHook;
}

export function applyHook(
  name: keyof SdpHooks,
  hooks: SdpHooks | undefined,
  sdp: string,
  type: 'offer' | 'answer',
): string {
  const hook = hooks?.[name];
  if (!hook) return sdp;
  let changed: unknown;
  try {
    changed = hook(sdp, { type });
  } catch (cause) {
    throw new EvercallError('negotiation', `sdp.${name} threw: ${String(cause)}`, { cause });
  }
  if (typeof changed === 'string' && readSections(changed).length >= readSections(sdp).length) return changed;
  throw new EvercallError('negotiation', `sdp.${name} returned no SDP with all its sections`); // RFC 3264 §8: none falls away
}
