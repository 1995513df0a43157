/** The softphone as a custom element: draws what the phone does, and hands on what the user wants. */
import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { systemClock } from '../base/clock.js';
import type { Account, Call, UserAgent, UserAgentOptions } from '../index.js';
import { callView } from './call-view.js';
import { dialView } from './dial-view.js';
import { leaveIcon } from './icons.js';
import { panelStyles } from './panel-styles.js';
import { Panels } from './panels.js';
import { Phone } from './phone.js';
import type { Identity } from './phone.js';
import { signInView } from './sign-in-view.js';
import type { SoftphoneElement, SoftphoneEvents } from './softphone-events.js';
import type { SoundPreferences } from './sound.js';
import { styles } from './styles.js';
import { isTyping } from './typing.js';
import { hintWords, registrationWords } from './words.js';

export class Softphone extends LitElement implements SoftphoneElement {
  static override readonly styles = [styles, panelStyles];
  static override readonly properties: PropertyDeclarations = {
    server: {},
    address: {},
    password: {},
    target: {},
    options: { attribute: false },
    sound: { attribute: false },
    faults: { type: Boolean },
  };

  declare server: string;
  declare address: string;
  declare password: string;
  declare target: string;
  declare options: Partial<UserAgentOptions>;
  declare sound: SoundPreferences;
  declare faults: boolean;
  readonly #phone: Phone;
  readonly #panels: Panels;
  #isSigningIn = false;
  /** The call whose keypad is open. */
  #keypadOf: Call | undefined;
  readonly #digits = new WeakMap<Call, string>();
  #said = '';
  #saidAtOnce = '';
  #stopTicking: (() => void) | undefined;
  #hadFocus = false;
  #scroll: (() => void) | undefined;

