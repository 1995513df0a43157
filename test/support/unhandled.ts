// What a page would find in its console: promises that were rejected, and nobody minded.
import { settle } from './fake-clock.js';

/** Runs `run`; resolves with the reasons of all rejections that nobody handled. */
export async function unhandledIn(run: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', (reason) => unhandled.push(reason));
  try {
    await run();
    await settle();
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
  return unhandled;
}
