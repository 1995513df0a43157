/** What a change of options asks for: nothing on the wire, one REGISTER, or another identity (ACC-18, ACC-19). */
import type { AccountConfig } from './account-config.js';
import type { AccountSubscriptions } from './account-subscriptions.js';
import type { Dependency } from './dependency.js';
import type { Succession } from './succession.js';

type Change = 'none' | 'register' | 'identity';

/** Who registers, where, by which way and with which login: the old one has to sign off. */
const identity: readonly (keyof AccountConfig)[] = [
  'uri', 'registrar', 'servers', 'flows', 'credentials', 'authentication', 'routes', 'registerVia', 'outbound', 'instanceId',
]; // prettier-ignore

/** What the registrar stores or reads of one and the same identity. */
const content: readonly (keyof AccountConfig)[] = [
  'expires', 'minExpires', 'registerHeaders', 'supported', 'contact', 'extraContacts',
]; // prettier-ignore

function compare(before: AccountConfig, after: AccountConfig): Change {
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

/** What of the account a change touches. */
export interface ChangingAccount {
  readonly identities: Succession;
  readonly dependency: Dependency | undefined;
  readonly subscriptions: AccountSubscriptions;
  readonly register: () => Promise<void>;
  readonly changed: () => void;
  /** Lets go of what nobody needs any more. */
  readonly sweep: () => void;
}

/** Has new options take effect, with the least traffic that they need; none with `register: false`. */
export async function applyChange(account: ChangingAccount, config: AccountConfig, register: boolean): Promise<void> {
  const { identities, dependency, subscriptions } = account;
  const identity = identities.current;
  const { config: before, state } = identity;
  const change = compare(before, config);
  const isOn = state !== 'none' && state !== 'unregistered';
  const isWanted = config.register && (isOn || !before.register);
  if (change === 'identity') {
    subscriptions.suspend(false);
    const replaced = identities.replace(config, isSame(config.credentials, before.credentials), isOn && register);
    account.changed();
    await replaced;
    account.sweep();
    if (isWanted && register && identities.current.config === config) await account.register();
    return;
  }
  identity.reconfigure(config);
  subscriptions.onChange();
  account.changed();
  if (dependency && before.register !== config.register) dependency.isWanted = config.register;
  if (!register || !identity.hasRegistrar) return;
  if (before.register && !config.register) {
    subscriptions.suspend();
    await identity.unregister();
  } else if (isWanted && (change === 'register' || !isOn)) await account.register();
}
