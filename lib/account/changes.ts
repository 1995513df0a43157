/** What a change of options asks for: nothing on the wire, one REGISTER, or another identity (ACC-18, ACC-19). */
import type { AccountConfig } from './account-config.js';

export type Change = 'none' | 'register' | 'identity';

/** Who registers, where, by which way and with which login: the old one has to sign off. */
const identity: readonly (keyof AccountConfig)[] = [
  'uri', 'registrar', 'servers', 'flows', 'credentials', 'authentication', 'routes', 'registerVia', 'outbound', 'instanceId',
]; // prettier-ignore

/** What the registrar stores or reads of one and the same identity. */
const content: readonly (keyof AccountConfig)[] = [
  'expires', 'minExpires', 'registerHeaders', 'supported', 'contact', 'extraContacts',
]; // prettier-ignore

export function compare(before: AccountConfig, after: AccountConfig): Change {
  const differs = (key: keyof AccountConfig): boolean => !isSame(before[key], after[key]);
  if (identity.some(differs)) return 'identity';
  return content.some(differs) ? 'register' : 'none';
}

/** Whether two values of options say the same; functions do only where they are the same one. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [entries(a), entries(b)];
  return one.length === other.length && one.every(([key, value]) => isSame(value, new Map(other).get(key)));
}

const entries = (value: object): [unknown, unknown][] =>
  value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
