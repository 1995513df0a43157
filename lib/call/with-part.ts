/** Parts of the library that few calls need, loaded when they do: a call goes on without one that cannot be had. */
import type { Logger } from '../base/log.js';

export function withPart<T>(part: Promise<T>, log: Logger, act: (part: T) => unknown): void {
  part.then(act).catch((error: unknown) => {
    log.warn('a part of the library could not be loaded', error);
  });
}
