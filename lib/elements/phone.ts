/** What the softphone does, without how it looks: one account, its calls in the order they came, and what to say of them. */
import { systemClock } from '../base/clock.js';
import { UserAgent } from '../index.js';
import type { Account, Call, UserAgentOptions } from '../index.js';
import { Chronicle } from './chronicle.js';
import type { SoftphoneEvents } from './softphone-events.js';
import { Sound } from './sound.js';
import type { SoundPreferences } from './sound.js';
import { Timeline } from './timeline.js';
import { endText, errorText, hintWords, nameOf } from './words.js';

export interface Identity {
  readonly server: string;
  readonly address: string;
  readonly password: string;
}

/** The element that shows it. */
export interface PhoneUser {
  onChange(): void;
  /** Said by screen readers, at once when it is urgent. */
  onAnnounce(text: string, urgent: boolean): void;
  /** Written down as well; said, unless that is read out already. */
  onNews(text: string): void;
  onIncomingCall(call: Call): void;
  onEvent<K extends keyof SoftphoneEvents>(name: K, detail: SoftphoneEvents[K]): void;
}

export class Phone {
  readonly timeline: Timeline;
  readonly sound: Sound;
  readonly #user: PhoneUser;
  readonly #chronicle: Chronicle;
  #userAgent: UserAgent | undefined;
  #account: Account | undefined;
  #calls: readonly Call[] = [];
  /** The last thing worth telling; shown until the next one. */
  notice: { readonly text: string; readonly isError: boolean } | undefined;

  constructor(user: PhoneUser, clock = systemClock) {
    this.#user = user;
    const onChange = (): void => {
      user.onChange();
    };
    this.timeline = new Timeline(clock, onChange);
    this.sound = new Sound({
      onChange,
      onHint: (hint) => {
        user.onAnnounce(hintWords[hint], true);
        this.timeline.add(hintWords[hint], 'bad');
      },
    });
    this.#chronicle = new Chronicle(this.timeline, clock, {
      who: (call) => this.who(call),
      onNews: (text) => {
        user.onNews(text);
      },
    });
  }

  get userAgent(): UserAgent | undefined {
    return this.#userAgent;
  }

  get account(): Account | undefined {
    return this.#account;
  }

  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** The call that is talked in; else the one that is being made; else the newest. */
  get activeCall(): Call | undefined {
    const talking = this.#calls.find((call) => call.state === 'confirmed' && !call.localHold);
    return talking ?? this.#calls.find((call) => call.direction === 'outgoing') ?? this.#calls.at(-1);
  }

  get domain(): string {
    return this.#account?.uri.replace(/^.*@|[;:?].*$/g, '') ?? '';
  }

  who(call: Call): string {
    return nameOf(call, this.domain);
  }

  /** The state of a call's connection, in a word. */
  connectionWords(call: Call): string {
    return this.#chronicle.connectionWords(call);
  }

  /** Connects and registers; resolves when that has succeeded, or failed and was shown. */
  async signIn(
    { server, address, password }: Identity,
    given: () => Promise<Partial<UserAgentOptions>>,
    preferences: SoundPreferences,
  ): Promise<boolean> {
    await this.signOut();
    this.#tell(undefined);
    try {
      const options = await given();
      const audio = this.sound.options(options.audio, preferences);
      const userAgent = new UserAgent({ ...options, audio, servers: server });
      this.#userAgent = userAgent;
      const uri = /^sips?:/i.test(address) ? address : `sip:${address}`;
      const account = userAgent.addAccount({ uri, password });
      this.#attach(account);
      this.#chronicle.attach(userAgent, account);
      this.sound.attach(userAgent);
      await account.registered;
      return account === this.#account;
    } catch (error) {
      await this.signOut(false);
      this.#fail(error);
      return false;
    }
  }

  /** Hangs up, unregisters, disconnects. */
  async signOut(unregister = true): Promise<void> {
    const userAgent = this.#userAgent;
    this.#userAgent = this.#account = undefined;
    this.#calls = [];
    this.#user.onChange();
    await userAgent?.stop({ unregister });
  }

  /** Whatever is talked in is put on hold first. */
  call(target: string): Call | undefined {
    this.#tell(undefined);
    try {
      const call = this.#account?.call(target);
      if (!call) return undefined;
      this.#holdOthers(call);
      this.#add(call);
      this.#user.onAnnounce(`Calling ${this.who(call)}`, false);
      return call;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  answer(call: Call): void {
    this.#holdOthers(call);
    this.#do(call.answer());
  }

  /** Declines what rings here, ends all else. */
  end(call: Call): void {
    call.hangup();
  }

  toggleHold(call: Call): void {
    if (call.localHold) this.#holdOthers(call);
    this.#do(call.localHold ? call.resume() : call.hold());
  }

  toggleMute(call: Call): void {
    if (call.muted) call.unmute();
    else call.mute();
    this.#user.onAnnounce(call.muted ? 'Muted' : 'Not muted', false);
  }

  sendDigit(call: Call, digit: string): void {
    this.#do(call.sendDtmf(digit));
  }

  #attach(account: Account): void {
    this.#account = account;
    this.#user.onChange();
    account.on('registrationChanged', ({ state, status, reason }) => {
      if (account !== this.#account) return;
      this.#user.onEvent('registrationchange', { account, state, status, reason });
      this.#user.onChange();
    });
    account.on('connectionChanged', () => {
      this.#user.onChange();
    });
    account.on('incomingCall', ({ call }) => {
      this.#add(call);
      this.#user.onAnnounce(`Incoming call from ${this.who(call)}`, true);
      this.#user.onIncomingCall(call);
      this.#user.onEvent('incomingcall', { call });
    });
  }

  #add(call: Call): void {
    this.#calls = [...this.#calls, call];
    this.#tell(undefined);
    this.#chronicle.follow(call);
    this.sound.follow(call);
    this.#user.onEvent('callstart', { call });
    call.subscribe(() => {
      this.#user.onChange();
    });
    call.on('stateChanged', ({ state, previous }) => {
      this.#user.onEvent('callstatechange', { call, state, previous });
      if (state === 'confirmed') this.#user.onAnnounce(`In call with ${this.who(call)}`, false);
    });
    call.on('ended', (end) => {
      const text = endText(call, end, this.who(call));
      this.#calls = this.#calls.filter((other) => other !== call);
      this.#tell({ text, isError: end.error !== undefined && end.cause !== 'cancelled' });
      this.#user.onEvent('callend', { call, end });
    });
  }

  #holdOthers(call: Call): void {
    for (const other of this.#calls) {
      if (other !== call && other.state === 'confirmed' && !other.localHold) this.#do(other.hold());
    }
  }

  /** A failed wish is shown; where the call itself ended of it, that was told already. */
  #do(wish: Promise<unknown>): void {
    wish.catch((error: unknown) => {
      if (!this.notice) this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    this.#tell({ text: errorText(error), isError: true });
    this.#user.onEvent('phoneerror', { error });
  }

  #tell(notice: Phone['notice']): void {
    this.notice = notice;
    if (notice) this.#user.onAnnounce(notice.text, notice.isError);
    this.#user.onChange();
  }
}
