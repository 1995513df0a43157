// Plays a fault on a stage of its own, and measures what the two at the ends of the call notice of it.
import type { Note, LeftOver } from '../support/browser/page/witness.js';
import { within } from '../support/servers/deadline.js';
import type { Heard, Silence } from './ears.js';
import type { Fault } from './faults.js';
import type { MovingPage } from './moving-page.js';
import { Stage, user } from './stage.js';

export interface Outcome {
  /** Seconds of the longest silence that the page heard since the fault; infinite if it has not ended. */
  readonly inbound: number;
  /** As the far end heard it. */
  readonly outbound: number;
  /** The silences that lasted for too long, a line each. */
  readonly tooLong: readonly string[];
  /** Seconds from the fault to when a browser at either end showed another address of its own. */
  readonly published: readonly number[];
  /** Seconds from the fault to the return of a path. */
  readonly pathBack: number;
  /** Seconds from the fault to a registration over another connection than before. */
  readonly registered: number | undefined;
  /** Seconds of the longest wait of the page for an audio packet. */
  readonly withoutPackets: number;
  /** How often the page had to invent sound. */
  readonly concealments: number;
  /** INVITE and UPDATE requests that the page has sent. */
  readonly requests: number;
  /** Descriptions of new ICE generations among them. */
  readonly iceRestarts: number;
  readonly isSameCall: boolean;
  readonly state: string;
  /** Whether the hang-up of one side ended the call at the other. */
  readonly hungUp: boolean;
  /** After the phone has stopped. */
  readonly leftOver: LeftOver;
  /** What the page did and saw since a second before the fault, a line each, in seconds from it. */
  readonly timeline: string;
}

/** Seconds that a call is given to be well again, from when it could be. */
const patience = 20;

const now = (): number => performance.timeOrigin + performance.now();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A stage on which all is well, and what is to happen there. */
export interface Prepared {
  strike(): Promise<Outcome>;
  close(): Promise<void>;
}

/** Builds the stage of a fault, and has the call under way that it shall strike. */
export async function prepare(fault: Fault): Promise<Prepared> {
  const stage = await Stage.build(fault);
  try {
    if (fault.begin) await fault.begin(stage);
    else await stage.begin();
  } catch (error) {
    await stage.close();
    throw error;
  }
  return { strike: () => strike(stage, fault), close: () => stage.close() };
}

async function strike(stage: Stage, fault: Fault): Promise<Outcome> {
  const { page } = stage;
  await page.watchPackets();
  await Promise.all([page.watchAddresses(), stage.far.watchAddresses()]);
  const { concealments } = await page.countPackets();
  const registration = await watchRegistration(stage);
  page.cutFiles();
  const start = now();
  const since = (at: number): number => (at - start) / 1000;
  let back: number | undefined;
  try {
    await fault.strike(stage, () => (back ??= now()));
  } catch (error) {
    throw new Error(`${String(error)}\n${written(await page.notes(), start)}`, { cause: error });
  }
  back ??= now();
  await settled(stage, start + (fault.watch ?? 8) * 1000, Math.max(back, now()) + patience * 1000);
  const packets = await page.countPackets();
  const end = now();
  const counted = fault.countsFrom === 'back' ? back : start;
  page.mendFiles();
  const [inbound, outbound] = [await page.heard(), await stage.far.heard()];
  const published = (await Promise.all([page.publishedAddresses(), stage.far.publishedAddresses()])).flat();
  const { isSame, state } = await page.standing();
  const registeredAt = registration.stop();
  const hungUp = await (fault.hangsUp === 'far' ? beHungUp(stage) : hangUp(stage));
  const stopped = await page.stopPhone().then(
    () => '',
    (error: unknown) => `\n${String(error)}`,
  );
  const notes = await page.notes();
  const excuses = [back, ...published];
  const missed = page.filesMissed.map((file) => `\nnot loaded: ${file}`).join('');
  return {
    inbound: longest(inbound, counted, end),
    outbound: longest(outbound, counted, end),
    tooLong: [
      ...tooLong('page', inbound, fault, counted, excuses, since),
      ...tooLong('far end', outbound, fault, counted, excuses, since),
    ],
    published: published.map(since),
    pathBack: since(back),
    registered: registeredAt === undefined ? undefined : since(registeredAt),
    withoutPackets: packets.longestWait / 1000,
    concealments: packets.concealments - concealments,
    ...countRequests(notes, start, end),
    isSameCall: isSame,
    state,
    hungUp,
    leftOver: await leftOvers(page),
    timeline:
      [written(notes, start), told('page', inbound, start), told('far end', outbound, start)].join('\n') +
      missed +
      stopped,
  };
}

