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

const hostEquals = (a: string, b: string): boolean => a === b || normalHost(a) === normalHost(b);

/** In lower case; an IPv6 address as RFC 5952 writes it. Reads ":::" as "::" (RFC 5118 §4.10). */
function normalHost(host: string): string {
  if (!host.startsWith('[')) return host.toLowerCase();
  try {
    return new URL(`http://${host.replace(':::', '::')}`).hostname;
  } catch {
    return host.toLowerCase();
  }
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
