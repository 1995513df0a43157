/** What the peer says that it can do, and must be able to (RFC 3261 §20.32, §20.37). */
import type { Refusal } from '../core/inspect.js';
import { optional, optionalAll } from '../core/optional.js';
import { Require, SessionExpires, Supported } from '../parser/index.js';
import type { SipMessage, SipRequest } from '../parser/index.js';
import { offTags, tricklePackage } from './abilities.js';
import type { Choice } from './abilities.js';

/** What the peer must know for us to talk to it. */
export const requiredTags = ({ reliableProvisional, sessionTimer, trickleIce }: Choice): string[] => [
  ...(reliableProvisional === 'required' ? ['100rel'] : []),
  ...(sessionTimer.mode === 'required' ? ['timer'] : []),
  ...(trickleIce === 'required' ? [tricklePackage] : []),
];

export const requires = (message: SipMessage, tag: string): boolean => has(optionalAll(message, Require), tag);

export const supports = (message: SipMessage, tag: string): boolean =>
  requires(message, tag) || has(optionalAll(message, Supported), tag);

const has = (tags: readonly string[], tag: string): boolean => tags.some((other) => other.toLowerCase() === tag);

/** The refusal of an INVITE whose extensions are not to be had, or not enough (RFC 3261 §21.4.15 f., RFC 4028 §9). */
export function refuseExtensions(request: SipRequest, config: Choice): Refusal | undefined {
  const off = offTags(config).filter((tag) => requires(request, tag));
  if (off.length > 0) return { status: 420, headers: [{ name: 'Unsupported', value: off.join(', ') }] };
  const missing = requiredTags(config).filter((tag) => !supports(request, tag));
  if (missing.length > 0) return { status: 421, headers: [{ name: 'Require', value: missing.join(', ') }] };
  return refuseInterval(request, config);
}

/** RFC 4028 §9: an interval below ours gets 422, unless it is a proxy's for a peer that knows nothing of it. */
export function refuseInterval(request: SipRequest, { sessionTimer: { mode, minSE } }: Choice): Refusal | undefined {
  const asked = mode === 'off' ? undefined : optional(request, SessionExpires);
  if (!asked || asked.seconds >= minSE || !supports(request, 'timer')) return undefined;
  return { status: 422, headers: [{ name: 'Min-SE', value: String(minSE) }] };
}