/** What is still there two seconds after the phone has stopped: sooner, something may be about to end. */
async function leftOvers(page: MovingPage): Promise<LeftOver> {
  const end = now() + 2000;
  for (;;) {
    const left = await page.leftOvers();
    if (now() > end || isNothing(left)) return left;
    await pause(100);
  }
}

function isNothing({ sockets, connections, microphones, timers }: LeftOver): boolean {
  return sockets + connections + microphones + timers.length === 0;
}

/** Resolves when both have heard each other for a while, not before `earliest`; gives up at `latest`. */
async function settled({ page, far }: Stage, earliest: number, latest: number): Promise<void> {
  const isWell = ({ silences, isSilent }: Heard): boolean => !isSilent && (silences.at(-1)?.to ?? 0) < now() - 1500;
  while (now() < latest) {
    await pause(100);
    if (now() < earliest) continue;
    const heard = await Promise.all([page.heard(), far.heard()]);
    if (heard.every(isWell)) return;
    if ((await page.standing()).state === 'disconnected') return;
  }
}

/** Seconds of the longest silence in that time; infinite when it lasts. */
function longest({ silences, isSilent }: Heard, start: number, end: number): number {
  if (isSilent) return Infinity;
  const lengths = silences.map(({ from, to }) => Math.min(to, end) - Math.max(from, start));
  return Math.max(0, ...lengths) / 1000;
}

/** Seconds of silence after which there is both a path and, in the browser, an address to use it from. */
const grace = 0.3;

/** Those that exceed the target, and cannot be excused by a path or an address that came late. */
function tooLong(
  ear: string,
  { silences, isSilent }: Heard,
  { target }: Fault,
  start: number,
  excuses: readonly number[],
  since: (at: number) => number,
): string[] {
  const isTooLong = ({ from, to }: Silence): boolean =>
    (to - Math.max(from, start)) / 1000 > target.silence &&
    !excuses.some((at) => at > from && (to - at) / 1000 <= grace);
  const told = silences
    .filter(({ to }) => to > start)
    .filter(isTooLong)
    .map(({ from, to }) => `${ear}: ${since(from).toFixed(2)} to ${since(to).toFixed(2)}`);
  return isSilent ? [...told, `${ear}: to the end`] : told;
}

/** Looks for a binding by another connection than those there are now. */
async function watchRegistration({ kamailio }: Stage): Promise<{ stop: () => number | undefined }> {
  const connections = async (): Promise<string[]> => (await kamailio.locations(user)).map(({ received }) => received);
  const before = await connections();
  let found: number | undefined;
  let isOver = false;
  const look = async (): Promise<void> => {
    while (!isOver && found === undefined) {
      const present = await connections().catch(() => []);
      if (present.some((connection) => !before.includes(connection))) found = now();
      await pause(50);
    }
  };
  void look();
  return {
    stop() {
      isOver = true;
      return found;
    },
  };
}

async function hangUp({ page, far }: Stage): Promise<boolean> {
  const { state } = await page.standing();
  if (state !== 'confirmed') return false;
  const over = far.over();
  await page.phone.hangup();
  return within(6000, 'the far end to hang up', over).then(
    () => true,
    () => false,
  );
}

/** The far end hangs up: for that its requests must find us. */
async function beHungUp({ page, far }: Stage): Promise<boolean> {
  await far.hangup();
  return within(6000, 'the page to be hung up on', page.phone.reached('disconnected')).then(
    () => true,
    () => false,
  );
}

function countRequests(notes: readonly Note[], start: number, end: number): Pick<Outcome, 'requests' | 'iceRestarts'> {
  const sent = notes.filter(({ text }) => /^ws\d+ → (INVITE|UPDATE) /.test(text));
  const during = sent.filter(({ at }) => at >= start && at <= end);
  const fragment = ({ text }: Note): string | undefined => /ufrag=(\S+)/.exec(text)?.[1];
  const known = new Set(sent.filter(({ at }) => at < start).map(fragment));
  const fresh = new Set(during.map(fragment).filter((one) => one !== undefined && !known.has(one)));
  return { requests: during.length, iceRestarts: fresh.size };
}

function told(ear: string, { silences }: Heard, start: number): string {
  const since = (at: number): string => ((at - start) / 1000).toFixed(2);
  const during = silences.filter(({ to }) => to > start);
  return `${ear} heard nothing ${during.map(({ from, to }) => `${since(from)} to ${since(to)}`).join(', ')}`;
}

function written(notes: readonly Note[], start: number): string {
  return notes
    .filter(({ at }) => at > start - 1000)
    .map(({ at, text }) => `${((at - start) / 1000).toFixed(3).padStart(8)} ${text}`)
    .join('\n');
}
