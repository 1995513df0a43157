/** Via: RFC 3261 §20.42, RFC 3581, RFC 5118 §4.5. */
import { type Params, parseParams, writeParams } from '../params.js';
import { COLON, SLASH, type Scanner, safeToken } from '../scanner.js';
import { checkHost, parseHost } from '../uri.js';
import { codec, list, writeInteger } from './field.js';

export interface ViaValue {
  readonly protocol: string;
  readonly version: string;
  /** In upper case. */
  readonly transport: string;
  /** In lower case; an IPv6 address with its brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  /** branch, received, rport … */
  readonly params: Params;
}

/** Protocol and version of sent-protocol, and the slash after them. */
function readProtocol(scanner: Scanner): readonly [protocol: string, version: string] {
  if (scanner.text.startsWith('SIP/2.0/')) {
    scanner.pos = 8;
    scanner.skipLws();
    return sip20;
  }
  const protocol = scanner.token();
  scanner.expect(SLASH);
  const version = scanner.token();
  scanner.expect(SLASH);
  return [protocol, version];
}

const sip20 = ['SIP', '2.0'] as const;

/** What nearly every Via begins with: transport, host in lower case, port. */
const plainVia = /^SIP\/2\.0\/([A-Z]+) ([a-z0-9._-]+)(?::(\d{1,4}|[1-5]\d{4}))?(?=;|$)/;

/** RFC 3261 §20.42. */
export const Via = /* @__PURE__ */ list(
  codec<ViaValue>(
    'Via',
    (scanner) => {
      const plain = plainVia.exec(scanner.text);
      if (plain) {
        const [all, transport, host, digits] = plain;
        scanner.pos = all.length;
        const port = digits === undefined ? undefined : Number(digits);
        return {
          protocol: 'SIP',
          version: '2.0',
          transport: transport!,
          host: host!,
          port,
          params: parseParams(scanner),
        };
      }
      const [protocol, version] = readProtocol(scanner);
      const transport = scanner.token('transport').toUpperCase();
      scanner.skipLws();
      const host = parseHost(scanner);
      const port = scanner.take(COLON) ? scanner.integer(65535) : undefined;
      return { protocol, version, transport, host, port, params: parseParams(scanner) };
    },
    ({ protocol, version, transport, host, port, params }, what) => {
      checkHost(host);
      const sentBy = port === undefined ? host : `${host}:${writeInteger(port, 65535, what)}`;
      const sentProtocol = [protocol, version, transport].map((part) => safeToken(part, what)).join('/');
      return `${sentProtocol} ${sentBy}${writeParams(params, what)}`;
    },
  ),
);
