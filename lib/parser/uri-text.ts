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

/** Why the text cannot stand where a URI is expected; undefined when it can. Tolerates "#" and non-ASCII. */
export function uriTextFault(text: string): string | undefined {
  const colon = schemeEnd(text);
  if (colon < 0) return 'expected a URI';
  if (colon === text.length - 1) return 'URI without content';
  for (let i = colon + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Controls, space, and the delimiters that would end it: < > "
    if (code <= 32 || code === 34 || code === 60 || code === 62 || code === 127) return 'illegal character in URI';
  }
  return undefined;
}
