/** What another dialog in the place of a call's needs: it is fetched with the first answered call, for later there may be no network. */

type Replacement = typeof import('./replacement.js');

let loaded: Promise<Replacement> | undefined;

/** Resolves as soon as it is there; where it could not be fetched, it is tried anew the next time. */
export function loadReplacement(): Promise<Replacement> {
  loaded ??= import('./replacement.js').catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}
