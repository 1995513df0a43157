/** The parts of the library that are loaded with the first account, ahead of the first call. */
import { OnDemand } from '../base/on-demand.js';

export type AllParts = typeof import('./parts.js');

/** One for all user agents of the page. */
export const allParts = new OnDemand<AllParts>(() => import('./parts.js'));
