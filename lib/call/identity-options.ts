/** Who we say that we are, to servers that assert it or let us (RFC 3325). */
import { invalidOption } from '../base/errors.js';
import { checkLine } from '../base/options.js';
import { ParseError, parseAddress } from '../parser/index.js';
import type { Header } from '../parser/index.js';

export interface IdentityOptions {
  /** Which of our identities the server is to assert (RFC 3325 §9.2): an address, with or without a name. */
  readonly preferredIdentity?: string;
  /** What is asserted by ourselves (RFC 3325 §9.1), in a network that trusts us to: one or two addresses. */
  readonly assertedIdentity?: string | readonly string[];
}

export function identityHeaders({ preferredIdentity, assertedIdentity }: IdentityOptions): Header[] {
  const headers: Header[] = [];
  if (preferredIdentity !== undefined) {
    headers.push({ name: 'P-Preferred-Identity', value: addressValue('preferredIdentity', preferredIdentity) });
  }
  if (assertedIdentity !== undefined) {
    for (const address of [assertedIdentity].flat())
      headers.push({ name: 'P-Asserted-Identity', value: addressValue('assertedIdentity', address) });
  }
  return headers;
}

function addressValue(option: string, value: unknown): string {
  checkLine(option, value);
  try {
    const text = (value as string).trim();
    const { uri } = parseAddress(text);
    if (/^(?:sips?|tel):/i.test(uri)) return text.includes('<') ? text : `<${text}>`;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw invalidOption(option, 'takes the address of a SIP or tel URI', value);
}
