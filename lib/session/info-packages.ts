/** Info packages: what INFO may be about, agreed on by Recv-Info (RFC 6086). */
import type { Refusal } from '../core/inspect.js';
import { headerValue, headerValues } from '../parser/index.js';
import type { SipMessage, SipRequest } from '../parser/index.js';
import type { ExtensionConfig } from './extensions.js';

/** Those that a message says its sender takes; undefined where it says nothing of them. */
export function packagesOf(message: SipMessage): readonly string[] | undefined {
  const lines = headerValues(message, 'Recv-Info');
  return lines.length === 0 ? undefined : lines.flatMap((line) => line.split(',')).flatMap((value) => nameOf(value));
}

/** A package that we have not said we take (§4.2.2); an INFO without one is of the older kind, and free. */
export function refusePackage(request: SipRequest, { infoPackages = [] }: ExtensionConfig): Refusal | undefined {
  const asked = headerValue(request, 'Info-Package');
  if (asked === undefined || nameOf(asked).some((name) => infoPackages.includes(name))) return undefined;
  return { status: 469, headers: [{ name: 'Recv-Info', value: infoPackages.join(', ') }] };
}

/** Without parameters, which are not compared (§7.2). */
const nameOf = (value: string): string[] => value.split(';')[0]!.trim().match(/^\S+$/) ?? [];
