// What can happen to two phones, one thing at a time: the network moves, time passes, somebody does something.
import fc from 'fast-check';
import { CSeq, headerValue, isRequest, parseMessage, ParseError, read } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { other } from './link.js';
import type { Side } from './link.js';
import type { Phones } from './phones.js';
import { allVerbs, runVerb } from './verbs.js';
import type { Verb } from './verbs.js';

export type Step =
  | { readonly kind: 'deliver'; readonly side: Side; readonly count: number }
  | { readonly kind: 'deliverAll' }
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'call';
      readonly side: Side;
      readonly offer: 'early' | 'late';
      readonly reliable: 'off' | 'supported' | 'required';
    }
  | { readonly kind: 'verb'; readonly side: Side; readonly verb: Verb; readonly pick: number }
  | { readonly kind: 'lose' | 'double' | 'swap' | 'cut'; readonly side: Side }
  | { readonly kind: 'refuse'; readonly side: Side; readonly status: number };

const side = fc.constantFrom<Side>(0, 1);

const calm = [
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), side, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliverAll' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 600, 2500, 5000, 33_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      side,
      offer: fc.constantFrom('early' as const, 'late' as const),
      reliable: fc.constantFrom('off' as const, 'supported' as const, 'required' as const),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('verb' as const),
      side,
      verb: fc.constantFrom(...allVerbs),
      pick: fc.nat({ max: 2 }),
    }),
  },
  // without these few calls would ever be confirmed
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('verb' as const),
      side,
      verb: fc.constant<Verb>('answer'),
      pick: fc.nat({ max: 2 }),
    }),
  },
] as const;

const faults = [
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), side }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('lose' as const, 'double' as const, 'swap' as const), side }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refuse' as const),
      side,
      status: fc.constantFrom(408, 422, 480, 481, 488, 491, 500, 503, 603),
    }),
  },
] as const;

export const steps = (network: 'calm' | 'faulty'): fc.Arbitrary<Step[]> =>
  fc.array(network === 'calm' ? fc.oneof(...calm) : fc.oneof(...calm, ...faults), {
    minLength: 200,
    maxLength: 240,
    size: 'max',
  });

export async function take(phones: Phones, step: Step): Promise<void> {
  const { link, rules, clock } = phones;
  switch (step.kind) {
    case 'deliver':
      for (let i = 0; i < step.count; i++) link.deliver(step.side);
      break;
    case 'deliverAll':
      return phones.deliverAll();
    case 'wait':
      if (link.waiting(0) + link.waiting(1) > 0 && step.ms > 5000) rules.isDisturbed = true; // as good as lost, to some timers
      return clock.advance(step.ms);
    case 'call':
      if (phones.phones[step.side].liveCalls.length < 3)
        phones.call(step.side, { offer: step.offer, reliableProvisional: step.reliable });
      break;
    case 'verb': {
      runVerb(phones.phones[step.side], step.verb, step.pick);
      break;
    }
    case 'cut':
      rules.isDisturbed = true;
      link.cut(step.side);
      break;
    case 'refuse':
      refuse(phones, step.side, step.status);
      break;
    default:
      if (link.waiting(step.side) === 0) return;
      rules.isDisturbed = true;
      if (step.kind === 'lose') link.take(step.side);
      else link[step.kind](step.side);
  }
  await settle();
}

/** A proxy on the way answers the oldest request itself. */
function refuse({ link, rules }: Phones, towards: Side, status: number): void {
  const frame = link.take(towards);
  if (frame === undefined) return;
  rules.isDisturbed = true;
  const request = parseMessage(frame);
  if (request instanceof ParseError || !isRequest(request) || read(request, CSeq)!.method === 'ACK') return; // lost
  const to = headerValue(request, 'To')!;
  const lines = [
    `SIP/2.0 ${status} Proxy`,
    ...request.headers.filter(({ name }) => name === 'Via').map(({ value }) => `Via: ${value}`),
    `From: ${headerValue(request, 'From')}`,
    `To: ${to.includes(';tag=') ? to : `${to};tag=proxy`}`,
    `Call-ID: ${headerValue(request, 'Call-ID')}`,
    `CSeq: ${headerValue(request, 'CSeq')}`,
    ...(status === 422 ? ['Min-SE: 120'] : []),
    ...(status === 500 ? ['Retry-After: 1'] : []),
    'Content-Length: 0',
  ];
  const response = `${lines.join('\r\n')}\r\n\r\n`;
  rules.onSent(towards, response);
  link.arrive(other(towards), response);
}
