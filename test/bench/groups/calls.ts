/** Registrations, calls and messages per CPU second over an in-process fake WebSocket with stubbed media. */
import type { Works } from '../arena.js';
import { openLine } from '../phones.js';
import type { Line } from '../phones.js';
import type { Contender, Row } from '../row.js';
import { both, compare, perSecond } from '../sampling.js';

/** What one phone does once; `over` resolves when the server has seen the end of it. */
type Deed = (line: Line, over: Promise<void>) => Promise<unknown>;

const deeds: Readonly<Record<string, Deed>> = {
  'REGISTER with challenge': ({ phone }, over) => {
    phone.register();
    return over;
  },
  'outgoing calls': async ({ phone }, over) => {
    await phone.hangUp(await phone.dial());
    return over;
  },
  'incoming calls': ({ phone, server }, over) => {
    const end = phone.takeUntilEnd();
    server.call(phone.target, true);
    return Promise.all([end, over]);
  },
  'MESSAGE out': ({ phone }) => phone.sendMessage(),
  'MESSAGE in': ({ phone, server }, over) => {
    server.message(phone.target);
    return over;
  },
};

const once =
  (line: Line, deed: Deed): (() => Promise<void>) =>
  async () => {
    const over = new Promise<void>((resolve) => (line.server.onDone = resolve));
    await deed(line, over);
  };

export async function works(contender: Contender): Promise<Works> {
  const line = await openLine(contender);
  return Object.fromEntries(Object.entries(deeds).map(([name, deed]) => [name, once(line, deed)]));
}

export async function rows(): Promise<Row[]> {
  const micros = await compare('./groups/calls.ts', Object.keys(deeds), 250);
  return [...micros].map(([name, measured]) => ({
    name,
    unit: 'per CPU s',
    better: 'more',
    ...both(measured, perSecond),
    budget: { times: 10 },
  }));
}
