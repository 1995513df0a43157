// What a real page tells of its network and of its own life, one event after another: IPC-40.
import { assert } from 'chai';
import { browserNetwork } from '../../lib/network/network-monitor.js';
import type { NetworkEvidence } from '../../lib/network/network-monitor.js';

const { connection } = navigator as { readonly connection?: EventTarget };

/** Whether the page is shown, for the time of a test. */
function show(isShown: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => !isShown });
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('the browser as a witness of the network', () => {
  let seen: NetworkEvidence[];
  let stop: () => void;

  beforeEach(() => {
    seen = [];
    stop = browserNetwork.watch((evidence) => seen.push(evidence));
  });

  afterEach(() => {
    stop();
    delete (document as { hidden?: unknown }).hidden;
  });

  for (const [what, run, expected] of [
    ['online', () => window.dispatchEvent(new Event('online')), 'online'],
    ['offline', () => window.dispatchEvent(new Event('offline')), 'offline'],
    ['resume of a frozen page', () => document.dispatchEvent(new Event('resume')), 'awake'],
    ['pageshow from the back/forward cache', () => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })), 'awake'], // prettier-ignore
    ['a page that is shown again', () => show(true), 'awake'],
  ] as const)
    it(`IPC-40: ${what} is told as ${expected}, once; after the undo nothing is`, () => {
      run();
      assert.deepEqual(seen, [expected]);
      stop();
      run();
      assert.deepEqual(seen, [expected]);
    });

  it('IPC-40: another kind of connection, where the browser tells it', () => {
    connection?.dispatchEvent(new Event('change'));
    assert.deepEqual(seen, connection ? ['changed'] : []);
  });

  it('a page that is hidden, or loaded for the first time, says nothing', () => {
    show(false);
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
    assert.isEmpty(seen);
  });
});
