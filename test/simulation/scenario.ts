// What happens in one run, drawn from its seed: who calls whom through which server, what breaks when, and what the users want meanwhile.
import type { Random } from '../../lib/base/random.js';
import { other } from '../model/link.js';
import type { Side } from '../model/link.js';
import { seededRandom } from '../model/seeded-random.js';
import type { SipServerOptions } from './sip-server.js';

/** Everything that no step changes. */
export interface Setup extends SipServerOptions {
  /** Milliseconds that a frame takes. */
  readonly latency: number;
  readonly caller: Side;
  /** Milliseconds that the callee lets it ring. */
  readonly answerAfter: number;
  readonly endsSockets: readonly [boolean, boolean];
  readonly publishing: readonly [number, number];
  /** Who hangs up in the end. */
  readonly hangsUp: Side;
}

/** Of one machine, or of the server; `ms` is how long it lasts. */
export type Fault =
  | { readonly kind: 'switch' | 'blackHole' | 'tunnel'; readonly side: Side; readonly ms: number }
  | { readonly kind: 'makeBeforeBreak' | 'rebind' | 'reset'; readonly side: Side }
  | {
      readonly kind: 'lie';
      readonly side: Side;
      readonly evidence: 'online' | 'offline' | 'changed' | 'awake' | 'moved';
    }
  | { readonly kind: 'restart'; readonly ms: number; readonly isSilent: boolean }
  | { readonly kind: 'freeze'; readonly ms: number };

export type Wish = { readonly kind: 'wish'; readonly side: Side; readonly what: (typeof wishes)[number] };

/** Milliseconds after the call was made. */
export type Step = { readonly at: number } & (Fault | Wish);

const wishes = ['hold', 'resume', 'message', 'digits', 'reinvite', 'mute', 'unmute', 'hangup'] as const;

export interface Scenario {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

export function scenario(seed: number): Scenario {
  const random = seededRandom(seed);
  const steps = [...faults(random), ...intentions(random)].sort((a, b) => a.at - b.at);
  return { setup: setup(random), steps };
}

/** A request in the dialog may find its way, or none: by a Contact that is another, or a flow in Record-Route that is dead. */
function setup(random: Random): Setup {
  const outbound = chance(random, 0.6);
  return {
    routing: pick(random, ['client', 'contact', 'flow'] as const),
    outbound,
    authenticates: chance(random, 0.5),
    latency: pick(random, [5, 20, 80, 200]),
    caller: side(random),
    answerAfter: between(random, 200, 5000),
    endsSockets: [chance(random, 0.3), chance(random, 0.3)],
    publishing: [between(random, 300, 2200), between(random, 300, 2200)],
    hangsUp: side(random),
  };
}

export const lasts = (step: Step): number => ('ms' in step ? step.ms : 3000);

function faults(random: Random): Step[] {
  const count = pick(random, [1, 1, 1, 2, 2, 3]);
  const first = side(random);
  return Array.from({ length: count }, (_, index) => {
    const at = between(random, 0, index === 0 ? 9000 : 16_000);
    return { at, ...fault(random, index > 0 && chance(random, 0.4) ? other(first) : first) };
  });
}

function fault(random: Random, side: Side): Fault {
  const ms = pick(random, [0, 300, 2000, 5000, 10_000, 20_000]);
  switch (
    pick(random, [
      'switch',
      'switch',
      'makeBeforeBreak',
      'blackHole',
      'tunnel',
      'rebind',
      'reset',
      'restart',
      'freeze',
      'lie',
    ] as const)
  ) {
    case 'switch':
      return { kind: 'switch', side, ms };
    case 'blackHole':
      return { kind: 'blackHole', side, ms };
    case 'tunnel':
      return { kind: 'tunnel', side, ms };
    case 'makeBeforeBreak':
      return { kind: 'makeBeforeBreak', side };
    case 'rebind':
      return { kind: 'rebind', side };
    case 'reset':
      return { kind: 'reset', side };
    case 'restart':
      return { kind: 'restart', ms: Math.max(300, Math.min(10_000, ms)), isSilent: chance(random, 0.3) };
    case 'freeze':
      return { kind: 'freeze', ms: Math.max(300, Math.min(10_000, ms)) };
    case 'lie':
      return { kind: 'lie', side, evidence: pick(random, ['online', 'offline', 'changed', 'awake', 'moved'] as const) };
  }
}

function intentions(random: Random): Step[] {
  const count = pick(random, [0, 0, 1, 2, 3]);
  return Array.from({ length: count }, () => {
    const what = pick(random, [...wishes.slice(0, -1), ...wishes]);
    return { at: between(random, 0, 25_000), kind: 'wish', side: side(random), what };
  });
}

const chance = (random: Random, share: number): boolean => random.number() < share;
const side = (random: Random): Side => (chance(random, 0.5) ? 0 : 1);
const between = (random: Random, from: number, to: number): number => Math.floor(from + random.number() * (to - from));
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.number() * from.length)]!;
