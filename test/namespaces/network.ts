/**
 * A network of namespaces that can be broken, as many of them at once as there are tests:
 *
 *   client ═ wifi 10.10.1.2 ═╗
 *          ═ lte  10.10.2.2 ═╬═ gateway 10.10.9.1 ═══ 10.10.9.2 server, address 10.99.x.y ─── ours, to control it
 *   peer   ═ wifi 10.20.1.2 ═╣  (NAT if wished)
 *          ═ lte  10.20.2.2 ═╝
 *
 * Where IPv6 is wished for, lte has nothing else: fd10:10:2::2 and fd10:20:2::2; the server is fd99::1, too.
 */
import { execFileSync } from 'node:child_process';
import type { Place } from '../support/servers/place.js';
import { entering, inside, ip } from './ip.js';

export type LinkName = 'wifi' | 'lte';
export type HostName = 'client' | 'peer';

export interface NetworkOptions {
  /** The gateway hides those behind it. @default false */
  readonly nat?: boolean;
  /** LTE is IPv6 and nothing else; the server has both. @default false */
  readonly ipv6?: boolean;
}

const networks = new Set<Network>();
let count = 0;

process.on('exit', () => {
  for (const network of networks) network.stop();
});

/** One interface of a host, and its other end in the gateway. */
export class Link {
  readonly host: Host;
  readonly name: LinkName;
  readonly address: string;
  /** The name of its end in the gateway. */
  readonly far: string;
  readonly #gateway: string;
  readonly #length: number;

  constructor(host: Host, name: LinkName, isIpv6 = false) {
    const third = name === 'wifi' ? 1 : 2;
    const net = isIpv6 ? `fd10:${host.octet}:${third}::` : `10.${host.octet}.${third}.`;
    this.host = host;
    this.name = name;
    this.address = `${net}2`;
    this.#gateway = `${net}1`;
    this.#length = isIpv6 ? 64 : 24;
    this.far = `${host.name}-${name}`;
    ip(undefined, `link add ${name} netns ${host.namespace} type veth peer name ${this.far} netns ${host.gateway}`);
    ip(
      host.gateway,
      `address add ${this.#gateway}/${this.#length}${this.#hasty} dev ${this.far}`,
      `link set ${this.far} up`,
    );
  }

  /** It comes up with its address and a default route; of two routes that of the lower metric is used. */
  up(metric: number): void {
    ip(
      this.host.namespace,
      `link set ${this.name} up`,
      `address add ${this.address}/${this.#length}${this.#hasty} dev ${this.name}`,
      `route add default via ${this.#gateway} dev ${this.name} metric ${metric}`,
    );
  }

  /** Nobody else has the address: it need not be looked for before it is used. */
  get #hasty(): string {
    return this.#length === 64 ? ' nodad' : '';
  }

  /** It goes down, and its address with it, as a network manager does it. */
  down(): void {
    ip(this.host.namespace, `link set ${this.name} down`, `address flush dev ${this.name}`);
  }

  /** Whatever it carries vanishes, and it stays up. */
  swallow(): void {
    inside(this.host.gateway, `iptables -I FORWARD -i ${this.far} -j DROP`);
    inside(this.host.gateway, `iptables -I FORWARD -o ${this.far} -j DROP`);
  }
}

export class Host {
  readonly name: HostName;
  readonly namespace: string;
  readonly gateway: string;
  readonly octet: number;
  readonly wifi: Link;
  readonly lte: Link;

  constructor(name: HostName, namespace: string, gateway: string, ipv6: boolean) {
    this.name = name;
    this.namespace = namespace;
    this.gateway = gateway;
    this.octet = name === 'client' ? 10 : 20;
    this.wifi = new Link(this, 'wifi');
    this.lte = new Link(this, 'lte', ipv6);
  }
}

export class Network {
  readonly #number = ++count;
  readonly #name = `evercall-${process.pid}-${this.#number}`;
  readonly #gateway = `${this.#name}-gateway`;
  readonly #server = `${this.#name}-server`;
  /** Our own interface towards the server; a name may have 15 characters. */
  readonly #control = `ev${((process.pid << 4) + (this.#number & 15)).toString(36)}`;
  readonly #nat: boolean;
  readonly #ipv6: boolean;
  #hosts: Readonly<Record<HostName, Host>> | undefined;
  #outside = 1;

  constructor({ nat = false, ipv6 = false }: NetworkOptions = {}) {
    this.#nat = nat;
    this.#ipv6 = ipv6;
  }

