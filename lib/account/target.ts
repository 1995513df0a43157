/** Whom a call or a message is for: what the user typed, as a URI. */
import { EvercallError } from '../base/errors.js';
import { ParseError, isSipUri, parseAddress, parseUri } from '../parser/index.js';

/** What the user dialled as a URI: a SIP or tel URI, `user@host`, a user, or a telephone number in its usual spelling. */
export function targetUri(target: string, domain: string): string {
  const text = typeof target === 'string' ? target.trim() : '';
  try {
    const uri = dialled(text, domain);
    const parsed = uri === undefined ? undefined : parseUri(uri);
    if (parsed && isSipUri(parsed)) return uri!;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw new EvercallError('invalidTarget', `no SIP or tel URI: ${JSON.stringify(text.slice(0, 80))}`);
}

function dialled(text: string, domain: string): string | undefined {
  if (text === '') return undefined;
  if (text.includes('<')) return parseAddress(text).uri;
  if (/^sips?:/i.test(text)) return text;
  if (/^tel:/i.test(text)) return telTarget(text, domain);
  if (/^[a-z][a-z\d+.-]*:/i.test(text)) return undefined; // a scheme that is not ours
  if (/^\+?[\d\s().\-/*#]+$/.test(text)) return inDomain(text.replace(/[\s().\-/]/g, ''), domain);
  return text.includes('@') ? `sip:${text}` : inDomain(text, domain);
}

const inDomain = (user: string, host: string): string =>
  `sip:${user.replace(/\p{Surrogate}/gu, '\ufffd').replace(/[^\w.!~*'()&=+$,;?/-]+/g, encodeURIComponent)}@${host}`; // RFC 3261 §25.1

/** RFC 3261 §19.1.6: our proxy, not the telephone network, knows the way to the number. */
function telTarget(text: string, domain: string): string {
  const number = text
    .slice(4)
    .split(';')[0]!
    .replace(/[.\-()]/g, '');
  return `sip:${number}@${domain};user=phone`;
}
