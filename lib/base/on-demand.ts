/** A part of the library that is loaded when it is needed, or ahead of that; where it could not be, it is tried anew the next time. */
import { EvercallError } from './errors.js';

export class OnDemand<Part> {
  readonly #fetch: () => Promise<Part>;
  #part: Part | undefined;
  #loading: Promise<Part> | undefined;

  constructor(fetch: () => Promise<Part>) {
    this.#fetch = fetch;
  }

  /** What is there by now. */
  get part(): Part | undefined {
    return this.#part;
  }

  /** Resolves as soon as it is there; rejects with `notLoaded`. */
  load(): Promise<Part> {
    this.#loading ??= this.#fetch().then(
      (part) => (this.#part = part),
      (cause: unknown) => {
        this.#loading = undefined;
        throw new EvercallError('notLoaded', 'a part of the library could not be loaded', { cause });
      },
    );
    return this.#loading;
  }
}
