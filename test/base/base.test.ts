import { assert } from 'chai';
import { readFileSync } from 'node:fs';
import { sleep } from '../../lib/base/clock.js';
import { Emitter } from '../../lib/base/emitter.js';
import { EvercallError, abortError, invalidOption } from '../../lib/base/errors.js';
import { checkLine, flag, ifGiven, oneOf, positive, readOptions } from '../../lib/base/options.js';
import { errorCatalogue } from '../../lib/base/error-catalogue.js';
import { redact } from '../../lib/base/log.js';
import { Queue } from '../../lib/base/queue.js';
import { newBranch, newCallId, newTag, systemRandom } from '../../lib/base/random.js';
import { Store } from '../../lib/base/store.js';
import { FakeClock, settle } from '../support/fake-clock.js';

describe('clock', () => {
  it('sleep ends after its time, or at once with its signal, and leaves no timer', async () => {
    const clock = new FakeClock();
    let awake = false;
    void sleep(clock, 1000).then(() => (awake = true));
    await clock.advance(999);
    assert.isFalse(awake);
    await clock.advance(1);
    assert.isTrue(awake);

    const abort = new AbortController();
    const sleeping = sleep(clock, 1000, abort.signal).catch((error: unknown) => error);
    abort.abort();
    assert.propertyVal(await sleeping, 'code', 'aborted');
    assert.equal(clock.pending, 0);
  });
});

describe('emitter', () => {
  it('on() returns its undo; a listener that throws is reported, and the others still hear', () => {
    const emitter = new Emitter<{ ring: number }>();
    const heard: number[] = [];
    const reported: unknown[] = [];
    const before = globalThis.reportError as unknown;
    globalThis.reportError = (error): void => void reported.push(error);
    try {
      emitter.on('ring', () => {
        throw new Error('of the app');
      });
      const off = emitter.on('ring', (n) => heard.push(n));
      emitter.emit('ring', 1);
      off();
      emitter.emit('ring', 2);
    } finally {
      Object.assign(globalThis, { reportError: before });
    }
    assert.deepEqual(heard, [1]);
    assert.lengthOf(reported, 2);
  });

  it('once() resolves with the next payload, or rejects when its signal aborts', async () => {
    const emitter = new Emitter<{ ring: number }>();
    const next = emitter.once('ring');
    emitter.emit('ring', 7);
    emitter.emit('ring', 8);
    assert.equal(await next, 7);
    const abort = new AbortController();
    const never = emitter.once('ring', { signal: abort.signal }).catch((error: unknown) => error);
    abort.abort();
    assert.instanceOf(await never, Error);
    assert.isFalse(emitter.has('ring'));
  });
});

describe('log', () => {
  for (const line of [
    'Authorization: Digest username="alice", response="deadbeef"',
    'Proxy-Authorization: Digest response="deadbeef"',
    'authorization : Bearer deadbeef',
    'Authorization: Digest username="alice",\r\n response="deadbeef"',
    'Authentication-Info: rspauth="deadbeef"',
  ]) {
    it(`ACC-43: ${JSON.stringify(line)} is struck out, what stands around it stays`, () => {
      const text = redact(`REGISTER sip:x SIP/2.0\r\n${line}\r\nCSeq: 1 REGISTER\r\n\r\n`);
      assert.notInclude(text, 'deadbeef');
      assert.include(text, '\r\nCSeq: 1 REGISTER\r\n');
    });
  }
});

describe('queue', () => {
  it('runs one job after another, and a failed one does not stop the next', async () => {
    const queue = new Queue();
    const order: string[] = [];
    let release = (): void => undefined;
    const first = queue.run(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      order.push('first');
      throw new Error('failed');
    });
    const second = queue.run(() => Promise.resolve(order.push('second')));
    await settle();
    assert.deepEqual(order, []);
    release();
    assert.instanceOf(await first.catch((error: unknown) => error), Error);
    await second;
    assert.deepEqual(order, ['first', 'second']);
  });
});

describe('random', () => {
  it('§19.3, §8.1.1.7: tags, branches and Call-IDs do not repeat, and a branch has the magic cookie', () => {
    const made = new Set<string>();
    for (let i = 0; i < 10_000; i++)
      made.add(newTag(systemRandom)).add(newBranch(systemRandom)).add(newCallId(systemRandom));
    assert.equal(made.size, 30_000);
    assert.match(newBranch(systemRandom), /^z9hG4bK[0-9a-v]{15}$/);
  });

  it('a UUID is one of version 4; a number lies in [0, 1)', () => {
    assert.match(systemRandom.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (let i = 0; i < 1000; i++) {
      const number = systemRandom.number();
      assert.isTrue(number >= 0 && number < 1);
    }
  });
});

describe('store', () => {
  it('the snapshot is the same object until something changes', () => {
    let value = 1;
    const store = new Store(() => ({ value }));
    let calls = 0;
    const off = store.subscribe(() => calls++);
    const first = store.getSnapshot();
    assert.equal(store.getSnapshot(), first);
    value = 2;
    store.changed();
    assert.deepEqual(store.getSnapshot(), { value: 2 });
    off();
    store.changed();
    assert.equal(calls, 1);
  });
});

describe('options', () => {
  const readers = { kind: oneOf('red', 'blue'), isOn: flag(true), wait: positive(5), name: ifGiven(checkLine) };

  it('are read by a table: what is not said, or undefined, is as the table says', () => {
    assert.deepEqual(readOptions({}, readers), { kind: 'red', isOn: true, wait: 5, name: undefined });
    const given = { kind: 'blue' as const, isOn: false, wait: undefined, name: 'x' };
    assert.deepEqual(readOptions(given, readers), { ...given, wait: 5 });
  });

  it('that are wrong are named after the option they are part of; those of no name are refused', () => {
    for (const [options, message] of [
      [{ kind: 'green' }, 'light.kind: takes red, blue, got "green"'],
      [{ isOn: null }, 'light.isOn: takes true or false, got null'],
      [{ wait: 0 }, 'light.wait: takes milliseconds above 0, got 0'],
      [{ name: 'a\r\nb' }, 'light.name: takes a text without CR, LF and NUL, got "a\\r\\nb"'],
      [{ constructor: 1 }, 'constructor: is no option'],
      [7, 'light: takes an object, got 7'],
    ] as const)
      assert.throws(() => readOptions(options as object, readers, 'light'), message);
    assert.throws(() => readOptions({ wait: -1 }, readers), 'wait: takes');
    assert.doesNotThrow(() => readOptions({ size: 3 }, readers, 'light', ['size']));
  });
});

describe('errors', () => {
  it('a wrong option is named, with what it takes and what it got', () => {
    assert.equal(invalidOption('expires', 'takes seconds', -1).message, 'expires: takes seconds, got -1');
  });

  it('an abort reason of ours is kept, any other becomes `aborted`', () => {
    const ours = new EvercallError('cancelled', 'enough');
    assert.equal(abortError(AbortSignal.abort(ours)), ours);
    assert.equal(abortError(AbortSignal.abort()).code, 'aborted');
  });

  it('every code of the catalogue is in docs/errors.md with its cause and remedy, and no other', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(([, code, cause, remedy]) => [
      code,
      [cause, remedy],
    ]);
    assert.deepEqual(Object.fromEntries(rows), errorCatalogue);
  });
});
