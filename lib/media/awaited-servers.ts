/** Which STUN and TURN servers have not answered yet, as far as a browser lets a page see (RFC 8489, RFC 8656). */

/** The fields that are read; Firefox has no `url` on candidates, and errors may come without an address. */
export interface ServerCandidate {
  readonly type: RTCIceCandidateType | null;
  readonly address: string | null;
  readonly protocol: RTCIceProtocol | null;
  readonly url?: string | null;
}
export type ServerError = Pick<RTCPeerConnectionIceErrorEvent, 'url' | 'errorCode' | 'address' | 'port'>;

/** Servers of which one candidate is an answer. */
interface Group {
  readonly kind: 'srflx' | 'relay';
  readonly servers: readonly string[];
  answered: boolean;
}

/** W3C WebRTC §5.7.2: the server could not be reached, which each local address says for itself. */
const unreachable = 701;

export class AwaitedServers {
  readonly #groups: readonly Group[];
  readonly #hosts = new Set<string>();
  /** By server: the local addresses that did not reach it. */
  readonly #failures = new Map<string, Set<string>>();

  /**
   * All STUN servers are one group: they tell the same address, and a browser does not report it twice.
   * Each TURN server with all its transports is one of its own.
   */
  constructor(iceServers: readonly RTCIceServer[]) {
    const urls = iceServers.map((server) => [server.urls].flat().map(parse));
    const stun = urls.flat().filter(({ turn }) => !turn);
    const turns = urls.map((of) => of.filter(({ turn }) => turn));
    const group = (kind: Group['kind'], of: readonly Server[]): Group[] =>
      of.length ? [{ kind, servers: of.map(({ key }) => key), answered: false }] : [];
    this.#groups = [...group('srflx', stun), ...turns.flatMap((of) => group('relay', of))];
  }

  get pending(): boolean {
    return this.#groups.some((group) => !group.answered && !this.#failed(group));
  }

  onCandidate({ type, address, protocol, url }: ServerCandidate): void {
    if (type === 'host' && protocol === 'udp') this.#hosts.add(address ?? '');
    if (type !== 'srflx' && type !== 'relay') return;
    const open = this.#groups.filter((group) => group.kind === type && !group.answered);
    const key = url ? parse(url).key : undefined;
    const group = (type === 'relay' && open.find(({ servers }) => key && servers.includes(key))) || open[0];
    if (group) group.answered = true;
  }

  onError({ url, errorCode, address, port }: ServerError): void {
    const { key } = parse(url);
    if (errorCode !== unreachable) {
      for (const group of this.#groups) if (group.servers.includes(key)) group.answered = true; // it refused us: an answer
      return;
    }
    let failures = this.#failures.get(key);
    if (!failures) this.#failures.set(key, (failures = new Set()));
    failures.add(address ?? `${String(port)} ${String(failures.size)}`);
  }

  /** One unreachable server may be the fault of one interface alone: an IPv6 address fails at once to reach an IPv4 server. */
  #failed({ servers }: Group): boolean {
    return servers.every((server) => (this.#failures.get(server)?.size ?? 0) >= Math.max(1, this.#hosts.size));
  }
}

interface Server {
  readonly turn: boolean;
  readonly key: string;
}

/** RFC 7064, RFC 7065; browsers report URLs with default port and transport filled in. */
function parse(url: string): Server {
  const [, scheme = '', host = '', port, transport] =
    /^(\w+):(\[[^\]]*\]|[^:?]*)(?::(\d+))?(?:\?transport=(\w+))?/.exec(url.toLowerCase()) ?? [];
  const tls = scheme.endsWith('s');
  return {
    turn: scheme.startsWith('turn'),
    key: `${host}:${port ?? (tls ? '5349' : '3478')}/${transport ?? (tls ? 'tcp' : 'udp')}`,
  };
}
