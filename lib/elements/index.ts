/** The softphone as a custom element, `evercall/elements`. */
import { Softphone } from './softphone.js';
import type { SoftphoneElement } from './softphone-events.js';

export type { SoftphoneElement, SoftphoneEvents } from './softphone-events.js';
export type { SoundPreferences } from './sound.js';

/**
 * Makes `<evercall-softphone>` known to the page; a second time does nothing.
 *
 * @example
 * import { defineSoftphone } from 'evercall/elements';
 * defineSoftphone();
 */
export function defineSoftphone(name = 'evercall-softphone'): void {
  if (!customElements.get(name)) customElements.define(name, Softphone);
}

declare global {
  interface HTMLElementTagNameMap {
    'evercall-softphone': SoftphoneElement;
  }
}
