/** One identity follows another: the old one signs off as who it was, and stays as long as calls need its flows (ACC-18). */
import type { Clock } from '../base/clock.js';
import type { Credentials } from '../core/credentials.js';
import type { Flow } from '../transport/flow.js';
import type { AccountConfig } from './account-config.js';
import type { Identity } from './identity.js';

export class Succession {
  readonly #make: (config: AccountConfig, credentials?: readonly Credentials[]) => Identity;
  readonly #clock: Clock;
  readonly #retired = new Set<Identity>();
  /** The identity in force. */
  current: Identity;
  /** Another account's Contact, in place of our own. */
  #shared: string | undefined;

  constructor(
    config: AccountConfig,
    clock: Clock,
    make: (config: AccountConfig, credentials?: readonly Credentials[]) => Identity,
  ) {
    this.#make = make;
    this.#clock = clock;
    this.current = make(config);
  }

  /** Takes another account's Contact, or our own again; tells whether that is another one than before. */
  share(uri: string | undefined): boolean {
    if (uri === this.#shared) return false;
    this.#shared = uri;
    this.current.share(uri);
    return true;
  }

  /**
   * The new identity is in force at once, and not registered yet; resolves when the old one has signed off, if it is to.
   * @param keepsLogin what was learned of logins holds for the new one
   */
  async replace(config: AccountConfig, keepsLogin: boolean, signOff: boolean): Promise<void> {
    const old = this.current;
    this.current = this.#make(config, keepsLogin ? old.authenticator.credentials : undefined);
    this.current.share(this.#shared);
    this.current.connect();
    old.detach();
    this.#retired.add(old);
    if (signOff) await this.signOff(old);
  }

  /** A REGISTER in flight is waited for: what it binds must go too. An unreachable registrar is not. */
  async signOff(identity = this.current): Promise<void> {
    if (!identity.isActive || !identity.isConnected) return;
    const done = identity.unregister().catch(() => undefined); // the binding runs out by itself
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(identity.config.unregisterTimeout, resolve);
      void done.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Lets go of former identities whose flows no call needs any more. */
  sweep(isUsed: (flow: Flow) => boolean): void {
    for (const identity of this.#retired) {
      if (identity.branches.some(({ flow }) => isUsed(flow))) continue;
      this.#retired.delete(identity);
      identity.discard();
    }
  }

  discard(): void {
    for (const identity of [this.current, ...this.#retired]) identity.discard();
  }
}
