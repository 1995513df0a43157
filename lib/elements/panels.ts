/** What can be opened below the phone: the sound, what happened, and faults on purpose. Two of them are loaded when they are opened. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Environment, UserAgent } from '../index.js';
import type { DevicesPanel, DevicesUser } from './devices-panel.js';
import type { Faults } from './faults.js';
import { boltIcon, listIcon, speakerIcon } from './icons.js';
import type { Phone } from './phone.js';
import { timelineView } from './timeline-view.js';
import { errorText } from './words.js';

export type PanelName = 'sound' | 'timeline' | 'faults';

export interface PanelsUser extends DevicesUser {
  readonly phone: Phone;
  readonly hasFaults: boolean;
  onAnnounce(text: string): void;
}

export class Panels {
  readonly #user: PanelsUser;
  #open: PanelName | undefined;
  #devices: DevicesPanel | undefined;
  #faults: Faults | undefined;

  constructor(user: PanelsUser) {
    this.#user = user;
  }

  isOpen(name: PanelName): boolean {
    return this.#open === name;
  }

  toggle(name: PanelName): void {
    const isClosing = this.#open === name;
    this.close();
    if (isClosing) return;
    this.#open = name;
    const { userAgent } = this.#user.phone;
    if (name === 'sound' && userAgent) void this.#loadDevices(userAgent);
    this.#user.onChange();
  }

  close(): void {
    this.#devices?.close();
    this.#devices = this.#open = undefined;
    this.#user.onChange();
  }

  /** The environment with the faults between it and the library. */
  async armed(environment: Environment | undefined): Promise<Environment> {
    const { Faults } = await import('./faults.js');
    this.#faults = new Faults(environment);
    return this.#faults.environment;
  }

  /** Called before the element is drawn; what it returns, after that: the newest line stays in sight of who has not scrolled back. */
  keepNewestInSight(root: ParentNode): () => void {
    const log = (): Element | null => root.querySelector('.timeline');
    const before = log();
    const isAtEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < 24;
    return () => {
      const after = log();
      if (after && isAtEnd) after.scrollTop = after.scrollHeight;
    };
  }

  view(): TemplateResult {
    const button = (name: PanelName, label: string, icon: unknown): TemplateResult => html`
      <button
        type="button"
        class="toggle open-${name}"
        aria-expanded=${String(this.isOpen(name))}
        @click=${() => this.toggle(name)}
      >
        ${icon}<span>${label}</span>
      </button>
    `;
    return html`
      <section class="foot" part="footer" aria-label="More">
        <div class="controls">
          ${button('sound', 'Sound', speakerIcon)} ${button('timeline', 'What happened', listIcon)}
          ${this.#user.hasFaults ? button('faults', 'Faults', boltIcon) : nothing}
        </div>
        ${this.#panelView()}
      </section>
    `;
  }

  #panelView(): TemplateResult | typeof nothing {
    const { timeline } = this.#user.phone;
    switch (this.#open) {
      case 'sound':
        return this.#devices?.view() ?? nothing;
      case 'timeline':
        return timelineView(timeline, {
          onCopy: () => void this.#copy(timeline.toString()),
          onClear: () => {
            timeline.clear();
          },
        });
      case 'faults':
        return this.#faultsView();
      case undefined:
        return nothing;
    }
  }

  #faultsView(): TemplateResult {
    const { userAgent, timeline } = this.#user.phone;
    const faults = userAgent ? (this.#faults?.list ?? []) : [];
    return html`
      <section class="panel" part="faults" aria-label="Faults">
        ${faults.map(
          ({ name, label, says, provoke }) => html`
            <div class="fault">
              <button
                type="button"
                class="provoke"
                data-fault=${name}
                aria-describedby="fault-${name}"
                @click=${() => {
                  timeline.add(`You: ${label}`);
                  provoke(userAgent!);
                }}
              >
                ${label}
              </button>
              <span class="dim" id="fault-${name}">${says}</span>
            </div>
          `,
        )}
        <slot name="faults"></slot>
      </section>
    `;
  }

  async #loadDevices(userAgent: UserAgent): Promise<void> {
    try {
      const { DevicesPanel } = await import('./devices-panel.js');
      if (this.#open !== 'sound' || this.#devices) return;
      this.#devices = new DevicesPanel(userAgent, this.#user);
      this.#user.onChange();
    } catch (error) {
      this.#user.onAnnounce(errorText(error));
    }
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#user.onAnnounce('Copied');
    } catch {
      this.#user.onAnnounce('The browser does not let this page copy');
    }
  }
}
