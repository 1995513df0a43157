/** Header names in their canonical spelling, from any case and from compact forms: RFC 3261 §7.3.3 and §20. */

const names: readonly string[] = [
  'Accept',
  'Accept-Contact',
  'Accept-Encoding',
  'Accept-Language',
  'Accept-Resource-Priority',
  'Additional-Identity',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Answer-Mode',
  'Authentication-Info',
  'Authorization',
  'Call-ID',
  'Call-Info',
  'Cellular-Network-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-ID',
  'Content-Language',
  'Content-Length',
  'Content-Transfer-Encoding',
  'Content-Type',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Event',
  'Expires',
  'Feature-Caps',
  'Flow-Timer',
  'From',
  'Geolocation',
  'Geolocation-Error',
  'Geolocation-Routing',
  'History-Info',
  'Identity',
  'Identity-Info',
  'Info-Package',
  'In-Reply-To',
  'Join',
  'Max-Breadth',
  'Max-Forwards',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'Origination-Id',
  'P-Access-Network-Info',
  'P-Answer-State',
  'P-Asserted-Identity',
  'P-Asserted-Service',
  'P-Associated-URI',
  'P-Called-Party-ID',
  'P-Charging-Function-Addresses',
  'P-Charging-Vector',
  'P-Early-Media',
  'P-Media-Authorization',
  'P-Preferred-Identity',
  'P-Preferred-Service',
  'P-Profile-Key',
  'P-Served-User',
  'P-User-Database',
  'P-Visited-Network-ID',
  'Path',
  'Permission-Missing',
  'Policy-Contact',
  'Policy-ID',
  'Priority',
  'Priority-Share',
  'Priv-Answer-Mode',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authentication-Info',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Recv-Info',
  'Refer-Events-At',
  'Refer-Sub',
  'Refer-To',
  'Referred-By',
  'Reject-Contact',
  'Relayed-Charge',
  'Remote-Party-ID',
  'Replaces',
  'Reply-To',
  'Request-Disposition',
  'Require',
  'Resource-Priority',
  'Resource-Share',
  'Response-Source',
  'Restoration-Info',
  'Retry-After',
  'Route',
  'RSeq',
  'Security-Client',
  'Security-Server',
  'Security-Verify',
  'Server',
  'Service-Interact-Info',
  'Service-Route',
  'Session-Expires',
  'Session-ID',
  'SIP-ETag',
  'SIP-If-Match',
  'Subject',
  'Subscription-State',
  'Supported',
  'Suppress-If-Match',
  'Target-Dialog',
  'Timestamp',
  'To',
  'Trigger-Consent',
  'Unsupported',
  'User-Agent',
  'User-to-User',
  'Via',
  'Warning',
  'WWW-Authenticate',
];

const compactForms: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

/** Spelling and canonical name, by length and first letter: most names are found by one comparison. */
type Entry = readonly [spelling: string, name: string];
const bucket = (length: number, first: number): number => (length << 5) | (first & 31);
const table = /* @__PURE__ */ makeTable();

function makeTable(): readonly (readonly Entry[] | undefined)[] {
  const buckets: Entry[][] = [];
  const add = (spelling: string, name: string): void => {
    (buckets[bucket(spelling.length, spelling.charCodeAt(0))] ??= []).push([spelling, name]);
  };
  for (const name of names) add(name, name);
  for (const [letter, name] of Object.entries(compactForms)) add(letter, name);
  return buckets;
}

/** The canonical name of a header that is spelled as usual, the only way most are; undefined for all others. */
export function usualName(name: string): string | undefined {
  const entries = table[bucket(name.length, name.charCodeAt(0))];
  if (entries) for (let i = 0; i < entries.length; i++) if (entries[i]![0] === name) return entries[i]![1];
  return undefined;
}

/** The spelling under which a header of this name is found in a message; unknown names are capitalized word by word. */
export function canonicalName(name: string): string {
  const usual = usualName(name);
  if (usual) return usual;
  const lower = name.toLowerCase();
  const known = table[bucket(name.length, name.charCodeAt(0))]?.find(([spelling]) => spelling.toLowerCase() === lower);
  return known ? known[1] : capitalize(lower);
}

function capitalize(lower: string): string {
  const capitalized = lower.replace(
    /(^|-)([a-z])/g,
    (_match, dash: string, letter: string) => dash + letter.toUpperCase(),
  );
  // A property's name is interned, like a literal: where all names are, engines compare them by address.
  return Object.keys({ [capitalized]: 0 })[0]!;
}
