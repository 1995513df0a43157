// A registrar and record-routing proxy for the simulation, out of the parts of the demo's: it restarts, freezes and forgets.
import {
  writeMessage,
  CSeq,
  ParseError,
  To,
  Via,
  checkMessage,
  isRequest,
  isSipUri,
  parseMessage,
  parseUri,
  read,
} from '../../lib/parser/index.js';
import type { Header, SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { Authentication } from '../../demo/server/authentication.js';
import { Connections } from '../../demo/server/connections.js';
import type { Connection } from '../../demo/server/connections.js';
import { directory } from '../../demo/server/directory.js';
import { forwarded, respond, withoutOwnRoutes, withoutTopVia } from '../../demo/server/messages.js';
import { Registrar, userAt } from '../../demo/server/registrar.js';
import { ResponseContext, reasonsOf } from '../../demo/server/response-context.js';
import type { Target } from '../../demo/server/response-context.js';
import type { Random } from '../../lib/base/random.js';
import type { FakeClock } from '../support/fake-clock.js';
import type { Exchange, Wire, WireEnd } from './wire.js';

export interface SipServerOptions {
  /**
   * How a request in a dialog finds its way: by the Contact's binding; by a flow token in Record-Route that stands for the
   * client's newest flow; or by one that names the flow and dies with it (RFC 5626 §5.3).
   */
  readonly routing: 'contact' | 'client' | 'flow';
  /** RFC 5626: bindings by instance-id and reg-id. */
  readonly outbound: boolean;
  readonly authenticates: boolean;
}

/** Milliseconds between looks for flows that are dead, and how long a client has to come back before its calls are given up. */
const checking = 30_000;
const grace = 32_000;

interface Flow extends Connection {
  readonly wire: Wire;
}

/** All that a restart forgets. */
interface Memory {
  readonly connections: Connections;
  readonly registrar: Registrar;
  readonly authentication: Authentication;
  readonly contexts: Map<string, ResponseContext>;
  readonly byBranch: Map<string, ResponseContext>;
}

export class SipServer implements Exchange {
  isUp = true;
  isFrozen = false;
  readonly #options: SipServerOptions;
  readonly #clock: FakeClock;
  readonly #random: Random;
  readonly #flows = new Set<Flow>();
  #memory: Memory;
  /** What came while it stood still. */
  #backlog: (() => void)[] = [];
  #cancelCheck: () => void;

  constructor(options: SipServerOptions, clock: FakeClock, random: Random) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#memory = this.#newMemory();
    this.#cancelCheck = clock.after(checking, () => this.#check());
  }

  /** Whether a user can be called. */
  knows(user: string): boolean {
    return this.#memory.registrar.lookup(user).length > 0;
  }

  accept(wire: Wire): WireEnd {
    const flow: Flow = {
      token: this.#random.token(16),
      address: wire.address,
      isTrusted: false,
      wire,
      send: (message) => {
        wire.answer(String(writeMessage(message)));
      },
    };
    this.#flows.add(flow);
    this.#memory.connections.add(flow);
    return {
      onFrame: (frame) => {
        this.#later(() => this.#onFrame(frame, flow));
      },
      onClosed: () => {
        this.#later(() => this.#close(flow));
      },
    };
  }

  /** @param isSilent without a word to the clients: they find out when they say something */
  stop(isSilent: boolean): void {
    this.isUp = false;
    this.#backlog = [];
    for (const { wire } of this.#flows) {
      if (isSilent) wire.forget();
      else wire.drop();
    }
    this.#flows.clear();
    this.#forget();
  }

  start(): void {
    if (this.isUp) return;
    this.#memory = this.#newMemory();
    this.isUp = true;
  }

  freeze(): void {
    this.isFrozen = true;
  }

  /** All that came meanwhile is done at once. */
  thaw(): void {
    this.isFrozen = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) run();
  }

  /** The connections of a machine are reset, by it or by something on the way. */
  reset(isOfMachine: (wire: Wire) => boolean): void {
    for (const flow of [...this.#flows]) {
      if (!isOfMachine(flow.wire)) continue;
      flow.wire.drop();
      this.#close(flow);
    }
  }

  dispose(): void {
    this.#cancelCheck();
    this.#forget();
  }

  #newMemory(): Memory {
    const { routing } = this.#options;
    const connections = routing === 'flow' ? new FlowTokens(this.#clock, grace) : new Connections(this.#clock, grace);
    const contexts = new Map<string, ResponseContext>();
    connections.attach((token) => {
      for (const context of contexts.values()) context.onLost(token);
    });
    return {
      connections,
      registrar: new Registrar(connections, this.#clock, { minExpires: 60, defaultExpires: 600, maxExpires: 3600 }),
      authentication: new Authentication(directory, this.#clock, { nonceSeconds: 300 }),
      contexts,
      byBranch: new Map(),
    };
  }

  #forget(): void {
    const { contexts, byBranch, connections } = this.#memory;
    for (const context of contexts.values()) context.dispose();
    contexts.clear();
    byBranch.clear();
    connections.dispose();
  }

  #later(run: () => void): void {
    if (this.isFrozen) this.#backlog.push(run);
    else run();
  }

  /** Pings of the WebSocket that are not answered: the flow is dead. */
  #check(): void {
    for (const flow of [...this.#flows]) if (flow.wire.path !== 'up' || !flow.wire.isOpen) this.#close(flow);
    this.#cancelCheck = this.#clock.after(checking, () => this.#check());
  }

  #close(flow: Flow): void {
    if (!this.#flows.delete(flow)) return;
    flow.wire.forget();
    this.#memory.registrar.drop(flow);
    this.#memory.connections.closed(flow);
  }

  #onFrame(frame: string, flow: Flow): void {
    if (!this.#flows.has(flow)) return;
    if (frame === '\r\n\r\n') {
      flow.wire.answer('\r\n');
      return;
    }
    const message: SipMessage | ParseError = parseMessage(frame);
    const problem = message instanceof ParseError ? message : checkMessage(message);
    if (problem) throw problem;
    if (isRequest(message as SipMessage)) this.#onRequest(message as SipRequest, flow);
    else this.#onResponse(message as SipResponse);
  }

  #onResponse(response: SipResponse): void {
    const branch = read(response, Via)?.params.get('branch') ?? '';
    const context = this.#memory.byBranch.get(branch);
    if (context?.request.method === read(response, CSeq)!.method) context.onResponse(branch, withoutTopVia(response));
  }

  #onRequest(request: SipRequest, from: Flow): void {
    const { method } = request;
    const known = this.#memory.contexts.get(transactionKey(request));
    if (method === 'CANCEL') {
      from.send(respond(request, known ? 200 : 481));
      known?.cancel(reasonsOf(request));
    } else if (known) {
      if (method !== 'ACK') known.repeat();
    } else {
      this.#route(request, from);
    }
  }

  #route(given: SipRequest, from: Flow): void {
    const { request, tokens } = withoutOwnRoutes(given, (uri) => ownUser(uri));
    const { method } = request;
    const decision = this.#decide(request, tokens.at(-1), from);
    if ('status' in decision) {
      if (method !== 'ACK') from.send(respond(request, decision.status, decision.headers));
    } else if (method === 'ACK') {
      const { uri, connection } = decision;
      connection.send(
        forwarded(request, {
          uri,
          branch: `z9hG4bK${this.#random.token(16)}`,
          host: directory.domain,
          record: undefined,
        }),
      );
    } else {
      this.#forward(request, decision, from);
    }
  }

  #decide(
    request: SipRequest,
    token: string | undefined,
    from: Flow,
  ): Target | { readonly status: number; readonly headers?: readonly Header[] } {
    const { registrar, connections } = this.#memory;
    if (token !== undefined) {
      const connection = connections.find(token);
      return connection ? { uri: request.uri, connection } : { status: 430 }; // RFC 5626 §5.3.1
    }
    if (request.method === 'REGISTER') return this.#register(request, from);
    if (request.method === 'OPTIONS' && ownUser(request.uri) === '') return { status: 200 };
    const direct = registrar.byContact(request.uri);
    if (direct) return { uri: direct.contact.uri, connection: direct.connection };
    if (read(request, To)!.params.has('tag')) return { status: 480 }; // of a client that is away, or has another Contact by now
    const refusal = this.#refusal(request, 'proxy');
    if (refusal) return refusal;
    const [binding] = registrar.lookup(ownUser(request.uri) ?? '').slice(-1);
    return binding ? { uri: binding.contact.uri, connection: binding.connection } : { status: 480 };
  }

  #refusal(
    request: SipRequest,
    side: 'registrar' | 'proxy',
  ): { status: number; headers: readonly Header[] } | undefined {
    if (!this.#options.authenticates) return undefined;
    const verdict = this.#memory.authentication.check(request, side);
    return verdict.user === undefined ? verdict : undefined;
  }

  #register(request: SipRequest, from: Flow): { readonly status: number; readonly headers: readonly Header[] } {
    const refusal = this.#refusal(request, 'registrar');
    if (refusal) return refusal;
    const user = userAt(read(request, To)!.uri, (host) => host === directory.domain) ?? '';
    return this.#memory.registrar.register(user, this.#options.outbound ? request : withoutFlows(request), from);
  }

  #forward(request: SipRequest, target: Target, from: Flow): void {
    const { contexts, byBranch, connections } = this.#memory;
    const key = transactionKey(request);
    const record =
      this.#options.routing !== 'contact' && request.method === 'INVITE' && !read(request, To)!.params.has('tag');
    const options = { host: directory.domain, record, ringTimeout: 60_000 };
    const context = new ResponseContext(request, from, options, this.#clock, {
      find: (token) => connections.find(token),
      onBranch: (branch, of) => byBranch.set(branch, of),
      onDone: (done) => {
        contexts.delete(key);
        for (const branch of done.branches) byBranch.delete(branch);
      },
    });
    contexts.set(key, context);
    context.start([target]);
  }
}

/** A token names one flow, and dies with it. */
class FlowTokens extends Connections {
  override identify(): void {
    // nobody takes its place
  }
}

const ownUser = (uri: string): string | undefined => {
  const parsed = parseUri(uri);
  return isSipUri(parsed) && parsed.host === directory.domain ? (parsed.user ?? '') : undefined;
};

/** As a registrar sees a REGISTER that knows nothing of flows. */
const withoutFlows = (request: SipRequest): SipRequest => ({
  ...request,
  headers: request.headers.map(({ name, value }) => ({
    name,
    value: name === 'Contact' ? value.replace(/;reg-id=\d+/g, '') : value,
  })),
});

/** RFC 3261 §17.2.3. */
function transactionKey(request: SipRequest): string {
  const { host, params } = read(request, Via)!;
  const { method } = read(request, CSeq)!;
  return `${params.get('branch') ?? ''} ${host} ${method === 'ACK' || method === 'CANCEL' ? 'INVITE' : method}`;
}
