/** Info packages: what INFO may be about, agreed on by Recv-Info (RFC 6086). */
import type { Refusal } from '../core/inspect.js';
import { headerValue, headerValues } from '../parser/index.js';
import type { SipMessage, SipRequest } from '../parser/index.js';
import { tricklePackage } from './abilities.js';
import type { Abilities } from './abilities.js';
import type { ExtensionConfig } from './extensions.js';

/** Those that a message says its sender takes; undefined where it says nothing of them. */
export function packagesOf(message: SipMessage): readonly string[] | undefined {
  const lines = headerValues(message, 'Recv-Info');
  return lines.length === 0 ? undefined : lines.flatMap((line) => line.split(',')).flatMap((value) => nameOf(value));
}

/** A package that we have not said we take (§4.2.2); an INFO without one is of the older kind, and free. */
export function refusePackage(request: SipRequest, config: Abilities): Refusal | undefined {
  const asked = packageOf(request);
  if (asked === undefined || config.infoPackages?.includes(asked) || bringsCandidates(request, config))
    return undefined;
  return { status: 469, headers: [config.recvInfo ?? { name: 'Recv-Info', value: '' }] };
}

/** Whether it is the library that takes it (RFC 8840 §10). */
export const bringsCandidates = (request: SipRequest, { trickleIce }: ExtensionConfig): boolean =>
  trickleIce !== 'off' && request.method === 'INFO' && packageOf(request) === tricklePackage;

/** What an INFO is about; empty where that cannot be read. */
function packageOf(request: SipRequest): string | undefined {
  const asked = headerValue(request, 'Info-Package');
  return asked === undefined ? undefined : (nameOf(asked)[0] ?? '');
}

/** Without parameters, which are not compared (§7.2). */
const nameOf = (value: string): string[] => value.split(';')[0]!.trim().match(/^\S+$/) ?? [];
