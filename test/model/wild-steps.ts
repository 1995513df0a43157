// What a wild peer may say next, legal or not, and what the app and the network do meanwhile.
import fc from 'fast-check';
import { settle } from '../support/fake-clock.js';
import { allVerbs, runVerb } from './verbs.js';
import type { Verb } from './verbs.js';
import { bodies } from './wild-peer.js';
import type { Body, WildPeer } from './wild-peer.js';

export type WildStep =
  | { readonly kind: 'invite'; readonly body: Body; readonly headers: readonly string[] }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'ack'; readonly pick: number; readonly body: Body }
  | { readonly kind: 'prack'; readonly pick: number; readonly body: Body; readonly isRight: boolean }
  | {
      readonly kind: 'request';
      readonly pick: number;
      readonly method: string;
      readonly step: number;
      readonly isRight: boolean;
      readonly body: Body;
      readonly headers: readonly string[];
    }
  | {
      readonly kind: 'respond';
      readonly pick: number;
      readonly status: number;
      readonly tag: string;
      readonly body: Body;
      readonly headers: readonly string[];
    }
  | { readonly kind: 'repeat'; readonly pick: number }
  | { readonly kind: 'babble'; readonly text: string }
  | { readonly kind: 'hangUpSocket' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'call'; readonly offer: 'early' | 'late'; readonly reliable: 'off' | 'supported' | 'required' }
  | { readonly kind: 'verb'; readonly verb: Verb; readonly pick: number };

const pick = fc.nat({ max: 3 });
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Body>('none', 'answer', 'offer') },
  { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(bodies) as Body[])) },
);
const contact = 'Contact: <sip:bob@bob.invalid;transport=ws>';
const requestHeaders = fc.constantFrom<readonly string[]>(
  [],
  [],
  ['Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO, PRACK', 'Supported: 100rel, timer'],
  ['Require: 100rel', 'Supported: 100rel'],
  ['Require: nonsense'],
  ['Session-Expires: 90;refresher=uas', 'Supported: timer'],
  ['Session-Expires: 5', 'Supported: timer'],
  ['Content-Encoding: gzip'],
  ['Event: refer', 'Subscription-State: active'],
  ['Reason: SIP;cause=200'],
);
const responseHeaders = fc.constantFrom<readonly string[]>(
  [contact],
  [contact],
  [contact, 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO, PRACK'],
  [contact, 'Require: 100rel', 'RSeq: 1'],
  [contact, 'Require: 100rel', 'RSeq: 2'],
  [contact, 'Require: 100rel', 'RSeq: 7'],
  [contact, 'Require: timer', 'Session-Expires: 90;refresher=uac'],
  ['Min-SE: 3600'],
  ['Retry-After: 1'],
  ['Contact: <sip:elsewhere@example.com>'],
  ['Contact: nonsense'],
  ['WWW-Authenticate: Digest realm="r", nonce="n"'],
);
const methods = [
  'INVITE',
  'UPDATE',
  'BYE',
  'INFO',
  'MESSAGE',
  'OPTIONS',
  'NOTIFY',
  'REFER',
  'SUBSCRIBE',
  'PRACK',
  'ACK',
  'REGISTER',
  'NONSENSE',
];
const statuses = [
  100, 180, 183, 199, 200, 202, 299, 302, 401, 404, 407, 408, 420, 422, 480, 481, 486, 487, 488, 491, 500, 503, 504,
  603, 699,
];

const step: fc.Arbitrary<WildStep> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('invite' as const), body, headers: requestHeaders }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ack' as const), pick, body }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prack' as const), pick, body, isRight: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      pick,
      method: fc.oneof(fc.constantFrom('INVITE', 'UPDATE', 'INFO'), fc.constantFrom(...methods)),
      step: fc.constantFrom(1, 1, 1, 0, -1, 7),
      isRight: fc.constantFrom(true, true, true, true, false),
      body,
      headers: requestHeaders,
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('respond' as const),
      pick: fc.constantFrom(0, 0, 0, 1, 2, 3),
      status: fc.oneof(fc.constantFrom(180, 183, 200), fc.constantFrom(...statuses)),
      tag: fc.constantFrom('a', 'a', 'b', 'c'),
      body,
      headers: responseHeaders,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('babble' as const),
      text: fc.constantFrom(
        'nonsense',
        'SIP/2.0 200 OK\r\n\r\n',
        'INVITE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/WS x;branch=z9hG4bKx\r\n\r\n',
        'BYE\r\n\r\n',
        '\0',
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof({ weight: 1, arbitrary: fc.record({ kind: fc.constant('hangUpSocket' as const) }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 600, 2500, 5000, 33_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      offer: fc.constantFrom('early' as const, 'late' as const),
      reliable: fc.constantFrom('off' as const, 'supported' as const, 'required' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('verb' as const), verb: fc.constantFrom(...allVerbs), pick }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('verb' as const), verb: fc.constant<Verb>('answer'), pick }) },
);

export const wildSteps = fc.array(step, { minLength: 200, maxLength: 240, size: 'max' });

export async function takeWild(peer: WildPeer, step: WildStep): Promise<void> {
  switch (step.kind) {
    case 'invite':
      if (peer.phone.liveCalls.length < 3) peer.invite(step.body, step.headers);
      break;
    case 'cancel':
      peer.cancel(step.pick);
      break;
    case 'ack':
      peer.ack(step.pick, step.body);
      break;
    case 'prack':
      peer.prack(step.pick, step.body, step.isRight);
      break;
    case 'request':
      peer.request(step.pick, step.method, step.step, step.isRight, step.body, step.headers);
      break;
    case 'respond':
      peer.respond(step.pick, step.status, step.tag, step.body, step.headers);
      break;
    case 'repeat':
      peer.repeat(step.pick);
      break;
    case 'babble':
      peer.babble(step.text);
      break;
    case 'hangUpSocket':
      peer.hangUpSocket();
      break;
    case 'wait':
      return peer.clock.advance(step.ms);
    case 'call':
      if (peer.phone.liveCalls.length < 3)
        peer.phone.call('sip:bob@example.com', { offer: step.offer, reliableProvisional: step.reliable });
      break;
    case 'verb':
      runVerb(peer.phone, step.verb, step.pick);
  }
  await settle();
}
