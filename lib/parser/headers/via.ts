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

/** What nearly every Via begins with: transport, host in lower case, port. */
const plainVia = /^SIP\/2\.0\/([A-Z]+) ([a-z0-9._-]+)(?::(\d{1,4}|[1-5]\d{4}))?(?=;|$)/;

function readVia(scanner: Scanner): ViaValue {
  const protocol = scanner.token('protocol');
  scanner.expect(SLASH);
  const version = scanner.token('version');
  scanner.expect(SLASH);
  const transport = scanner.token('transport').toUpperCase();
  scanner.skipLws();
  const host = parseHost(scanner);
  const port = scanner.take(COLON) ? scanner.integer(65535) : undefined;
  return { protocol, version, transport, host, port, params: parseParams(scanner) };
}

/** RFC 3261 §20.42. */
export const Via = /* @__PURE__ */ list(
  codec<ViaValue>(
    'Via',
    (scanner) => {
      const plain = plainVia.exec(scanner.text);
      if (!plain) return readVia(scanner);
      const [all, transport, host, digits] = plain;
      const port = digits === undefined ? undefined : Number(digits);
      scanner.pos = all.length;
      return {
        protocol: 'SIP',
        version: '2.0',
        transport: transport!,
        host: host!,
        port,
        params: parseParams(scanner),
      };
    },
    ({ protocol, version, transport, host, port, params }, what) => {
      checkHost(host);
      const sentBy = port === undefined ? host : `${host}:${writeInteger(port, 65535, what)}`;
      const sentProtocol = [protocol, version, transport].map((part) => safeToken(part, what)).join('/');
      return `${sentProtocol} ${sentBy}${writeParams(params, what)}`;
    },
  ),
);
