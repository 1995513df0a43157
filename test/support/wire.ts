// The core on a scripted server, without a user agent on top: for tests of single requests.
import { systemRandom } from '../../lib/base/random.js';
import type { RequestOptions } from '../../lib/core/client-request.js';
import type { ClientRequest } from '../../lib/core/client-request.js';
import { Core } from '../../lib/core/core.js';
import type { EvercallError } from '../../lib/index.js';
import { OnDemand } from '../../lib/base/on-demand.js';
import { silentLogger } from '../../lib/index.js';
import { defaultLimits } from '../../lib/parser/index.js';
import { timersFrom } from '../../lib/transaction/timers.js';
import { invites } from '../../lib/transaction/invites.js';
import { TransactionLayer } from '../../lib/transaction/transaction-layer.js';
import type { Flow } from '../../lib/transport/flow.js';
import { TransportPool } from '../../lib/transport/transport-pool.js';
import { FakeClock, settle } from './fake-clock.js';
import { ScriptedServer } from './scripted-server.js';

/** A request of ours, under way. */
export interface Sent {
  readonly request: ClientRequest;
  /** Its final status, or the code it failed with. */
  readonly outcome: Promise<number | string>;
}

export interface Wire {
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly flow: Flow;
  readonly send: (method: string, authenticator: RequestOptions['authenticator'], options?: SendOptions) => Sent;
}

export interface SendOptions {
  readonly uri?: string;
  readonly signal?: AbortSignal;
  /** Hears of a failure whole. */
  readonly onFailure?: (error: EvercallError) => void;
}

export async function wire(servers: readonly string[] = ['ws://server.example/ws']): Promise<Wire> {
  const clock = new FakeClock();
  const server = new ScriptedServer();
  const env = {
    clock,
    random: systemRandom,
    log: silentLogger,
    isInUse: () => false,
    ask: () => undefined,
    isSuspended: () => false,
  };
  const pool = new TransportPool(env);
  const transactions = new TransactionLayer(clock, silentLogger, timersFrom());
  pool.attach(transactions);
  const parts = new OnDemand(() => import('../../lib/core/parts.js'));
  await parts.load();
  const core = new Core(transactions, parts, systemRandom, silentLogger, { userAgent: '' });
  const { flow } = pool.lease(
    {
      servers,
      open: server.webSocket,
      connectTimeout: 5000,
      keepAlive: false,
      failback: false,
      limits: defaultLimits,
    },
    { onFlowOpen: () => undefined, onFlowLost: () => undefined },
  );
  flow.open();
  await settle();
  let calls = 0;
  const send = (method: string, authenticator: RequestOptions['authenticator'], options: SendOptions = {}): Sent => {
    const { uri = method === 'REGISTER' ? 'sip:example.com' : 'sip:bob@example.com', signal, onFailure } = options;
    let sequence = 0;
    const plan = {
      method,
      uri,
      from: '<sip:alice@example.com>;tag=ours',
      to: `<${uri}>`,
      callId: `${method}-${++calls}`,
      routes: [],
      nextSequence: () => ++sequence,
      headers: [],
      body: '',
    };
    let request!: ClientRequest;
    const outcome = new Promise<number | string>((resolve) => {
      request = core.request(
        plan,
        { flow, authenticator, signal, invites: method === 'INVITE' ? invites : undefined },
        {
          onFinal: ({ status }) => {
            resolve(status);
          },
          onFailure: (error) => {
            onFailure?.(error);
            resolve(error.code);
          },
        },
      );
    });
    return { request, outcome };
  };
  return { server, clock, flow, send };
}
