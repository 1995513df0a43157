/** A call begins: ours is placed; one of the peer's rings, or answers itself. */
import { answerByItself, autoAnswerOf } from './answer-by-itself.js';
import type { CallOrigin } from './call-context.js';
import type { Leg } from './leg.js';
import { place } from './placing.js';

/** The app hears of an incoming call afterwards. */
export function begin(leg: Leg, origin: CallOrigin): void {
  if (origin.direction === 'outgoing') {
    void place(leg, origin);
    return;
  }
  const { autoAnswer } = leg.context;
  if (autoAnswer === 'never') return;
  const fact = autoAnswerOf(leg.call, origin.request, autoAnswer);
  leg.autoAnswer = fact;
  if (fact) answerByItself(leg, fact);
}
