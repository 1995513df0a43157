import { assert } from 'chai';
import { EvercallError } from '../../lib/base/errors.js';
import { Lifetime, duringBoth } from '../../lib/base/lifetime.js';
import type { Signal } from '../../lib/base/lifetime.js';

const reason = new EvercallError('aborted', 'it is over');

/** Until the signal aborts: why it did. */
const whyItEnds = (signal: Signal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });

describe('Lifetime', () => {
  it('who listens hears of the end, once, and of its reason', () => {
    const life = new Lifetime();
    const heard: unknown[] = [];
    life.addEventListener('abort', () => heard.push('first', life.reason));
    life.addEventListener('abort', () => heard.push('second', life.aborted));
    assert.isFalse(life.aborted);
    life.end(reason);
    life.end(new EvercallError('aborted', 'a second time'));
    assert.deepEqual(heard, ['first', reason, 'second', true]);
    assert.equal(life.reason, reason);
  });

  it('without a reason it is over all the same', () => {
    const life = new Lifetime();
    life.end();
    assert.isTrue(life.aborted);
    assert.equal(life.reason?.code, 'aborted');
  });

  it('who listens no longer hears nothing, though others do', () => {
    const life = new Lifetime();
    const heard: string[] = [];
    const first = (): number => heard.push('first');
    life.addEventListener('abort', first);
    life.addEventListener('abort', () => heard.push('second'));
    life.removeEventListener('abort', first);
    life.end(reason);
    assert.deepEqual(heard, ['second']);
  });

  it('who stops listening at the end, as another one hears of it, disturbs nobody', () => {
    const life = new Lifetime();
    const heard: string[] = [];
    const listener = (): void => {
      heard.push('first');
      life.removeEventListener('abort', listener);
    };
    life.addEventListener('abort', listener);
    life.addEventListener('abort', () => heard.push('second'));
    life.end(reason);
    assert.deepEqual(heard, ['first', 'second']);
  });
});

describe('duringBoth', () => {
  it('the job hears of the first end, of whichever, and with its reason', async () => {
    const [one, other] = [new Lifetime(), new Lifetime()];
    const job = duringBoth(one, other, whyItEnds);
    other.end(reason);
    assert.equal(await job, reason);
    one.end();
  });

  it('an AbortSignal of the app counts as well: its reason is the cause', async () => {
    const app = new AbortController();
    const job = duringBoth(app.signal, new Lifetime(), whyItEnds);
    app.abort('enough');
    const error = (await job) as EvercallError;
    assert.equal(error.code, 'aborted');
    assert.equal(error.cause, 'enough');
  });

  it('a job that begins after the end finds its signal aborted', async () => {
    const life = new Lifetime();
    life.end(reason);
    const found = await duringBoth(new Lifetime(), life, (signal) => Promise.resolve([signal.aborted, signal.reason]));
    assert.deepEqual(found, [true, reason]);
  });

  it('what it listened to keeps nothing of it, whether the job succeeds or fails', async () => {
    const listeners = new Set<() => void>();
    const signal: Signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    };
    const failed = new Error('of its own');
    assert.equal(await duringBoth(signal, new Lifetime(), () => Promise.resolve(listeners.size)), 1);
    const error: unknown = await duringBoth(signal, new Lifetime(), () => Promise.reject(failed)).catch(
      (caught: unknown) => caught,
    );
    assert.equal(error, failed);
    assert.equal(listeners.size, 0);
  });
});
