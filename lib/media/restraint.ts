/** What keeps media from flowing both ways for our part: a hold, and the directions that the app allows (RFC 3264 §8.4). */
import type { Direction } from './direction.js';
import { narrowed, sends } from './direction.js';

/** How hold is said: `sendonly` keeps the way open for music, `inactive` closes both. */
export type HoldStyle = 'sendonly' | 'inactive';

export interface Restraint {
  readonly hold?: HoldStyle | undefined;
  readonly audio?: Direction;
  readonly video?: Direction;
}

export const unrestrained: Restraint = {};

/** What the app allows. */
export const limitOf = (restraint: Restraint, kind: 'audio' | 'video'): Direction => restraint[kind] ?? 'sendrecv';

/** Which way a section may flow. @param own as far as we could */
export const restrained = (restraint: Restraint, kind: 'audio' | 'video', own: Direction = 'sendrecv'): Direction =>
  narrowed(narrowed(own, limitOf(restraint, kind)), restraint.hold ?? 'sendrecv');

/** Whether we send silence, or black. */
export const isSilenced = (restraint: Restraint, kind: 'audio' | 'video'): boolean =>
  restraint.hold !== undefined || !sends(limitOf(restraint, kind));
