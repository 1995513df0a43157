// The proxy: what becomes of each message that comes in (RFC 3261 §16.3-16.5; registrar and numbers are asked from here).
import type { Clock } from '../../lib/base/clock.js';
import type { Logger } from '../../lib/base/log.js';
import { newBranch, systemRandom } from '../../lib/base/random.js';
import {
  CSeq,
  From,
  MaxForwards,
  ParseError,
  ProxyRequire,
  To,
  Via,
  checkMessage,
  headerValue,
  isRequest,
  isSipUri,
  parseUri,
  read,
  readAll,
} from '../../lib/parser/index.js';
import type { Header, SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import type { Authentication } from './authentication.js';
import type { Connection, Connections } from './connections.js';
import type { Directory } from './directory.js';
import { forwarded, respond, withReceived, withoutOwnRoutes, withoutTopVia } from './messages.js';
import { registeredUser, userAt } from './registrar.js';
import type { Registrar } from './registrar.js';
import { ResponseContext, reasonsOf } from './response-context.js';
import type { Target } from './response-context.js';

export interface ProxyParts {
  readonly directory: Directory;
  readonly authentication: Authentication;
  readonly registrar: Registrar;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where the numbers of the directory answer. */
  readonly numbers: Connection;
  /** Names of this machine that stand for the domain. */
  readonly hosts: readonly string[];
  readonly ringTimeout: number;
}

/** What is done with a request: an answer of our own, or targets to forward it to. */
type Decision =
  | { readonly status: number; readonly headers?: readonly Header[] }
  | { readonly request: SipRequest; readonly targets: readonly Target[] };

const allow: Header = {
  name: 'Allow',
  value: 'REGISTER, INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, REFER, NOTIFY',
};

/** Requests that make a dialog, in whose way we want to stay. */
const makesDialog = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

export class Proxy {
  readonly #parts: ProxyParts;
  readonly #contexts = new Map<string, ResponseContext>();
  readonly #byBranch = new Map<string, ResponseContext>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    parts.connections.attach((token) => {
      for (const context of this.#contexts.values()) context.onLost(token);
    });
  }

  dispose(): void {
    for (const context of this.#contexts.values()) context.dispose();
    this.#contexts.clear();
    this.#byBranch.clear();
  }

  /** Every message of every connection; whatever is wrong with one is answered or dropped, and nothing else happens. */
  receive(message: SipMessage | ParseError, from: Connection): void {
    const problem = message instanceof ParseError ? message : checkMessage(message);
    if (problem) {
      this.#refuse(problem, from);
      return;
    }
    try {
      if (isRequest(message as SipMessage)) this.#onRequest(withReceived(message as SipRequest, from.address), from);
      else this.#onResponse(message as SipResponse);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const { input, offset, status } = error;
      this.#refuse(new ParseError(error.message, { input, offset, status, partial: message as SipMessage }), from);
    }
  }

  /** RFC 3261 §16.3 step 1, §18.3: responses and ACKs that cannot be understood are dropped. */
  #refuse(problem: ParseError, from: Connection): void {
    this.#parts.log.warn(`cannot be read: ${problem.message}`);
    const { partial, status } = problem;
    if (!partial || !isRequest(partial) || partial.method === 'ACK') return;
    if (headerValue(partial, 'Via') !== undefined) from.send(respond(partial, status));
  }

  #onResponse(response: SipResponse): void {
    const branch = read(response, Via)?.params.get('branch');
    const context = this.#byBranch.get(branch ?? '');
    // §17.1.3: the response to a CANCEL has the branch of the INVITE, and ends here
    const isItsOwn = context?.request.method === read(response, CSeq)!.method;
    if (context && isItsOwn) context.onResponse(branch!, withoutTopVia(response));
    else this.#parts.log.debug(`a response to nothing that waits: ${response.status}`); // RFC 6026 §8.10
  }

  #onRequest(request: SipRequest, from: Connection): void {
    const { method } = request;
    const known = this.#contexts.get(transactionKey(request));
    if (method === 'CANCEL') {
      from.send(respond(request, known ? 200 : 481));
      known?.cancel(reasonsOf(request));
    } else if (known) {
      if (method !== 'ACK') known.repeat(); // the ACK of a final response that was not 2xx ends here (§17.2.1)
    } else {
      this.#decideAndDo(request, from);
    }
  }

  #decideAndDo(request: SipRequest, from: Connection): void {
    const decision = this.#decide(request, from);
    if ('status' in decision) {
      if (request.method !== 'ACK') from.send(respond(request, decision.status, decision.headers));
    } else if (request.method === 'ACK') {
      this.#forwardAck(decision.request, decision.targets);
    } else {
      this.#forward(decision.request, decision.targets, from);
    }
  }

  /** §16.3, §16.4, §16.5. */
  #decide(given: SipRequest, from: Connection): Decision {
    const refused = refusal(given);
    if (refused) return refused;
    const { request, tokens, next } = withoutOwnRoutes(given, (uri) => this.#ownUser(uri));
    if (next) return { status: 404 }; // a further proxy, whom we do not know
    const token = tokens.at(-1);
    if (token) return this.#alongRoute(request, token);
    if (request.method === 'REGISTER') return this.#register(request, from);
    const user = userAt(request.uri, (host) => this.#isOurs(host));
    const isForUs = user === undefined && this.#isForUs(request.uri);
    if (isForUs && request.method === 'OPTIONS') return { status: 200, headers: [allow] };
    if (isForUs) return { status: 405, headers: [allow] };
    const direct = this.#parts.registrar.byContact(request.uri);
    if (read(request, To)!.params.has('tag')) return direct ? toBindings(request, [direct]) : { status: 481 };
    return this.#authenticate(request, from) ?? (direct ? toBindings(request, [direct]) : this.#byUser(request, user));
  }

  /** In a dialog: the last of our tokens names the connection. */
  #alongRoute(request: SipRequest, token: string): Decision {
    const connection = this.#parts.connections.find(token);
    if (!connection) return { status: 430 }; // RFC 5626 §5.3.1: Flow Failed
    return { request, targets: [{ uri: request.uri, connection }] };
  }

  #register(request: SipRequest, from: Connection): Decision {
    const verdict = this.#parts.authentication.check(request, 'registrar');
    if (verdict.user === undefined) return verdict;
    const user = registeredUser(request, (host) => this.#isOurs(host));
    if (!this.#parts.directory.users.some(({ name }) => name === user)) return { status: 404 };
    if (verdict.user !== user) return { status: 403 }; // §10.3 step 4
    return this.#parts.registrar.register(user, request, from);
  }

  /** Callers must be who their From says (§22.3). */
  #authenticate(request: SipRequest, from: Connection): Decision | undefined {
    if (from.isTrusted) return undefined;
    const verdict = this.#parts.authentication.check(request, 'proxy');
    if (verdict.user === undefined) return verdict;
    const caller = userAt(read(request, From)!.uri, (host) => this.#isOurs(host));
    return caller === verdict.user ? undefined : { status: 403 };
  }

  #byUser(request: SipRequest, name: string | undefined): Decision {
    const { directory, numbers, registrar } = this.#parts;
    if (directory.numbers.some((number) => number.name === name)) {
      return { request, targets: [{ uri: request.uri, connection: numbers }] };
    }
    if (name === undefined || !directory.users.some((user) => user.name === name)) return { status: 404 };
    const bindings = registrar.lookup(name);
    return bindings.length > 0 ? toBindings(request, bindings) : { status: 480 };
  }

  #forward(request: SipRequest, targets: readonly Target[], from: Connection): void {
    const { directory, clock, connections, ringTimeout } = this.#parts;
    const key = transactionKey(request);
    const record = makesDialog.has(request.method) && !read(request, To)!.params.has('tag');
    const options = { host: directory.domain, record, ringTimeout };
    const context = new ResponseContext(request, from, options, clock, {
      find: (token) => connections.find(token),
      onBranch: (branch, of) => this.#byBranch.set(branch, of),
      onDone: (done) => {
        this.#contexts.delete(key);
        for (const branch of done.branches) this.#byBranch.delete(branch);
      },
    });
    this.#contexts.set(key, context);
    context.start(targets);
  }

  /** §16.11: the ACK of a 2xx is a transaction by itself, and none that is answered. */
  #forwardAck(request: SipRequest, targets: readonly Target[]): void {
    const host = this.#parts.directory.domain;
    for (const { uri, connection } of targets) {
      connection.send(forwarded(request, { uri, branch: newBranch(systemRandom), host, record: undefined }));
    }
  }

  #isOurs(host: string): boolean {
    return host === this.#parts.directory.domain || this.#parts.hosts.includes(host);
  }

  /** The user part of a Route that is ours: a token, or empty. */
  #ownUser(uri: string): string | undefined {
    const parsed = parseUri(uri);
    return isSipUri(parsed) && this.#isOurs(parsed.host) ? (parsed.user ?? '') : undefined;
  }

  #isForUs(uri: string): boolean {
    const parsed = parseUri(uri);
    return isSipUri(parsed) && this.#isOurs(parsed.host);
  }
}

/** §16.3: scheme, hops, extensions. */
function refusal(request: SipRequest): { status: number; headers?: readonly Header[] } | undefined {
  if (!isSipUri(parseUri(request.uri))) return { status: 416 };
  if (read(request, MaxForwards) === 0) return { status: 483 };
  const unknown = readAll(request, ProxyRequire);
  if (unknown.length > 0) return { status: 420, headers: [{ name: 'Unsupported', value: unknown.join(', ') }] };
  return undefined;
}

const toBindings = (
  request: SipRequest,
  bindings: readonly { readonly contact: { readonly uri: string }; readonly connection: Connection }[],
): Decision => ({
  request,
  targets: bindings.map(({ contact, connection }) => ({ uri: contact.uri, connection })),
});

/** §17.2.3: the branch, who put it there, and the method; CANCEL and ACK belong to the INVITE. */
function transactionKey(request: SipRequest): string {
  const { host, port, params } = read(request, Via)!;
  const { method } = read(request, CSeq)!;
  const of = method === 'ACK' || method === 'CANCEL' ? 'INVITE' : method;
  return `${params.get('branch') ?? ''} ${host}:${port ?? ''} ${of}`;
}
