/** What any URI must look like before its scheme's own rules apply: RFC 3986 §3, RFC 3261 absoluteURI. */
import { COLON, alphanumAnd, skipSet } from './scanner.js';

const schemeChars = /* @__PURE__ */ alphanumAnd('+-.');

/** Index of the colon after the scheme, -1 when the text has none. */
export function schemeEnd(text: string): number {
  const first = text.charCodeAt(0) | 0x20;
  if (!(first >= 97 && first <= 122)) return -1;
  const end = skipSet(text, 1, schemeChars);
  return text.charCodeAt(end) === COLON ? end : -1;
}

/** Controls, space, and the delimiters that would end it. */
const illegal = /[\0- "<>\x7f]/;
// Here and wherever the first message comes by, no flag i: it makes compiling an expression cost a millisecond.
const wellFormed = /^[A-Za-z][A-Za-z0-9+.-]*:[^\0- "<>\x7f]+$/;

/** Why the text cannot stand where a URI is expected; undefined when it can. Tolerates "#" and non-ASCII. */
export function uriTextFault(text: string): string | undefined {
  if (wellFormed.test(text)) return undefined;
  if (schemeEnd(text) < 0) return 'expected a URI';
  return illegal.test(text) ? 'illegal character in URI' : 'URI without content';
}
