/** Runs async jobs one after another: what changes a call's media must not overlap. */

export class Queue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `job` when all earlier ones have settled; resolves or rejects as it does. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job, job);
    this.#tail = result.then(
      () => undefined,
      () => undefined, // the caller holds the rejection; the next job starts all the same
    );
    return result;
  }
}
