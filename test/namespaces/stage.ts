// A whole world for one call: a network, the servers, the page under test and its far end.
import type { BrowserName } from '../support/browser/launch.js';
import type { PhoneOptions } from '../support/browser/page/phone.js';
import { PageServer } from '../support/browser/page-server.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Turn } from '../support/servers/turn.js';
import { BaresipFarEnd, PageFarEnd, tones } from './far-end.js';
import type { FarEnd } from './far-end.js';
import { inside } from './ip.js';
import { MovingPage } from './moving-page.js';
import { Network } from './network.js';

export interface StageOptions {
  /** @default false */
  readonly nat?: boolean;
  /** The other interface is IPv6 and nothing else. @default false */
  readonly ipv6?: boolean;
  /** Media reach the page through a TURN server only. @default false */
  readonly onlyRelays?: boolean;
  /** Of the page. @default 'chromium' */
  readonly browser?: BrowserName;
  /** @default 'baresip' */
  readonly farEnd?: 'baresip' | 'page';
  /** Whether the far end answers by itself. @default 'auto' */
  readonly answers?: 'auto' | 'manual';
  /** Switches of kamailio.cfg. */
  readonly defines?: readonly string[];
}

export const user = '1001';

export class Stage {
  readonly network: Network;
  readonly kamailio: Kamailio;
  readonly #rtpengine: RtpEngine;
  readonly #turn: Turn | undefined;
  readonly #server = new PageServer();
  readonly #options: StageOptions;
  #page: MovingPage | undefined;
  #far: FarEnd | undefined;

  private constructor(options: StageOptions) {
    const { nat = false, ipv6 = false, onlyRelays = false, defines = [] } = (this.#options = options);
    this.network = new Network({ nat, ipv6 });
    const place = this.network.server;
    if (onlyRelays) this.#turn = new Turn(place);
    this.#rtpengine = new RtpEngine(place);
    this.kamailio = new Kamailio({ place, rtpengine: this.#rtpengine, defines });
  }

  static async build(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      await stage.#start();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  get page(): MovingPage {
    if (!this.#page) throw new Error('there is no page');
    return this.#page;
  }

  get far(): FarEnd {
    if (!this.#far) throw new Error('there is no far end');
    return this.#far;
  }

  async #start(): Promise<void> {
    const { farEnd = 'baresip', answers = 'auto' } = this.#options;
    this.network.start();
    await this.#rtpengine.start();
    await Promise.all([this.kamailio.start(), this.#server.start()]);
    this.#far =
      farEnd === 'page'
        ? await PageFarEnd.open(this.network, this.kamailio, this.#server, answers)
        : await BaresipFarEnd.open(this.network, this.kamailio, answers);
    const options = {
      servers: this.#options.ipv6 ? [this.kamailio.wsUrl, this.kamailio.ws6Url] : this.kamailio.wsUrl,
      user,
      tone: tones.page,
      ...(await this.#relay()),
    };
    this.#page = await MovingPage.open(this.network.client, this.#server, options, this.#options.browser);
    if (this.#page.phone.registration.state !== 'registered') throw new Error('the page could not register');
  }

  async #relay(): Promise<Pick<PhoneOptions, 'iceServers'>> {
    if (!this.#turn) return {};
    const { port, turnUrl: urls, username, credential } = await this.#turn.start();
    this.network.letOnlyRelays(port);
    return { iceServers: [{ urls, username, credential }] };
  }

  /** The page calls, and both have heard each other for longer than rtpengine follows a sender who moves (3 s). */
  async begin(): Promise<void> {
    await this.dial();
    await this.talk();
    await this.bothHear(4000);
  }

  /** The page calls. */
  async dial(): Promise<void> {
    await this.page.phone.call(this.far.uri);
    await this.page.remember();
  }

  /** Resolves when the call is answered; both listen from then on. */
  async talk(): Promise<void> {
    await Promise.all([this.page.phone.reached('confirmed'), this.far.taken()]);
    await this.page.listen(tones.far);
  }

  /** Resolves when both have heard the other for so many milliseconds. */
  async bothHear(ms: number, deadline = 15_000): Promise<void> {
    const soundsWell = async (): Promise<boolean> => {
      const all = await Promise.all([this.page.heard(), this.far.heard()]);
      const since = performance.timeOrigin + performance.now() - ms;
      return all.every(({ silences, isSilent }) => !isSilent && silences.every(({ to }) => to < since));
    };
    const waited = (async () => {
      while (!(await soundsWell())) await new Promise((resolve) => setTimeout(resolve, 100));
    })();
    await within(deadline, 'both sides to hear each other', waited);
  }

  /** The connections of the page to the server are reset by someone on the way. */
  async resetSockets(): Promise<void> {
    const [, port] = /:(\d+)\/ws$/.exec(this.kamailio.wsUrl)!;
    const open = inside(this.network.client.namespace, `ss -Htn state established dport = :${port}`);
    const ports = [...open.matchAll(/:(\d+) +\S+:\d+ *$/gm)].map(([, from]) => from!);
    if (ports.length === 0) throw new Error('the page has no connection');
    const undos = ports.map((from) => this.network.reset(from));
    // who resets answers those who send: the page's kernel does when it is pinged
    const dump = await this.kamailio.rpc('ws.dump');
    for (const [, id] of dump.matchAll(/(?:^|\s)(\d+): ws/gm)) await this.kamailio.rpc('ws.ping', id!);
    setTimeout(() => {
      for (const undo of undos) undo();
    }, 300);
  }

  async close(): Promise<void> {
    for (const end of [this.#page, this.#far]) await end?.close().catch(() => {});
    await this.kamailio.stop();
    await this.#rtpengine.stop();
    await this.#turn?.stop();
    await this.#server.stop().catch(() => {});
    this.network.stop();
  }
}
