/** Addresses that the app names: of record, of a registrar, of proxies, of Contacts of its own. */
import { invalidOption } from '../base/errors.js';
import { checkList } from '../base/options.js';
import { ParseError, isSipUri, parseAddress, parseUri, writeAddress } from '../parser/index.js';
import type { Address, Params, SipUri, Uri } from '../parser/index.js';

interface NamedAddress<Parsed> extends Address {
  readonly parsed: Parsed;
}

const noParams: Params = new Map();

/** Throws `invalidOption`, naming the option. */
export function sipAddress(text: unknown, option: string): NamedAddress<SipUri> {
  const address = anyAddress(text, option);
  const { parsed } = address;
  if (!isSipUri(parsed)) throw invalidOption(option, 'takes a SIP URI', text);
  return { ...address, parsed };
}

function anyAddress(text: unknown, option: string): NamedAddress<Uri> {
  if (typeof text === 'string') {
    try {
      // without brackets parameters would be the header's (RFC 3261 §20.10); here they are meant for the URI
      const address = text.includes('<') ? parseAddress(text) : { uri: text.trim(), params: noParams };
      return { ...address, parsed: parseUri(address.uri) };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
    }
  }
  throw invalidOption(option, 'takes a SIP URI', text);
}

/** A Contact value without `expires`, which we say. */
export function extraContact(text: string): string {
  const { uri, displayName, params } = anyAddress(text, 'extraContacts'); // RFC 3261 §10.2.1: a mailto, too
  return writeAddress({ uri, displayName, params: new Map([...params].filter(([name]) => name !== 'expires')) });
}

/** RFC 3261 §10.2: the domain of the address, without a user. */
export function registrarUri(registrar: string | undefined, aor: SipUri): string {
  if (registrar === undefined) {
    const { scheme, host, port } = aor;
    return `${scheme}:${host}${port === undefined ? '' : `:${port}`}`;
  }
  return sipAddress(registrar, 'registrar').uri;
}

/** Route values of proxies. */
export function routeSet(proxies: readonly string[] = []): readonly string[] {
  checkList('outboundProxies', proxies);
  return proxies.map(looseRoute);
}

function looseRoute(proxy: string): string {
  const { uri, parsed } = sipAddress(proxy, 'outboundProxies');
  return `<${parsed.params.has('lr') ? uri : `${uri};lr`}>`;
}
