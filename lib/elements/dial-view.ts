/** The field that takes a number or an address, and the keypad below it. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { eraseIcon, phoneIcon } from './icons.js';
import { keypadView } from './keypad-view.js';

export interface DialUser {
  onTarget(target: string): void;
  onDial(target: string): void;
}

export function dialView(target: string, canCall: boolean, user: DialUser): TemplateResult {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (target.trim() !== '') user.onDial(target.trim());
  };
  const onInput = (event: InputEvent): void => {
    user.onTarget((event.currentTarget as HTMLInputElement).value);
  };
  return html`
    <form class="dial" part="dial" aria-label="Dial" @submit=${onSubmit}>
      <div class="field">
        <input
          class="target"
          aria-label="Number or address"
          placeholder="Number or address"
          .value=${target}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          enterkeyhint="go"
          @input=${onInput}
        />
        <button
          type="button"
          class="icon"
          aria-label="Erase the last character"
          ?hidden=${target === ''}
          @click=${() => user.onTarget(target.slice(0, -1))}
        >
          ${eraseIcon}
        </button>
      </div>
      ${keypadView('Keypad', (digit) => user.onTarget(target + digit))}
      <button class="call wide" type="submit" ?disabled=${!canCall || target.trim() === ''}>${phoneIcon} Call</button>
    </form>
  `;
}
