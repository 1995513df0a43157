/** Follows redirections: the target set, tried one by one, each target once (RFC 3261 §8.1.3.4). */
import type { Logger } from '../base/log.js';
import { reportBug } from '../base/emitter.js';
import { ParseError, isSipUri, parseUri, uriEquals, writeUri } from '../parser/index.js';
import type { Header, SipResponse, SipUri } from '../parser/index.js';
import { isRedirection, redirectContacts } from './redirection.js';
import type { RedirectChoice, RedirectPolicy } from './redirection.js';
import { requestUri, requestedHeaders, requestedMethod } from './uri-headers.js';

/** How many targets are tried after the first one: two servers may send us to and fro by ever new names. */
const most = 5;

/** One that is to be tried. */
export interface Target {
  readonly uri: string;
  /** Headers that it asks for. */
  readonly headers: readonly Header[];
}

export class TargetSet {
  readonly #policy: RedirectPolicy;
  readonly #log: Logger;
  readonly #isSecure: boolean;
  /** Every URI that was ever in the set (§8.1.3.4). */
  readonly #seen: SipUri[] = [];
  #waiting: Target[] = [];
  #left = most;

  constructor(first: string, policy: RedirectPolicy, log: Logger) {
    this.#policy = policy;
    this.#log = log;
    const uri = sipUri(first);
    this.#isSecure = uri?.scheme === 'sips';
    if (uri) this.#seen.push(requestUri(uri));
  }

  /** The next target after a failure, or nothing when there is none. A 6xx is the callee's last word (§16.7). */
  async next(response: SipResponse | undefined): Promise<Target | undefined> {
    if (response && response.status >= 600) return undefined;
    if (response && isRedirection(response)) await this.#add(response);
    if (this.#left-- <= 0) this.#waiting = [];
    return this.#waiting.shift();
  }

  async #add(response: SipResponse): Promise<void> {
    const choice = await this.#choose(response);
    if (choice === 'stop') return;
    const chosen = choice === 'follow' ? redirectContacts(response).map(({ uri }) => uri) : choice;
    const targets = chosen.flatMap((text) => this.#target(text) ?? []);
    this.#waiting = [...targets, ...this.#waiting]; // where it was sent on to comes before what is left
  }

  /** A bug in the app's function ends the call as a redirection that nobody follows. */
  async #choose(response: SipResponse): Promise<RedirectChoice> {
    if (typeof this.#policy !== 'function') return this.#policy;
    const { status, reason } = response;
    try {
      const choice: unknown = await this.#policy({ status, reason, contacts: redirectContacts(response), response });
      return choice === 'follow' || Array.isArray(choice) ? (choice as RedirectChoice) : 'stop';
    } catch (error) {
      reportBug(error);
      return 'stop';
    }
  }

  #target(text: string): Target | undefined {
    const asked = sipUri(text);
    const uri = asked && requestUri(asked);
    const headers = asked && requestedHeaders(asked.headers)?.filter(({ name }) => name !== 'Replaces');
    const isFit = uri && headers && requestedMethod(asked) === 'INVITE' && !(this.#isSecure && uri.scheme === 'sip');
    if (!isFit) {
      this.#log.warn(`redirected to ${text}, which cannot be followed`);
      return undefined;
    }
    if (this.#seen.some((other) => uriEquals(other, uri))) return undefined;
    this.#seen.push(uri);
    return { uri: writeUri(uri), headers };
  }
}

function sipUri(text: string): SipUri | undefined {
  try {
    const uri = parseUri(text);
    return isSipUri(uri) ? uri : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Single by nature: what the target asks for takes the place of ours; others are appended (§8.1.3.4). */
const single: ReadonlySet<string> = new Set(['Subject', 'Priority', 'User-To-User']);

export function mergedHeaders(headers: readonly Header[], asked: readonly Header[]): readonly Header[] {
  const replaced = new Set(asked.map(({ name }) => name).filter((name) => single.has(name)));
  return [...headers.filter(({ name }) => !replaced.has(name)), ...asked];
}
