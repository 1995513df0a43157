/** Copies of strings: one that was cut out of a message keeps all of that in memory, as long as it is kept itself. */

/** The same text, in memory of its own. */
export const detached = <T extends string | readonly string[] | object>(kept: T): T =>
  JSON.parse(JSON.stringify(kept)) as T;
