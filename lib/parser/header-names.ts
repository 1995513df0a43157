/** Header names in their canonical spelling, from any case and from compact forms: RFC 3261 §7.3.3 and §20. */

/** Those of RFC 3261 §20 and of the extensions met every day, and all that the rule of {@link capitalize} gets wrong. */
const names =
  'Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authentication-Info Authorization Call-ID ' +
  'Call-Info Contact Content-Disposition Content-Encoding Content-ID Content-Language Content-Length Content-Type CSeq ' +
  'Date Diversion Error-Info Event Expires Feature-Caps Flow-Timer From History-Info In-Reply-To Max-Forwards ' +
  'MIME-Version Min-Expires Min-SE Organization P-Asserted-Identity P-Associated-URI P-Called-Party-ID ' +
  'P-Preferred-Identity P-Visited-Network-ID Path Policy-ID Priority Privacy Proxy-Authenticate Proxy-Authorization ' +
  'Proxy-Require RAck Reason Record-Route Refer-To Referred-By Remote-Party-ID Replaces Reply-To Require Retry-After ' +
  'Route RSeq Server Service-Route Session-Expires Session-ID SIP-ETag SIP-If-Match Subject Subscription-State ' +
  'Supported Timestamp To Unsupported User-Agent User-to-User Via Warning WWW-Authenticate';

/** RFC 3261 §7.3.3 and the IANA registry: the letter, and the name it stands for. */
const compactForms =
  'aAccept-Contact bReferred-By cContent-Type dRequest-Disposition eContent-Encoding fFrom iCall-ID jReject-Contact ' +
  'kSupported lContent-Length mContact nIdentity-Info oEvent rRefer-To sSubject tTo uAllow-Events vVia ' +
  'xSession-Expires yIdentity';

interface Entry {
  readonly spelling: string;
  readonly name: string;
}

/** Entries by length and first letter of the spelling: most names are found by one comparison. */
const bucket = (length: number, first: number): number => (length << 5) | (first & 31);
/** Made with the first message. */
let made: readonly (readonly Entry[])[] | undefined;
const table = (): readonly (readonly Entry[])[] => (made ??= makeTable());
const none: readonly Entry[] = [];

function makeTable(): readonly (readonly Entry[])[] {
  const buckets = new Array<readonly Entry[]>(1024).fill(none);
  const add = (spelling: string, name: string): void => {
    const index = bucket(spelling.length, spelling.charCodeAt(0));
    buckets[index] = [...buckets[index]!, { spelling, name: interned(name) }];
  };
  for (const name of names.split(' ')) add(name, name);
  for (const form of compactForms.split(' ')) add(form[0]!, form.slice(1));
  return buckets;
}

/** The canonical name of a header that is spelled as usual, the only way most are; undefined for all others. */
export function usualName(name: string): string | undefined {
  if (name.length >= 32) return undefined;
  const entries = table()[bucket(name.length, name.charCodeAt(0))]!;
  for (let i = 0; i < entries.length; i++) if (entries[i]!.spelling === name) return entries[i]!.name;
  return undefined;
}

/** The spelling under which a header of this name is found in a message; unknown names are capitalized word by word. */
export function canonicalName(name: string): string {
  const usual = usualName(name);
  if (usual) return usual;
  const lower = name.toLowerCase();
  const entries = table()[bucket(name.length, name.charCodeAt(0))];
  return entries?.find(({ spelling }) => spelling.toLowerCase() === lower)?.name ?? capitalize(lower);
}

const capitalize = (lower: string): string =>
  interned(lower.replace(/(^|-)[a-z]/g, (beginning) => beginning.toUpperCase()));

/** As a property's name is, like a literal: where all names are, engines compare them by address. */
function interned(name: string): string {
  return Object.keys({ [name]: 0 })[0]!;
}
