/** Header names in their canonical spelling, from any case and from compact forms: RFC 3261 §7.3.3 and §20. */
import { isToken } from './scanner.js';

/** Those of the IANA registry, as far as they are met, that the rule for all others gets wrong. */
const names =
  ' Call-ID Content-ID CSeq MIME-Version Min-SE P-Associated-URI P-Called-Party-ID P-Visited-Network-ID Policy-ID RAck ' +
  'Remote-Party-ID RSeq Session-ID SIP-ETag SIP-If-Match User-to-User WWW-Authenticate ';

/** RFC 3261 §7.3.3 and the IANA registry: the letter, and the name it stands for. */
const compactForms =
  ' aAccept-Contact bReferred-By cContent-Type dRequest-Disposition eContent-Encoding fFrom iCall-ID jReject-Contact ' +
  'kSupported lContent-Length mContact nIdentity-Info oEvent rRefer-To sSubject tTo uAllow-Events vVia ' +
  'xSession-Expires yIdentity ';

interface Spelling {
  readonly spelling: string;
  readonly name: string;
}

/** Spellings met before, by length and outer letters, the last one at each place: most names are found by one comparison. */
let met: (Spelling | undefined)[] | undefined;
/** Longer names are not kept. */
const LONGEST = 32;

/** Tells all but two pairs of the names of RFC 3261 and its everyday extensions apart. */
function place(spelling: string): number {
  const { length } = spelling;
  return ((length << 3) ^ (spelling.charCodeAt(0) << 5) ^ spelling.charCodeAt(length - 1)) & 1023;
}

/** The canonical name of a token that was met in this spelling before. */
export function knownName(spelling: string): string | undefined {
  const known = met?.[place(spelling)];
  return known !== undefined && known.spelling === spelling ? known.name : undefined;
}

let lowerNames: string | undefined;

/** The spelling under which a header of this name is found in a message: each word is capitalized, but for the odd ones. */
export function canonicalName(name: string): string {
  const known = knownName(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const at = (lowerNames ??= names.toLowerCase()).indexOf(` ${lower} `) + 1;
  const form = lower.length === 1 ? compactForms.indexOf(` ${lower}`) + 2 : 1;
  let canonical: string;
  if (at > 0) canonical = names.slice(at, at + lower.length);
  else if (form > 1) canonical = compactForms.slice(form, compactForms.indexOf(' ', form));
  else canonical = lower.replace(/(^|-)[a-z]/g, (beginning) => beginning.toUpperCase());
  // As names of properties are, like literals: where all names are, engines compare them by address.
  const [interned = canonical, spelling = interned] = Object.keys({ [canonical]: 0, [name]: 0 });
  if (name.length < LONGEST && isToken(name)) {
    met ??= new Array<Spelling | undefined>(1024).fill(undefined);
    met[place(name)] = { spelling, name: interned };
  }
  return interned;
}
