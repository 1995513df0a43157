/** Checks of what the app passes in: each names the option and what it takes. TypeScript is not everywhere. */
import { invalidOption } from './errors.js';

/** Throws for a key that is no option: a misspelt one must not be lost in silence. */
export function checkKnown(options: unknown, keys: ReadonlySet<string>, name = 'options'): void {
  if (typeof options !== 'object' || options === null) throw invalidOption(name, 'takes an object', options);
  for (const key of Object.keys(options)) if (!keys.has(key)) throw invalidOption(key, 'is no option');
}

export function checkOneOf(option: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) throw invalidOption(option, `takes ${choices.join(', ')}`, value);
}

export function checkPositive(option: string, value: unknown, unit = 'milliseconds'): void {
  if (typeof value !== 'number' || !(value > 0)) throw invalidOption(option, `takes ${unit} above 0`, value);
}

export function checkBoolean(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidOption(option, 'takes true or false', value);
}

/** A text that will stand in a header or a URI: a line break in it would smuggle in others. */
export function checkLine(option: string, value: unknown): void {
  if (typeof value !== 'string' || /[\r\n\0]/.test(value)) {
    throw invalidOption(option, 'takes a text without CR, LF and NUL', value);
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function checkUuid(option: string, value: unknown): void {
  if (typeof value !== 'string' || !uuid.test(value)) throw invalidOption(option, 'takes a UUID', value);
}
