/** What the page can tell of its network and of its own sleep: evidence, never a verdict (the judge is the user agent's). */
import type { Clock } from '../base/clock.js';

/**
 * `online`, `offline`: as the browser says; `changed`: the kind or quality of the connection is another one; `awake`: the
 * page was frozen, hidden or asleep; `moved`: the addresses of the machine are others, or in another order.
 */
export type NetworkEvidence = 'online' | 'offline' | 'changed' | 'awake' | 'moved';

/** Where evidence comes from. A host without `window` brings its own, or has none. */
export interface NetworkSource {
  /** Tells what it sees until its undo is called. */
  watch(tell: (evidence: NetworkEvidence) => void): () => void;
}

/** Milliseconds between two looks at the clocks, and how far they may drift apart before we must have slept. */
const look = 2000;
const drift = 5000;

/** The browser's events; the globals are looked up when watching begins. */
export const browserNetwork: NetworkSource = {
  watch(tell) {
    if (typeof window === 'undefined') return () => undefined;
    const { connection } = navigator as { readonly connection?: EventTarget };
    const undo = [
      listen(window, 'online', () => {
        tell('online');
      }),
      listen(window, 'offline', () => {
        tell('offline');
      }),
      listen(connection, 'change', () => {
        tell('changed');
      }),
      listen(document, 'visibilitychange', () => {
        if (!document.hidden) tell('awake');
      }),
      listen(document, 'resume', () => {
        tell('awake'); // Page Lifecycle: frozen pages hear nothing
      }),
      listen(window, 'pageshow', (event) => {
        if ((event as PageTransitionEvent).persisted) tell('awake'); // back from the back/forward cache
      }),
    ];
    return () => {
      for (const stop of undo) stop();
    };
  },
};

function listen(target: EventTarget | undefined, type: string, run: (event: Event) => void): () => void {
  target?.addEventListener(type, run);
  return () => target?.removeEventListener(type, run);
}

/** Tells `awake` when the wall clock has run ahead: the machine slept. Returns its undo. */
export function watchSleep(clock: Clock, tell: (evidence: 'awake') => void): () => void {
  let cancel: () => void;
  let wall = clock.wallTime();
  let now = clock.now();
  const next = (): void => {
    cancel = clock.after(look, () => {
      // a throttled page looks late by both clocks; after a sleep the wall clock alone has gone on, or the timer is very late
      const late = clock.wallTime() - wall - look;
      const apart = clock.wallTime() - wall - (clock.now() - now);
      wall = clock.wallTime();
      now = clock.now();
      next();
      if (apart > drift || late > 60_000 + drift) tell('awake');
    });
  };
  next();
  return () => {
    cancel();
  };
}
