import { assert } from 'chai';
import { EvercallError } from '../../lib/base/errors.js';
import { Lifetime } from '../../lib/base/lifetime.js';

const reason = new EvercallError('aborted', 'it is over');

describe('Lifetime', () => {
  it('a job that is under way hears of the end, and its reason', async () => {
    const life = new Lifetime();
    let heard: unknown;
    const job = life.during(
      (signal) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            heard = signal.reason;
            resolve();
          });
        }),
    );
    assert.isFalse(life.isOver);
    life.end(reason);
    await job;
    assert.equal(heard, reason);
    assert.isTrue(life.isOver);
  });

  it('a job that begins after the end finds its signal aborted', async () => {
    const life = new Lifetime();
    life.end(reason);
    assert.equal(await life.during((signal) => Promise.resolve(signal.reason as unknown)), reason);
  });

  it('jobs at the same time have one signal; when none is left it is let go', async () => {
    const life = new Lifetime();
    const signals: AbortSignal[] = [];
    const job = (signal: AbortSignal): Promise<void> => {
      signals.push(signal);
      return Promise.resolve();
    };
    await Promise.all([life.during(job), life.during(job)]);
    await life.during(job);
    assert.equal(signals[0], signals[1]);
    assert.notEqual(signals[0], signals[2]);
  });

  it('who holds the signal for longer than a job hears of the end all the same', async () => {
    const life = new Lifetime();
    const { signal } = life;
    await life.during(() => Promise.resolve());
    await life.during((other) => {
      assert.equal(other, signal);
      return Promise.resolve();
    });
    life.end(reason);
    assert.isTrue(signal.aborted);
  });

  it('a job that fails does so with its own error', async () => {
    const failed = new Error('of its own');
    const error: unknown = await new Lifetime().during(() => Promise.reject(failed)).catch((caught: unknown) => caught);
    assert.equal(error, failed);
  });
});
