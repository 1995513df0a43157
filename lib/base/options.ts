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

/** Checks the value of an option, and says what is meant where there is none. */
export type Reader<T, R = unknown> = (value: T | undefined, option: string) => R;

/** What an object of options takes, by name. */
export type Readers<Options> = { readonly [Name in keyof Options]-?: Reader<Exclude<Options[Name], undefined>> };

/** What was read, by name. */
export type ReadBy<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (...given: never) => infer Value ? Value : never;
};

/** Reads what a table has readers for, and knows `others` by name; those of an option's own object are called after it. */
export function readOptions<Table extends Readonly<Record<string, Reader<never>>>>(
  options: object,
  readers: Table,
  option?: string,
  others: readonly string[] = [],
): ReadBy<Table> {
  checkKnown(options, new Set([...Object.keys(readers), ...others]), option);
  const given = options as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(readers).map(([name, read]) => [
      name,
      read(given[name] as undefined, option === undefined ? name : `${option}.${name}`),
    ]),
  ) as ReadBy<Table>;
}

/** What a check lets pass, or nothing. */
export const ifGiven =
  <T>(check: (option: string, value: unknown) => void): Reader<T, T | undefined> =>
  (value, option) => {
    if (value !== undefined) check(option, value);
    return value;
  };

/** What a check lets pass; where nothing is said, `otherwise`. */
export const orElse =
  <T>(otherwise: T, check: (option: string, value: unknown) => void): Reader<T, T> =>
  (value, option) =>
    ifGiven<T>(check)(value, option) ?? otherwise;

export const flag = (otherwise: boolean): Reader<boolean, boolean> => orElse(otherwise, checkBoolean);

/** One of some words; where nothing is said, the first. */
export const oneOf = <T extends string>(...choices: readonly [T, ...T[]]): Reader<T, T> =>
  orElse<T>(choices[0], (option, value) => {
    checkOneOf(option, value, choices);
  });

export const positive = (otherwise: number, unit?: string): Reader<number, number> =>
  orElse(otherwise, (option, value) => {
    checkPositive(option, value, unit);
  });

/** A function of the app's. */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(option, 'takes a function', value);
}

export function checkList(option: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidOption(option, 'takes a list', value);
}
