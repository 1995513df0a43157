// What networks do to a call, each as a function of the stage; and within which time the call must be well again.
import type { Host } from './network.js';
import type { Stage, StageOptions } from './stage.js';

export interface Target {
  /** Seconds of silence in either direction. */
  readonly silence: number;
  /** Seconds from the return of the path to a new registration. */
  readonly registered?: number;
  /** How often the page may have to invent sound, where the media path is well all the time. */
  readonly concealments?: number;
}

export interface Fault extends StageOptions {
  readonly name: string;
  readonly title: string;
  readonly target: Target;
  /** Seconds from the beginning of the fault for which the call is watched at least. @default 8 */
  readonly watch?: number;
  /** @default the page calls, and they talk */
  begin?(stage: Stage): Promise<void>;
  /** From when on silence counts: from the fault, or from the return of the path. @default 'fault' */
  readonly countsFrom?: 'fault' | 'back';
  /** Who ends the call in the end. @default 'page' */
  readonly hangsUp?: 'page' | 'far';
  /** What JsSIP 3.13.8 and SIP.js 0.21.2 did with about 100 lines of an expert's: silence inbound / outbound. */
  readonly peers?: readonly [jssip: string, sipjs: string];
  /** Breaks the network, and mends it; calls `back` when there is a path again. */
  strike(stage: Stage, back: () => void): Promise<void>;
}

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

/** One interface goes down, the other comes up. */
async function switchHard(host: Host, pause: number): Promise<void> {
  host.wifi.down();
  await seconds(pause);
  host.lte.up(200);
}

function hard(pause: number, silence: number, peers?: Fault['peers']): Fault {
  return {
    ...(peers && { peers }),
    name: `hard${pause}`,
    title: `interface down, the other up after ${pause} s`,
    target: { silence },
    async strike({ network: { client } }, back) {
      await switchHard(client, pause);
      back();
    },
  };
}

