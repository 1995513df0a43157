// One run of the simulation: a call in the middle of faults, then calm; and what must hold of it then.
import { loadReplacement } from '../../lib/call/load-replacement.js';
import { challengeParts } from '../../lib/core/authenticator.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import type { Call } from '../../lib/index.js';
import type { Play } from '../model/play.js';
import { settle } from '../support/fake-clock.js';
import { unhandledIn } from '../support/unhandled.js';
import { lasts, scenario } from './scenario.js';
import type { Step } from './scenario.js';
import { World } from './world.js';
import type { End } from './world.js';

/** Milliseconds of calm: a BYE is given up after 120 s, a transaction after 32. */
const calm = 80_000;
const farewell = 165_000;

/** Plays the steps in the setup of the seed; resolves with all that was wrong. */
export const play: Play<Step> = async (steps, seed, trace) => {
  let wrongs: readonly string[] = [];
  const unhandled = await unhandledIn(async () => (wrongs = await run(steps, seed, trace)));
  return [...wrongs, ...unhandled.map((reason) => `nobody minds ${String(reason)}`)];
};

const run: Play<Step> = async (steps, seed, trace) => {
  const { setup } = scenario(seed);
  await Promise.all([allParts.load(), challengeParts.load(), loadReplacement()]); // it takes real time
  const world = new World(setup, seed, trace);
  trace?.(JSON.stringify(setup));
  await world.begin();
  const began = world.clock.now();
  for (const step of steps) {
    await world.clock.advance(Math.max(0, began + step.at - world.clock.now()));
    trace?.(`${world.clock.now()} ── ${JSON.stringify(step)}`);
    if (step.kind === 'wish') world.wish(step);
    else world.strike(step);
    await settle();
  }
  await world.clock.advance(Math.max(0, ...steps.map(lasts)) + calm);
  trace?.(`${world.clock.now()} ── all should be well`);
  const wrongs = calmWrongs(world);
  trace?.(`${world.clock.now()} ── the end`);
  return [...wrongs, ...(await end(world))];
};

/** What is wrong although nothing has happened for a while. */
function calmWrongs(world: World): string[] {
  const { ends, over } = world;
  const wrongs = ends.flatMap((end) => endWrongs(end, world.ends[end === ends[0] ? 1 : 0]));
  const [alice, bob] = ends.map(({ phone }) => phone.liveCalls);
  if (over === 'hungUp') {
    for (const call of [...alice!, ...bob!]) wrongs.push(`call ${call.id} is ${call.state}, though it was hung up`);
  } else if (wasNeverReached(world)) {
    if (alice!.length + bob!.length > 0) wrongs.push('a call that never rang is on');
  } else if (over === undefined || alice!.length + bob!.length > 0) {
    wrongs.push(...callWrongs(world, alice!, bob!));
  }
  return wrongs;
}

/** The INVITE ended at the server, for the callee was not to be found: what the server has said, holds. */
function wasNeverReached({ call, ends, setup }: World): boolean {
  const { status } = call?.end ?? {};
  return ends[setup.caller === 0 ? 1 : 0].phone.calls.length === 0 && (status === 408 || status === 480);
}

function endWrongs({ name, phone, rules, said }: End, { heard }: End): string[] {
  const wrongs = [...rules.violations.map((violation) => `${name}: ${violation}`)];
  if (!phone.account.isRegistered) wrongs.push(`${name} is not registered: ${phone.account.state}`);
  if (phone.pending > 0) wrongs.push(`${name}: ${phone.pending} verbs have not come to their end`);
  for (const [text, state] of said) {
    const times = heard.filter((one) => one === text).length;
    if (times > 1 || (state === 'arrived' && times === 0))
      wrongs.push(`${name}: "${text}" ${state} and came ${times} times`);
  }
  return wrongs;
}

/** One call, the same at both ends, and heard at both. */
function callWrongs(world: World, alice: readonly Call[], bob: readonly Call[]): string[] {
  const states = (calls: readonly Call[]): string =>
    calls.map(({ id, state }) => `${id.slice(0, 4)} ${state}`).join(', ') || 'none';
  const [one] = alice;
  const [other] = bob;
  if (!one || !other || alice.length > 1 || bob.length > 1) {
    const end = world.call?.end;
    return [
      `the call was not kept: ${states(alice)} and ${states(bob)}${end ? `; ${end.cause} ${end.status} ${end.reason}` : ''}`,
    ];
  }
  const wrongs: string[] = [];
  const mine = world.setup.caller === 0 ? one : other;
  if (mine !== world.call) wrongs.push('it is another call for the caller');
  if (one.callId !== other.callId) wrongs.push(`two calls: ${one.callId} and ${other.callId}`);
  for (const call of [one, other]) {
    const who = call === one ? 'alice' : 'bob';
    if (call.state !== 'confirmed') wrongs.push(`${who}: ${call.state}`);
    if (call.connection !== 'connected') wrongs.push(`${who}: ${call.connection}`);
    if (call.peerConnection?.signalingState !== 'stable') wrongs.push(`${who}: ${call.peerConnection?.signalingState}`);
  }
  for (const [call, peer] of [
    [one, other],
    [other, one],
  ] as const)
    if (call.localHold !== peer.remoteHold)
      wrongs.push(`held ${call.localHold}, and the peer believes ${peer.remoteHold}`);
  const [here, there] = [world.connectionOf(one), world.connectionOf(other)];
  if (here?.peer !== there || there?.peer !== here)
    wrongs.push(`no path for the media: ${here?.connectionState}, ${there?.connectionState}`);
  const isQuiet = one.localHold || other.localHold;
  if (!isQuiet && !one.muted && here?.isHeard === false) wrongs.push('alice is not heard');
  if (!isQuiet && !other.muted && there?.isHeard === false) wrongs.push('bob is not heard');
  return wrongs;
}

/** It is hung up, and nothing may be left. */
async function end(world: World): Promise<string[]> {
  const { ends, clock, setup, server } = world;
  for (const call of ends[setup.hangsUp].phone.liveCalls) call.hangup();
  await clock.advance(10_000);
  const wrongs = ends.flatMap(({ name, phone }) =>
    phone.liveCalls.map(({ id, state }) => `${name}: call ${id} is ${state} after ${ends[setup.hangsUp].name} hung up`),
  );
  for (const { phone } of ends) phone.ua.hangupAll();
  await clock.advance(farewell);
  for (const { phone } of ends) wrongs.push(...phone.wrongs, ...phone.leftovers);
  for (const { phone } of ends) void phone.ua.stop();
  await clock.advance(40_000);
  server.dispose();
  for (const { name, wires } of ends) {
    const open = wires.filter(({ isOpen }) => isOpen).length;
    if (open > 0) wrongs.push(`${name}: ${open} sockets are open`);
  }
  if (clock.pending > 0) wrongs.push(`${clock.pending} timers are set`);
  return wrongs;
}