  /** Where the servers run. */
  get server(): Place {
    const id = (process.pid * 16 + (this.#number & 15)) & 0xffff;
    const host = `10.99.${id >> 8}.${id & 255}`;
    return { host, ...(this.#ipv6 && { host6: 'fd99::1' }), enter: entering(this.#server) };
  }

  get client(): Host {
    return this.#host('client');
  }

  get peer(): Host {
    return this.#host('peer');
  }

  /** Both hosts have their Wi-Fi then, and no LTE. */
  start(): void {
    removeLeftOvers();
    networks.add(this);
    const namespaces = [this.#gateway, this.#server, this.#namespace('client'), this.#namespace('peer')];
    for (const namespace of namespaces) {
      ip(undefined, `netns add ${namespace}`);
      inside(
        namespace,
        `sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv6.conf.all.disable_ipv6=${this.#ipv6 ? 0 : 1}`,
      );
      ip(namespace, 'link set lo up');
    }
    this.#joinServer();
    this.#hosts = {
      client: new Host('client', this.#namespace('client'), this.#gateway, this.#ipv6),
      peer: new Host('peer', this.#namespace('peer'), this.#gateway, this.#ipv6),
    };
    inside(this.#gateway, 'sysctl -qw net.ipv4.ip_forward=1');
    if (this.#nat) this.#translate();
    if (this.#ipv6) this.#joinServer6();
    this.client.wifi.up(100);
    this.peer.wifi.up(100);
  }

  /** What still runs in it is its starter's affair: a namespace lives for as long as its processes. */
  stop(): void {
    networks.delete(this);
    this.#hosts = undefined;
    for (const command of [
      `link delete ${this.#control}`,
      ...[this.#gateway, this.#server, this.#namespace('client'), this.#namespace('peer')].map(
        (namespace) => `netns delete ${namespace}`,
      ),
    ]) {
      try {
        ip(undefined, command);
      } catch {
        // it was not made
      }
    }
  }

  /** The NAT gets another address from its provider, and forgets whom it has translated: the kernel does that by itself. */
  rebind(): void {
    if (!this.#nat) throw new Error('there is no NAT');
    const old = `10.10.9.${this.#outside}/24`;
    this.#outside = this.#outside === 1 ? 7 : 1;
    ip(
      this.#gateway,
      `address delete ${old} dev outside`,
      `address add 10.10.9.${this.#outside}/24 dev outside`,
      `route replace ${this.server.host} via 10.10.9.2`,
    );
  }

  /** Nothing by UDP gets from the client to anybody but to that port of the server, nor back. */
  letOnlyRelays(port: number): void {
    for (const [from, to] of [
      ['-i client-', '--dport'],
      ['-o client-', '--sport'],
    ] as const)
      for (const link of ['wifi', 'lte'])
        inside(this.#gateway, `iptables -A FORWARD ${from}${link} -p udp ! ${to} ${port} -j DROP`);
  }

  /** What comes from a host's port to the server is answered with a reset, until `undo` is called. */
  reset(port: string): () => void {
    const rule = `FORWARD -p tcp --sport ${port} -d ${this.server.host} -j REJECT --reject-with tcp-reset`;
    inside(this.#gateway, `iptables -I ${rule}`);
    return () => {
      inside(this.#gateway, `iptables -D ${rule}`);
    };
  }

  /** Connections that it does not know are dropped without a word: few are told by a reset. */
  #translate(): void {
    inside(this.#gateway, 'iptables -t nat -A POSTROUTING -o outside -j MASQUERADE');
    inside(this.#gateway, 'iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP');
    inside(this.#gateway, 'sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0');
  }

  #joinServer(): void {
    const { host } = this.server;
    ip(
      undefined,
      `link add outside netns ${this.#gateway} type veth peer name uplink netns ${this.#server}`,
      `link add ${this.#control} type veth peer name control netns ${this.#server}`,
      `address add 169.254.99.1/32 dev ${this.#control}`,
      `link set ${this.#control} up`,
    );
    ip(
      this.#server,
      `address add ${host}/32 dev lo`,
      'link set control up',
      'route add 169.254.99.1 dev control',
      'address add 10.10.9.2/24 dev uplink',
      'link set uplink up',
      'route add default via 10.10.9.1',
    );
    ip(this.#gateway, 'address add 10.10.9.1/24 dev outside', 'link set outside up', `route add ${host} via 10.10.9.2`);
    ip(undefined, `route add ${host} dev ${this.#control}`);
  }

  #joinServer6(): void {
    const host = this.server.host6!;
    ip(
      this.#server,
      `address add ${host}/128 dev lo`,
      'address add fd10:9::2/64 nodad dev uplink',
      'route add default via fd10:9::1',
    );
    ip(this.#gateway, 'address add fd10:9::1/64 nodad dev outside', `route add ${host} via fd10:9::2`);
    inside(this.#gateway, 'sysctl -qw net.ipv6.conf.all.forwarding=1');
  }

  #namespace(host: HostName): string {
    return `${this.#name}-${host}`;
  }

  #host(name: HostName): Host {
    if (!this.#hosts) throw new Error('the network was not started');
    return this.#hosts[name];
  }
}

/** Namespaces of a run that was killed; what it left running in them is ended. */
function removeLeftOvers(): void {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [, name, pid] of list.matchAll(/^(evercall-(\d+)-\S+)/gm)) {
    if (isAlive(Number(pid))) continue;
    const pids = execFileSync('ip', ['netns', 'pids', name!], { encoding: 'utf8' });
    for (const left of pids.split('\n').filter(Boolean)) kill(Number(left));
    ip(undefined, `netns delete ${name!}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has gone meanwhile
  }
}