const inChromium: readonly Fault[] = [
  hard(0, 1.9, ['2.0 / 1.7', '1.7 / 3.5']),
  hard(2, 2.9, ['2.7 / 3.7', '3.4 / 4.4']),
  hard(10, 10.8, ['10.5 / 13.4', '11.4 / 13.8']),
  hard(30, 31),
  {
    name: 'make-before-break',
    title: 'a new default route, the old interface dies 3 s later',
    target: { silence: 0.2 },
    peers: ['7.0 / 8.5', '7.9 / 9.0'],
    watch: 12,
    async strike({ network: { client } }, back) {
      client.lte.up(50);
      back();
      await seconds(3);
      client.wifi.down();
    },
  },
  {
    name: 'black hole',
    title: 'packets vanish, the link stays up; a new default route after 2 s',
    target: { silence: 4.5 },
    peers: ['7.3 / 5.0', '8.2 / 5.7'],
    watch: 12,
    async strike({ network: { client } }, back) {
      client.wifi.swallow();
      await seconds(2);
      client.lte.up(50);
      back();
    },
  },
  {
    name: 'server restart',
    title: 'the SIP server stopped for 3 s, registrations forgotten',
    target: { silence: 0.2, registered: 1, concealments: 0 },
    peers: ['0 / 2.0', '0 / 3.2'],
    watch: 10,
    async strike({ kamailio }, back) {
      await kamailio.restart(3000);
      back();
    },
  },
  {
    name: 'reset',
    title: 'the WebSocket is reset',
    target: { silence: 0.2, registered: 0.3, concealments: 0 },
    peers: ['0 / 0', '0 / 2.6'],
    async strike(stage, back) {
      await stage.resetSockets();
      back();
    },
  },
  {
    name: 'reset, far end hangs up',
    title: 'the WebSocket is reset, and then the far end hangs up',
    target: { silence: 0.2, registered: 0.3, concealments: 0 },
    hangsUp: 'far',
    async strike(stage, back) {
      await stage.resetSockets();
      back();
    },
  },
  {
    name: 'NAT rebinding',
    title: 'the NAT has another address',
    nat: true,
    target: { silence: 0.9, registered: 5 },
    peers: ['0.9, SIP dead', '0.9, SIP dead'],
    async strike({ network }, back) {
      network.rebind();
      back();
      await Promise.resolve();
    },
  },
  {
    name: 'two switches',
    title: 'from Wi-Fi to LTE and back within 300 ms',
    target: { silence: 2.2 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      await seconds(0.3);
      client.lte.down();
      client.wifi.up(100);
      back();
    },
  },
  {
    name: 'there and back',
    title: 'from Wi-Fi to LTE, and back 6 s later',
    target: { silence: 1.9 },
    watch: 14,
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
      await seconds(6);
      client.lte.down();
      client.wifi.up(100);
    },
  },
  {
    name: 'while held',
    title: 'a switch while the call is held; taken off hold 4 s later',
    farEnd: 'page', // the files that baresip keeps of what it hears end with the first hold
    target: { silence: 1 },
    countsFrom: 'back',
    async begin(stage) {
      await stage.begin();
      await stage.page.phone.hold();
    },
    async strike({ page, network: { client } }, back) {
      await switchHard(client, 0);
      await seconds(4);
      await page.phone.resume();
      back();
    },
  },
  {
    name: 'during hold',
    title: 'a switch while the re-INVITE for a hold is on its way; taken off hold 4 s later',
    farEnd: 'page',
    target: { silence: 1 },
    countsFrom: 'back',
    async strike({ page, network: { client } }, back) {
      client.wifi.down();
      const held = page.phone.hold();
      await seconds(0.1);
      client.lte.up(200);
      await held;
      await seconds(4);
      await page.phone.resume();
      back();
    },
  },
  {
    name: 'ringing there',
    title: 'a switch while the far end rings, which answers 4 s later',
    answers: 'manual',
    target: { silence: 1 },
    countsFrom: 'back',
    async begin(stage) {
      await stage.dial();
      await stage.far.rings();
      await stage.page.phone.reached('early');
    },
    async strike(stage, back) {
      await switchHard(stage.network.client, 0);
      await seconds(4);
      await stage.far.answer();
      await stage.talk();
      back();
    },
  },
  {
    name: 'ringing here',
    title: 'a switch while the page rings, which answers 4 s later',
    answers: 'manual',
    target: { silence: 1 },
    countsFrom: 'back',
    async begin({ page, far }) {
      await far.dial(page.phone.uri);
      await page.phone.incoming();
      await page.remember();
    },
    async strike(stage, back) {
      await switchHard(stage.network.client, 0);
      await seconds(4);
      await stage.page.phone.answer();
      await stage.talk();
      back();
    },
  },
  {
    name: 'during INVITE',
    title: 'a switch as the INVITE of a new call leaves; the far end answers at once',
    target: { silence: 1.9 },
    countsFrom: 'back',
    begin: () => Promise.resolve(),
    async strike(stage, back) {
      const { client } = stage.network;
      client.wifi.down();
      const called = stage.dial();
      await seconds(0.1);
      client.lte.up(200);
      await called;
      await stage.talk();
      back();
    },
  },
  {
    name: 'IPv4 to IPv6',
    title: 'the interface with IPv4 goes down, and one with IPv6 only comes up',
    ipv6: true,
    target: { silence: 1.9 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
    },
  },
  {
    name: 'relays only',
    title: 'a hard switch where nothing but TURN gets through',
    onlyRelays: true,
    target: { silence: 1.9 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
    },
  },
  {
    name: 'page to page',
    title: 'the far end is a page; one moves',
    farEnd: 'page',
    target: { silence: 1.9 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
    },
  },
  {
    name: 'both move',
    title: 'the far end is a page; both move at the same moment',
    farEnd: 'page',
    target: { silence: 1.9 },
    peers: ['call lost', 'call lost'],
    async strike({ network: { client, peer } }, back) {
      await Promise.all([switchHard(client, 0), switchHard(peer, 0)]);
      back();
    },
  },
  {
    name: 'flow tokens, GRUU',
    title:
      'the far end is a page; the Record-Route names the connection that dies with the interface, the Contact is a GRUU',
    farEnd: 'page',
    defines: ['WITH_OB_FLOW'],
    target: { silence: 1.9 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
    },
  },
  {
    name: 'flow tokens',
    title: 'as before, and there are no GRUUs: only INVITE with Replaces can save the call',
    farEnd: 'page',
    defines: ['WITH_OB_FLOW', 'WITHOUT_GRUU'],
    target: { silence: 1.9 },
    async strike({ network: { client } }, back) {
      await switchHard(client, 0);
      back();
    },
  },
];

const inFirefox = ['hard0', 'hard2', 'make-before-break', 'black hole', 'server restart', 'page to page', 'both move'];

/** It holds a handshake back by itself where some have failed, 0.2 s and longer each time (RFC 6455 §7.2.3). */
const inFirefoxRegistered = 2;

export const faults: readonly Fault[] = [
  ...inChromium,
  ...inChromium
    .filter(({ name }) => inFirefox.includes(name))
    .map(({ peers: _, target: chromium, ...fault }): Fault => {
      const target = { ...chromium, ...(chromium.registered !== undefined && { registered: inFirefoxRegistered }) };
      return { ...fault, target, name: `Firefox, ${fault.name}`, browser: 'firefox' };
    }),
];
