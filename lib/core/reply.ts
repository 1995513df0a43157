/** The reply to a question for credentials that is told as an event: of whoever listens, the first to say anything counts. */
import type { AuthenticationChallenge, Credentials } from './credentials.js';

export class Reply {
  #credentials: Promise<Credentials | undefined> | undefined;

  /** At once undefined where nobody has said anything: who asks waits only where an answer is to come. */
  get credentials(): Promise<Credentials | undefined> | undefined {
    return this.#credentials;
  }

  readonly provide = (credentials: Credentials | undefined | Promise<Credentials | undefined>): void => {
    this.#credentials ??= Promise.resolve(credentials);
  };

  /** For `setCredentials`, which answers in its place. */
  readonly wait = (): void => {
    this.#credentials ??= new Promise(() => undefined);
  };
}

/** As a provider of the app's; what it tells as an event is answered by `reply`. */
export type CredentialsQuestion = (
  challenge: AuthenticationChallenge,
  signal: AbortSignal,
  reply: Reply,
) => Promise<Credentials | undefined> | Credentials | undefined;
