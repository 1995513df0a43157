/** When two URIs are the same: RFC 3261 §19.1.4, RFC 5954 §4.2 (IPv6), RFC 3966 §5 (tel). */
import type { Params } from './params.js';
import { type SipUri, type TelUri, type Uri, isSipUri, isTelUri, parseUri } from './uri.js';

/** Parameters that must be in both URIs or in neither (§19.1.4). */
const significant = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Whether two URIs are equivalent; texts that are no URIs throw a `ParseError`. Symmetric, not transitive (§19.1.4). */
export function uriEquals(a: Uri | string, b: Uri | string): boolean {
  const left = typeof a === 'string' ? parseUri(a) : a;
  const right = typeof b === 'string' ? parseUri(b) : b;
  if (isSipUri(left)) return isSipUri(right) && sipEquals(left, right);
  if (isTelUri(left)) return isTelUri(right) && telEquals(left, right);
  return 'rest' in right && left.scheme === right.scheme && left.rest === right.rest;
}

function sipEquals(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    a.user === b.user &&
    a.password === b.password &&
    hostEquals(a.host, b.host) &&
    a.port === b.port &&
    significant.every((name) => a.params.has(name) === b.params.has(name)) &&
    everyParam(a.params, b.params, (value, other) => other === undefined || sameText(value, other)) &&
    a.headers.size === b.headers.size &&
    everyParam(a.headers, b.headers, sameText)
  );
}

function everyParam(
  a: Params,
  b: Params,
  matches: (value: string | null, other: string | null | undefined) => boolean,
): boolean {
  for (const [name, value] of a) if (!matches(value, b.get(name))) return false;
  return true;
}

function sameText(a: string | null, b: string | null | undefined): boolean {
  if (a === b) return true;
  return typeof a === 'string' && typeof b === 'string' && a.toLowerCase() === b.toLowerCase();
}

function hostEquals(a: string, b: string): boolean {
  if (a === b || a.toLowerCase() === b.toLowerCase()) return true;
  if (!a.startsWith('[') || !b.startsWith('[')) return false;
  const left = ipv6Groups(a.slice(1, -1));
  return left !== undefined && left === ipv6Groups(b.slice(1, -1));
}

/** The eight groups of an IPv6 address, normalized; undefined when it is none. Reads ":::" as "::" (RFC 5118 §4.10). */
function ipv6Groups(address: string): string | undefined {
  const halves = address.replace(':::', '::').split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groups);
  if (!tail) return head!.length === 8 ? head!.join(':') : undefined;
  const missing = 8 - head!.length - tail.length;
  return missing < 0 ? undefined : [...head!, ...new Array<string>(missing).fill('0'), ...tail].join(':');
}

function groups(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16).toString(16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  });
}

const digitsOf = (number: string): string => number.replace(/[-.() ]/g, '').toLowerCase();

/** Parameters of the number itself, compared without visual separators (RFC 3966 §5). */
const phoneParams: ReadonlySet<string> = new Set(['ext', 'phone-context']);

function telEquals(a: TelUri, b: TelUri): boolean {
  return (
    digitsOf(a.number) === digitsOf(b.number) &&
    a.params.size === b.params.size &&
    [...a.params].every(([name, value]) => {
      const other = b.params.get(name);
      if (!phoneParams.has(name) || value === null || !other) return sameText(value, other);
      const isDomain = name === 'phone-context' && !value.startsWith('+');
      return isDomain ? sameText(value, other) : digitsOf(value) === digitsOf(other);
    })
  );
}
