// What an app does with a call: each verb is right at some times and wrong at others.
import type { Call } from '../../lib/index.js';
import type { WatchedPhone } from './watched-phone.js';

const verbs = {
  answer: (call: Call) => call.answer(),
  ring: (call: Call) => call.ring(),
  earlyMedia: (call: Call) => call.ring({ earlyMedia: true }),
  reliableRing: (call: Call) => call.ring({ reliable: true }),
  reliableMedia: (call: Call) => call.ring({ earlyMedia: true, reliable: true }),
  reject: (call: Call) => call.reject(),
  redirect: (call: Call) => call.reject(302),
  hangup: (call: Call) => call.hangup(),
  hold: (call: Call) => call.hold(),
  resume: (call: Call) => call.resume(),
  reinvite: (call: Call) => call.reinvite(),
  restartIce: (call: Call) => call.reinvite({ iceRestart: true }),
  update: (call: Call) => call.update(),
  updateTarget: (call: Call) => call.update({ offer: false }),
  mute: (call: Call) => call.mute(),
  unmute: (call: Call) => call.unmute(),
  sendDtmf: (call: Call) => call.sendDtmf('1#', { method: 'info' }),
  sendMessage: (call: Call) => call.sendMessage('hello'),
  sendOptions: (call: Call) => call.sendRequest('OPTIONS'),
} satisfies Record<string, (call: Call) => unknown>;

export type Verb = keyof typeof verbs;
export const allVerbs = Object.keys(verbs) as Verb[];

/** On one of its calls: a live one where there is any, else the last. */
export function runVerb(phone: WatchedPhone, verb: Verb, pick: number): void {
  const { liveCalls, calls } = phone;
  const call = liveCalls[pick % Math.max(1, liveCalls.length)] ?? calls.at(-1);
  if (call) phone.run(verb, () => verbs[verb](call));
}
