/** Session timers: who refreshes the session and when, and its end when nobody did (RFC 4028). */
import { at } from '../base/alarm.js';
import type { Clock } from '../base/clock.js';
import { optional } from '../core/optional.js';
import { MinSE, SessionExpires } from '../parser/index.js';
import type { Header, SipRequest, SipResponse } from '../parser/index.js';
import type { ExtensionConfig } from './extensions.js';
import { supports } from './extension-tags.js';

/** The session, as its timer sees it. */
export interface SessionTimerUser {
  /** Sends a refresh; rejects when the session was not refreshed. */
  refresh(): Promise<void>;
  /** Nobody has refreshed the session. */
  onExpired(): void;
}

/** Seconds. Refreshes that fail are tried again at half of what is left, down to this. */
const tooLate = 32;

export class SessionTimer {
  readonly #clock: Clock;
  readonly #config: ExtensionConfig['sessionTimer'];
  #user: SessionTimerUser | undefined;
  /** The largest that was asked for: it stays in every refresh (§7.3). */
  #minSE: number;
  #interval: number;
  /** Whether our requests ask for a timer. */
  #isOn: boolean;
  /** Once agreed on. */
  #isRefresher: boolean | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, config: ExtensionConfig['sessionTimer']) {
    this.#clock = clock;
    this.#config = config;
    this.#minSE = config.minSE;
    this.#interval = config.expires;
    this.#isOn = config.mode !== 'off';
  }

  attach(user: SessionTimerUser): void {
    this.#user = user;
  }

  /** Headers of an INVITE or UPDATE of ours: who refreshes stays as it is (§7.1, §7.4). */
  headers(): Header[] {
    if (!this.#isOn) return [];
    const refresher = this.#isRefresher === undefined ? '' : `;refresher=${this.#isRefresher ? 'uac' : 'uas'}`;
    const headers = [{ name: 'Session-Expires', value: `${this.#interval}${refresher}` }];
    if (this.#minSE > 90) headers.push({ name: 'Min-SE', value: String(this.#minSE) });
    return headers;
  }

  /** A 2xx to one of those (§7.2). */
  onSuccess(response: SipResponse): void {
    const agreed = this.#isOn ? optional(response, SessionExpires) : undefined;
    if (agreed) this.#start(agreed.seconds, agreed.refresher !== 'uas');
    else if (this.#config.mode === 'always') this.#start(this.#interval, true);
    else this.#turnOff();
  }

  /** A 422 to one of those: whether it makes sense to ask again, with the larger value (§7.3). */
  onTooSmall(response: SipResponse): boolean {
    const minSE = optional(response, MinSE)?.seconds ?? 0;
    if (!this.#isOn || minSE <= this.#minSE) return false;
    this.#minSE = minSE;
    this.#interval = Math.max(this.#interval, minSE);
    return true;
  }

  /** Agrees on a timer with an INVITE or UPDATE of the peer's; returns what our 2xx says (§9, table 2). */
  answer(request: SipRequest): Header[] {
    const { mode, expires } = this.#config;
    const isKnown = supports(request, 'timer');
    const asked = optional(request, SessionExpires);
    const isWanted = mode === 'always' || (isKnown && (mode === 'required' || this.#isRefresher !== undefined));
    if (mode === 'off' || (!asked && !isWanted)) {
      this.#turnOff();
      return [];
    }
    const least = Math.max(optional(request, MinSE)?.seconds ?? 0, this.#minSE);
    const seconds = Math.min(asked?.seconds ?? Infinity, Math.max(expires, least));
    const refresher = isKnown ? (asked?.refresher ?? (this.#isRefresher ? 'uas' : 'uac')) : 'uas';
    this.#isOn = true;
    this.#start(seconds, refresher === 'uas');
    const header = { name: 'Session-Expires', value: `${seconds};refresher=${refresher}` };
    return isKnown ? [header, { name: 'Require', value: 'timer' }] : [header];
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #turnOff(): void {
    this.stop();
    this.#isOn = false;
    this.#isRefresher = undefined;
  }

  #start(seconds: number, isRefresher: boolean): void {
    this.#interval = seconds;
    this.#isRefresher = isRefresher;
    const end = this.#clock.wallTime() + seconds * 1000;
    if (isRefresher) this.#refreshAt(end - seconds * 500, end);
    else this.#alarm(end - Math.min(32, seconds / 3) * 1000, () => this.#user?.onExpired()); // §10
  }

  #refreshAt(moment: number, end: number): void {
    this.#alarm(moment, () => {
      const alarm = this.#cancel;
      this.#user?.refresh().catch(() => {
        if (this.#cancel !== alarm) return; // the session is over, or was refreshed by another request
        const left = end - this.#clock.wallTime();
        if (left > tooLate * 1000) this.#refreshAt(end - left / 2, end);
        else this.#user?.onExpired();
      });
    });
  }

  #alarm(moment: number, run: () => void): void {
    this.stop();
    this.#cancel = at(this.#clock, moment, run);
  }
}
