/** Calls that are answered by themselves: an intercom, a desk whose calls are put through (RFC 5373 and what phones have in its place). */
import { checkOneOf } from '../base/options.js';
import type { Call } from './call.js';

/**
 * Whether calls answer themselves: where a header of the INVITE asks for it, always, or where a function says so: true,
 * after how many seconds, or false.
 */
export type AutoAnswer = 'never' | 'header' | 'always' | ((call: Call) => boolean | number);

export interface AutoAnswerFact {
  /** Seconds after the call came. */
  readonly after: number;
  /** What asked for it: a header by its name, or our own side. */
  readonly by: 'option' | 'Call-Info' | 'Alert-Info' | 'Answer-Mode' | 'Priv-Answer-Mode';
}

export function checkAutoAnswer(value: AutoAnswer): AutoAnswer {
  if (typeof value !== 'function') checkOneOf('autoAnswer', value, ['never', 'header', 'always']);
  return value;
}
