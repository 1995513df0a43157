/** What any URI must look like before its scheme's own rules apply: RFC 3986 §3, RFC 3261 absoluteURI. */

// Here and wherever the first message comes by, no flag i: it makes compiling an expression cost a millisecond.
const beginning = /^[A-Za-z][A-Za-z0-9+.-]*:/;
/** No controls, no space, none of the delimiters that would end it. */
const wellFormed = /^[A-Za-z][A-Za-z0-9+.-]*:[^\0- "<>\x7f]+$/;

/** Why the text cannot stand where a URI is expected; undefined when it can. Tolerates "#" and non-ASCII. */
export function uriTextFault(text: string): string | undefined {
  if (wellFormed.test(text)) return undefined;
  if (!beginning.test(text)) return 'expected a URI';
  return text.indexOf(':') < text.length - 1 ? 'illegal character in URI' : 'URI without content';
}