  constructor() {
    super();
    this.server = this.address = this.password = this.target = '';
    this.options = {};
    this.sound = {};
    this.faults = false;
    this.#phone = new Phone({
      onChange: () => {
        this.requestUpdate();
      },
      onAnnounce: (text, urgent) => {
        if (urgent) this.#saidAtOnce = text;
        else this.#said = text;
        this.requestUpdate();
      },
      onNews: (text) => {
        if (!this.#panels.isOpen('timeline')) this.#said = text;
      },
      onIncomingCall: (call) => void this.#offerAnswer(call),
      onEvent: (name, detail) => {
        this.#dispatch(name, detail);
      },
    });
    this.#panels = this.#newPanels();
  }

  get userAgent(): UserAgent | undefined {
    return this.#phone.userAgent;
  }

  get account(): Account | undefined {
    return this.#phone.account;
  }

  get calls(): readonly Call[] {
    return this.#phone.calls;
  }

  get activeCall(): Call | undefined {
    return this.#phone.activeCall;
  }

  async signIn(identity: { server?: string; address?: string; password?: string } = {}): Promise<boolean> {
    const { server = this.server, address = this.address, password = this.password } = identity;
    Object.assign(this, { server, address, password });
    this.#isSigningIn = true;
    this.requestUpdate();
    this.#panels.close();
    const worked = await this.#phone.signIn({ server, address, password }, () => this.#armedOptions(), this.sound);
    this.#isSigningIn = false;
    this.requestUpdate();
    return worked;
  }

  signOut(): Promise<void> {
    this.#panels.close();
    return this.#phone.signOut();
  }

  note(text: string): void {
    this.#phone.timeline.add(text);
  }

  call(target: string): Call | undefined {
    return this.#phone.call(target);
  }

  async #armedOptions(): Promise<Partial<UserAgentOptions>> {
    const { options } = this;
    return this.faults ? { ...options, environment: await this.#panels.armed(options.environment) } : options;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#panels.close();
  }

  protected override render(): TemplateResult {
    const { account } = this.#phone;
    return html`
      ${account && !this.#isSigningIn ? this.#header(account) : nothing}
      <main part="main">
        ${this.#noticeView()} ${account && !this.#isSigningIn ? this.#phoneView() : this.#signInView()}
      </main>
      ${account && !this.#isSigningIn ? this.#panels.view() : nothing}
      <div class="said" role="status">${this.#said}</div>
      <div class="said" role="alert">${this.#saidAtOnce}</div>
    `;
  }

  protected override willUpdate(): void {
    this.#hadFocus = this.shadowRoot?.activeElement != null;
    this.#scroll = this.#panels.keepNewestInSight(this.renderRoot);
  }

  protected override updated(): void {
    this.#tick();
    this.#scroll?.();
    // what had the focus is gone: it goes to the call, or to the dial field, where no key does harm
    if (this.#hadFocus && !this.shadowRoot?.activeElement) this.#focus('.card [role=group], .target');
  }

  #header(account: Account): TemplateResult {
    const words = account.connected || account.state === 'failed' ? registrationWords[account.state] : 'Reconnecting…';
    return html`
      <section class="head" part="header" aria-label="Signed in">
        <div>
          <span class="identity">${account.uri.replace(/^sips?:/, '')}</span>
          <span class="registration" ?data-ready=${account.isRegistered && account.connected}>${words}</span>
        </div>
        <button
          type="button"
          class="icon sign-out"
          aria-label="Sign out"
          title="Sign out"
          @click=${() => void this.signOut()}
        >
          ${leaveIcon}
        </button>
      </section>
    `;
  }

  /** Shown only: the live regions have said it. */
  #noticeView(): TemplateResult | typeof nothing {
    const { notice, sound } = this.#phone;
    const { hint } = sound;
    return html`
      ${notice ? html`<p class="notice ${notice.isError ? 'error' : ''}" part="notice">${notice.text}</p>` : nothing}
      ${
        sound.isBlocked
          ? html`<button type="button" class="primary wide unblock" @click=${() => sound.unblock()}>
              Play the sound
            </button>`
          : nothing
      }
      ${hint ? html`<p class="notice hint" part="hint">${hintWords[hint]}</p>` : nothing}
    `;
  }

  #signInView(): TemplateResult {
    const { server, address, password } = this;
    return signInView({ server, address, password }, this.#isSigningIn, {
      onSignIn: (identity) => void this.#signInByForm(identity),
    });
  }

  async #signInByForm(identity: Identity): Promise<void> {
    const worked = await this.signIn(identity);
    await this.updateComplete;
    if (worked) this.#focus('.target');
  }

  #phoneView(): TemplateResult {
    const ringing = this.calls.filter(({ state, direction }) => direction === 'incoming' && state === 'incoming');
    const others = this.calls.filter((call) => !ringing.includes(call));
    return html`
      <ul aria-label="Calls" ?hidden=${this.calls.length === 0}>
        ${repeat(
          [...ringing, ...others],
          ({ id }) => id,
          (call) => this.#callView(call),
        )}
      </ul>
      ${
        this.#keypadOf?.state === 'confirmed'
          ? nothing // one keypad at a time
          : dialView(this.target, this.account?.connected ?? false, {
              onTarget: (target) => {
                this.target = target;
              },
              onDial: (target) => {
                if (this.call(target)) this.target = '';
              },
            })
      }
    `;
  }

  #callView(call: Call): TemplateResult {
    const who = this.#phone.who(call);
    const connection = this.#phone.connectionWords(call);
    const look = { who, connection, isKeypadOpen: this.#keypadOf === call, digits: this.#digits.get(call) ?? '' };
    return callView(call, look, {
      onAnswer: (answered) => {
        this.#phone.answer(answered);
      },
      onEnd: (ended) => {
        this.#phone.end(ended);
      },
      onHold: (held) => {
        this.#phone.toggleHold(held);
      },
      onMute: (muted) => {
        this.#phone.toggleMute(muted);
      },
      onKeypad: (of) => {
        this.#keypadOf = this.#keypadOf === of ? undefined : of;
        this.requestUpdate();
      },
      onDigit: (of, digit) => {
        this.#digits.set(of, (this.#digits.get(of) ?? '') + digit);
        this.#phone.sendDigit(of, digit);
        this.requestUpdate();
      },
    });
  }

  #newPanels(): Panels {
    const element = this as Softphone;
    return new Panels({
      phone: this.#phone,
      get hasFaults() {
        return element.faults;
      },
      get preferences() {
        return element.sound;
      },
      onPreferences: (preferences) => {
        this.sound = preferences;
        this.#dispatch('soundchange', { preferences });
      },
      ringer: (devices) => this.#phone.sound.ringer(devices),
      onAnnounce: (text) => {
        this.#said = text;
        this.requestUpdate();
      },
      onChange: () => {
        this.requestUpdate();
      },
    });
  }

  /** The time of a call is shown by the second, and drawn only while there is one. */
  #tick(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    const [talking] = this.calls.filter(({ state }) => state === 'confirmed');
    if (!talking || !this.isConnected) return;
    this.#stopTicking = systemClock.after(1000 - (talking.duration % 1000), () => {
      this.requestUpdate();
    });
  }

  /** Focus goes to Answer, unless somebody is typing: Enter or space must not take a call by accident. */
  async #offerAnswer(call: Call): Promise<void> {
    await this.updateComplete;
    if (!isTyping()) this.#focus(`[data-call="${call.id}"] .answer`);
  }

  #focus(selector: string): void {
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }

  #dispatch<K extends keyof SoftphoneEvents>(name: K, detail: SoftphoneEvents[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
