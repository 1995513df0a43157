// The registrar: who can be reached by which connection (RFC 3261 §10.3, RFC 5626 §6).
import type { Clock } from '../../lib/base/clock.js';
import {
  CSeq,
  CallId,
  Contact,
  Expires,
  ParseError,
  Require,
  Supported,
  To,
  header,
  isSipUri,
  parseUri,
  read,
  readAll,
  uriEquals,
} from '../../lib/parser/index.js';
import type { Address, Header, SipRequest } from '../../lib/parser/index.js';
import type { Connection, Connections } from './connections.js';

export interface Binding {
  readonly contact: Address;
  /** `+sip.instance` and `reg-id`, when there are both (RFC 5626 §4.1). */
  readonly instance: string | undefined;
  readonly connection: Connection;
  readonly callId: string;
  readonly sequence: number;
  /** Wall time. */
  readonly expiry: number;
}

export interface RegistrarOptions {
  /** Seconds granted at least, unless asked for, and at most. */
  readonly minExpires: number;
  readonly defaultExpires: number;
  readonly maxExpires: number;
}

export interface Outcome {
  readonly status: number;
  readonly headers: readonly Header[];
}

/** Option tags that we understand in a REGISTER. */
const supported = new Set(['outbound', 'path']);

export class Registrar {
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #options: RegistrarOptions;
  readonly #bindings = new Map<string, readonly Binding[]>();

  constructor(connections: Connections, clock: Clock, options: RegistrarOptions) {
    this.#connections = connections;
    this.#clock = clock;
    this.#options = options;
  }

  /** The bindings of a user that are still good. */
  lookup(user: string): readonly Binding[] {
    const now = this.#clock.wallTime();
    return (this.#bindings.get(user) ?? []).filter(({ expiry }) => expiry > now);
  }

  /** The binding of a Contact URI that somebody calls directly. */
  byContact(uri: string): Binding | undefined {
    for (const user of this.#bindings.keys()) {
      const found = this.lookup(user).find(({ contact }) => uriEquals(contact.uri, uri));
      if (found) return found;
    }
    return undefined;
  }

  /** A socket is gone, and what was bound to it. */
  drop(connection: Connection): void {
    for (const [user, bindings] of this.#bindings) {
      this.#keep(user, bindings.filter((binding) => binding.connection !== connection)); // prettier-ignore
    }
  }

  /** All of them, as a server that keeps them in memory does when it is restarted. */
  forget(): void {
    this.#bindings.clear();
  }

  /** A REGISTER of `user`, who has been authenticated. */
  register(user: string, request: SipRequest, connection: Connection): Outcome {
    const unknown = readAll(request, Require).filter((tag) => !supported.has(tag));
    if (unknown.length > 0) return { status: 420, headers: [{ name: 'Unsupported', value: unknown.join(', ') }] };
    const contacts = readAll(request, Contact);
    const plain = contacts.filter((contact): contact is Address => contact !== '*');
    if (plain.length < contacts.length) return this.#removeAll(user, request, contacts.length);
    const asked = plain.map((contact) => this.#secondsFor(contact, request));
    const { minExpires } = this.#options;
    if (asked.some((seconds) => seconds > 0 && seconds < minExpires)) {
      return { status: 423, headers: [{ name: 'Min-Expires', value: String(minExpires) }] };
    }
    let bindings = this.lookup(user);
    for (const [index, contact] of plain.entries()) {
      const fresh = this.#binding(contact, asked[index]!, request, connection);
      const former = bindings.filter((binding) => isSame(binding, fresh));
      if (former.some((binding) => isOutOfOrder(binding, fresh))) return { status: 500, headers: [] }; // §10.3 step 7
      bindings = bindings.filter((binding) => !former.includes(binding));
      if (asked[index]! > 0) bindings = [...bindings, fresh];
    }
    this.#keep(user, bindings);
    for (const binding of bindings) if (binding.connection === connection) this.#identify(user, binding);
    return this.#success(user, plain, request);
  }

  /** §10.3 step 6: `*` stands alone and with Expires 0. */
  #removeAll(user: string, request: SipRequest, count: number): Outcome {
    if (count > 1 || read(request, Expires) !== 0) return { status: 400, headers: [] };
    const [callId, sequence] = [read(request, CallId)!, read(request, CSeq)!.sequence];
    const bindings = this.lookup(user);
    if (bindings.some((binding) => isOutOfOrder(binding, { callId, sequence }))) return { status: 500, headers: [] };
    this.#keep(user, []);
    return this.#success(user, [], request);
  }

  #secondsFor(contact: Address, request: SipRequest): number {
    const param = contact.params.get('expires');
    const asked = param && /^\d+$/.test(param) ? Number(param) : read(request, Expires);
    return Math.min(asked ?? this.#options.defaultExpires, this.#options.maxExpires);
  }

  #binding(contact: Address, seconds: number, request: SipRequest, connection: Connection): Binding {
    const [id, regId] = [contact.params.get('+sip.instance'), contact.params.get('reg-id')];
    return {
      contact,
      instance: id && regId ? `${id} ${regId}` : undefined,
      connection,
      callId: read(request, CallId)!,
      sequence: read(request, CSeq)!.sequence,
      expiry: this.#clock.wallTime() + seconds * 1000,
    };
  }

  /** A client that comes back takes over what went to its former connection. */
  #identify(user: string, { connection, contact, instance }: Binding): void {
    this.#connections.identify(connection, `${user} ${contact.uri}`);
    if (instance !== undefined) this.#connections.identify(connection, `${user} ${instance}`);
  }

  /** §10.3 step 8: every binding there is. */
  #success(user: string, asked: readonly Address[], request: SipRequest): Outcome {
    const now = this.#clock.wallTime();
    const contacts = this.lookup(user).map(({ contact, expiry }) => {
      const seconds = String(Math.ceil((expiry - now) / 1000));
      return header(Contact, { ...contact, params: new Map([...contact.params, ['expires', seconds]]) });
    });
    const isOutbound =
      asked.some(({ params }) => params.has('reg-id') && params.has('+sip.instance')) &&
      readAll(request, Supported).includes('outbound');
    // RFC 5626 §6
    return { status: 200, headers: isOutbound ? [...contacts, { name: 'Require', value: 'outbound' }] : contacts };
  }

  #keep(user: string, bindings: readonly Binding[]): void {
    if (bindings.length > 0) this.#bindings.set(user, bindings);
    else this.#bindings.delete(user);
  }
}

/** RFC 5626 §6: instance and reg-id name a binding where there are both; else its URI does (RFC 3261 §10.3). */
function isSame(a: Binding, b: Binding): boolean {
  if (a.instance !== undefined && a.instance === b.instance) return true;
  return uriEquals(a.contact.uri, b.contact.uri);
}

function isOutOfOrder(old: Binding, fresh: Pick<Binding, 'callId' | 'sequence'>): boolean {
  return old.callId === fresh.callId && fresh.sequence <= old.sequence;
}

/** The user of a To or Request-URI, when it is of this domain. */
export function userAt(uri: string, isOurs: (host: string) => boolean): string | undefined {
  try {
    const parsed = parseUri(uri);
    return isSipUri(parsed) && isOurs(parsed.host) ? parsed.user : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** The user that a REGISTER is about (§10.3 step 5). */
export const registeredUser = (request: SipRequest, isOurs: (host: string) => boolean): string | undefined =>
  userAt(read(request, To)!.uri, isOurs);
