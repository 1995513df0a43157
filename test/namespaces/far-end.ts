// Who the page under test talks to: baresip beside the server, or another page with interfaces of its own.
import type { PageServer } from '../support/browser/page-server.js';
import { Baresip } from '../support/servers/baresip.js';
import type { Kamailio } from '../support/servers/kamailio.js';
import { BaresipEar } from './ears.js';
import type { Heard } from './ears.js';
import { MovingPage } from './moving-page.js';
import type { Network } from './network.js';

/** Hertz of what each side says. */
export const tones = { page: 660, far: 440 } as const;

export interface FarEnd {
  readonly uri: string;
  /** Resolves when it has taken the call; it listens from then on. */
  taken(): Promise<void>;
  dial(uri: string): Promise<void>;
  /** Resolves when a call has come to it. */
  rings(): Promise<unknown>;
  answer(): Promise<void>;
  hangup(): Promise<void>;
  heard(): Promise<Heard>;
  /** Notes when its browser shows another address of its own, where it has a browser. */
  watchAddresses(): Promise<void>;
  publishedAddresses(): Promise<readonly number[]>;
  /** Resolves when its side of the call is over. */
  over(): Promise<unknown>;
  close(): Promise<void>;
}

export class BaresipFarEnd implements FarEnd {
  readonly phone: Baresip;
  readonly uri: string;
  #ear: BaresipEar | undefined;

  private constructor(phone: Baresip) {
    this.phone = phone;
    this.uri = phone.uri;
  }

  static async open(network: Network, kamailio: Kamailio, answer: 'auto' | 'manual'): Promise<BaresipFarEnd> {
    const options = { user: '1010', proxy: kamailio, place: network.server, tone: tones.far, answer };
    return new BaresipFarEnd(await new Baresip(options).start());
  }

  async taken(): Promise<void> {
    await this.phone.event('CALL_ESTABLISHED');
    this.#ear = new BaresipEar(this.phone, tones.page);
  }

  dial(uri: string): Promise<void> {
    return this.phone.dial(uri);
  }

  rings(): Promise<unknown> {
    return this.phone.event('CALL_INCOMING');
  }

  answer(): Promise<void> {
    return this.phone.accept();
  }

  hangup(): Promise<void> {
    return this.phone.hangup();
  }

  heard(): Promise<Heard> {
    if (!this.#ear) throw new Error('baresip has not taken a call');
    return this.#ear.heard();
  }

  watchAddresses(): Promise<void> {
    return Promise.resolve();
  }

  publishedAddresses(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  over(): Promise<unknown> {
    return this.phone.event('CALL_CLOSED', 6000);
  }

  async close(): Promise<void> {
    this.#ear?.stop();
    await this.phone.stop();
  }
}

export class PageFarEnd implements FarEnd {
  readonly page: MovingPage;
  readonly uri: string;
  readonly #answers: 'auto' | 'manual';

  private constructor(page: MovingPage, answers: 'auto' | 'manual') {
    this.page = page;
    this.uri = page.phone.uri;
    this.#answers = answers;
  }

  static async open(
    network: Network,
    kamailio: Kamailio,
    server: PageServer,
    answers: 'auto' | 'manual',
  ): Promise<PageFarEnd> {
    const options = { servers: kamailio.wsUrl, user: '1002', tone: tones.far };
    return new PageFarEnd(await MovingPage.open(network.peer, server, options), answers);
  }

  async taken(): Promise<void> {
    if (this.#answers === 'auto') {
      await this.rings();
      await this.answer();
    }
    await this.page.phone.reached('confirmed');
    await this.page.remember();
    await this.page.listen(tones.page);
  }

  dial(uri: string): Promise<void> {
    return this.page.phone.call(uri);
  }

  rings(): Promise<unknown> {
    return this.page.phone.incoming();
  }

  answer(): Promise<void> {
    return this.page.phone.answer();
  }

  hangup(): Promise<void> {
    return this.page.phone.hangup();
  }

  heard(): Promise<Heard> {
    return this.page.heard();
  }

  watchAddresses(): Promise<void> {
    return this.page.watchAddresses();
  }

  publishedAddresses(): Promise<readonly number[]> {
    return this.page.publishedAddresses();
  }

  over(): Promise<unknown> {
    return this.page.phone.ended();
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
