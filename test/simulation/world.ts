// Two whole user agents on machines that move, a SIP server between them, and a witness on either wire.
import type { Call } from '../../lib/index.js';
import { other } from '../model/link.js';
import type { Side } from '../model/link.js';
import { seededRandom } from '../model/seeded-random.js';
import { WatchedPhone } from '../model/watched-phone.js';
import { WireRules } from '../model/wire-rules.js';
import { FakeClock } from '../support/fake-clock.js';
import { Machine } from './machine.js';
import { MediaPlane } from './media-plane.js';
import type { SimulatedConnection } from './media-plane.js';
import type { Fault, Setup, Wish } from './scenario.js';
import { SipServer } from './sip-server.js';
import { Wire } from './wire.js';

const names = ['alice', 'bob'] as const;
const domain = 'evercall.test';

/** A phone, its machine, and what its user has seen and done. */
export interface End {
  readonly name: string;
  readonly machine: Machine;
  readonly phone: WatchedPhone;
  readonly rules: WireRules;
  readonly wires: Wire[];
  /** The texts that came by MESSAGE in calls. */
  readonly heard: string[];
  /** Those that were sent, and whether the peer is known to have them. */
  readonly said: Map<string, 'underWay' | 'arrived' | 'failed'>;
}

export class World {
  readonly clock = new FakeClock();
  readonly server: SipServer;
  readonly plane: MediaPlane;
  readonly ends: readonly [End, End];
  readonly setup: Setup;
  /** The call that all is about. */
  call: Call | undefined;
  /** Somebody has hung up: the caller, or a callee who had answered; or refused what rang. */
  over: 'hungUp' | 'refused' | undefined;
  readonly #trace: ((line: string) => void) | undefined;
  #texts = 0;

  constructor(setup: Setup, seed: number, trace?: (line: string) => void) {
    this.setup = setup;
    this.#trace = trace;
    this.server = new SipServer(setup, this.clock, seededRandom(seed + 2));
    this.plane = new MediaPlane(this.clock);
    this.ends = [this.#end(0, seed), this.#end(1, seed + 1)];
  }

  /** Both are registered, and one calls the other. */
  async begin(): Promise<void> {
    await this.clock.advance(3000);
    const { caller } = this.setup;
    const { phone } = this.ends[caller];
    phone.call(`sip:${names[other(caller)]}@${domain}`, {});
    this.call = phone.calls[0]!;
    this.#listen(this.ends[caller], this.call);
  }

  /** Things go wrong; what heals by itself does so in its time. */
  strike(fault: Fault): void {
    switch (fault.kind) {
      case 'restart':
        this.server.stop(fault.isSilent);
        this.#after(fault.ms, () => this.server.start());
        return;
      case 'freeze':
        this.server.freeze();
        this.#after(fault.ms, () => this.server.thaw());
        return;
      case 'reset':
        this.server.reset(({ machine }) => machine === this.ends[fault.side].machine);
        return;
      case 'lie':
        this.ends[fault.side].machine.tell(fault.evidence);
        return;
      default:
        this.#move(this.ends[fault.side], fault);
    }
  }

  #move({ machine, wires }: End, fault: Exclude<Fault, { kind: 'restart' | 'freeze' | 'reset' | 'lie' }>): void {
    const { route } = machine;
    if (route === undefined) return; // it is away already
    const leave = (): void => {
      machine.leave(route);
      if (machine.endsSockets) for (const wire of wires) if (wire.address === route) wire.abort();
    };
    switch (fault.kind) {
      case 'switch':
        leave();
        this.#after(50, () => {
          if (machine.route === undefined) machine.tell('offline');
        });
        this.#after(fault.ms, () => {
          machine.join();
          this.#after(50, () => machine.tell('online'));
          this.#after(80, () => machine.tell('changed'));
        });
        return;
      case 'makeBeforeBreak':
        machine.join();
        this.#after(3000, leave);
        return;
      case 'blackHole':
        machine.swallow(route, true);
        this.#after(fault.ms, () => machine.join());
        this.#after(fault.ms + 20_000, leave);
        return;
      case 'tunnel':
        machine.swallow(route, true);
        this.#after(fault.ms, () => machine.swallow(route, false));
        return;
      case 'rebind':
        machine.rebind();
    }
  }

  /** What a user wants of the call that is on; nothing where none is. */
  wish({ side, what }: Wish): void {
    const { phone, said } = this.ends[side];
    const call = phone.liveCalls.find(({ state }) => state === 'confirmed') ?? phone.liveCalls[0];
    if (!call) return;
    switch (what) {
      case 'message': {
        const text = `message ${++this.#texts}`;
        said.set(text, 'underWay');
        phone.run(what, () =>
          call.sendMessage(text).then(
            () => said.set(text, 'arrived'),
            (error: unknown) => {
              said.set(text, 'failed');
              throw error;
            },
          ),
        );
        return;
      }
      case 'digits':
        phone.run(what, () => call.sendDtmf('1', { method: 'info' }));
        return;
      case 'hangup':
        this.over ??= side === this.setup.caller || call.state === 'confirmed' ? 'hungUp' : 'refused';
        phone.run(what, () => call.hangup());
        return;
      default:
        phone.run(what, () => call[what]());
    }
  }

  /** The connection that carries a call's media. */
  connectionOf(call: Call): SimulatedConnection | undefined {
    return call.peerConnection as unknown as SimulatedConnection | undefined;
  }

  #listen({ heard }: End, call: Call): void {
    call.on('message', ({ body }) => heard.push(String(body)));
  }

  #after(ms: number, run: () => void): void {
    this.clock.after(ms, run);
  }

  #end(side: Side, seed: number): End {
    const name = names[side];
    const { setup, clock } = this;
    const line = this.#trace && ((text: string): void => this.#trace?.(`${name} ${text}`));
    const machine = new Machine(name, side + 1, clock, {
      endsSockets: setup.endsSockets[side],
      publishing: setup.publishing[side],
    });
    const rules = new WireRules(clock, line);
    rules.isDisturbed = true;
    const wires: Wire[] = [];
    const witness = {
      onConnected: () => {
        this.#trace?.(`${clock.now()} ${name} is connected`);
        rules.onConnected(0);
      },
      onFrame: (what: 'sent' | 'delivered', at: 0 | 1, frame: string) => {
        const { length } = rules.violations;
        if (what === 'sent') rules.onSent(at, frame);
        else rules.onDelivered(at, frame);
        if (at === 1) rules.violations.length = length; // what comes late is the network's doing
      },
    };
    const open = (): Wire => {
      const wire = new Wire(machine, this.server, clock, setup.latency, witness);
      wires.push(wire);
      return wire;
    };
    const phone = new WatchedPhone(name, open, clock, seed, {
      media: this.plane.environment(machine),
      account: { uri: `sip:${name}@${domain}`, password: `${name}-pw`, register: true },
      userAgent: {
        servers: `ws://${domain}/`,
        keepAlive: 'auto',
        ipChange: {},
        environment: { network: machine },
      },
      ...(this.#trace && { warn: (text: string) => this.#trace?.(`${clock.now()} ${text}`) }),
    });
    machine.onChange = () => {
      this.plane.update();
    };
    const end: End = { name, machine, phone, rules, wires, heard: [], said: new Map() };
    phone.ua.on('incomingCall', ({ call }) => {
      this.#listen(end, call);
      clock.after(setup.answerAfter, () => {
        if (call.state === 'early' || call.state === 'incoming') phone.run('answer', () => call.answer());
      });
    });
    return end;
  }
}
