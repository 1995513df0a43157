/** Twelve keys, as on every telephone. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';

const keys: readonly (readonly [digit: string, letters: string, spoken?: string])[] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', '', 'star'],
  ['0', ''],
  ['#', '', 'hash'],
];

const digits: ReadonlySet<string> = new Set(keys.map(([digit]) => digit));

/** A key of the keyboard that is one of ours; those that do something else along with Ctrl and the like are not. */
export function digitOf(event: KeyboardEvent): string | undefined {
  const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
  return isPlain && digits.has(event.key) ? event.key : undefined;
}

export function keypadView(label: string, onDigit: (digit: string) => void): TemplateResult {
  return html`
    <div class="keypad" part="keypad" role="group" aria-label=${label}>
      ${keys.map(
        ([digit, letters, spoken]) => html`
          <button type="button" class="key" aria-label=${spoken ?? nothing} @click=${() => onDigit(digit)}>
            <span class="digit">${digit}</span><span class="letters" aria-hidden="true">${letters}</span>
          </button>
        `,
      )}
    </div>
  `;
}
