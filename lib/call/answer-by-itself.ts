/** Whether a call that has come answers itself, and when. */
import { reportBug } from '../base/emitter.js';
import { invalidOption } from '../base/errors.js';
import { sleep } from '../base/clock.js';
import { quiet } from '../base/quiet.js';
import type { SipRequest } from '../parser/index.js';
import type { AutoAnswer, AutoAnswerFact } from './auto-answer.js';
import type { Call } from './call.js';
import type { Leg } from './leg.js';

const longest = 600;

/** What becomes of a call that has just come, if the microphone may be used. */
export function autoAnswerOf(call: Call, request: SipRequest, wish: AutoAnswer): AutoAnswerFact | undefined {
  const asked = askedFor(request);
  if (wish === 'never') return undefined;
  if (wish === 'header') return asked;
  if (wish === 'always') return asked ?? { after: 0, by: 'option' };
  try {
    const answer = wish(call);
    if (answer === false) return undefined;
    if (answer === true) return asked ?? { after: 0, by: 'option' };
    if (!(answer >= 0 && answer <= longest)) throw invalidOption('autoAnswer', 'takes seconds from 0 to 600', answer);
    return { after: answer, by: 'option' };
  } catch (error) {
    reportBug(error); // it rings
    return undefined;
  }
}

/**
 * - `Call-Info: <sip:x>;answer-after=2`: snom, Yealink, Grandstream, Cisco SPA; Asterisk and FreeSWITCH send it
 * - `Alert-Info: <http://x>;info=alert-autoanswer;delay=2`: Aastra and Mitel, Yealink, Polycom by configuration
 * - `Alert-Info: info=RingAnswer` or `Ring Answer`, `Auto Answer`: Polycom; `;answer-after=2`: Panasonic, Gigaset
 * - `Answer-Mode: Auto`, `Priv-Answer-Mode: Auto`: RFC 5373
 */
const askers: readonly [AutoAnswerFact['by'], pattern: RegExp, delay?: RegExp][] = [
  ['Call-Info', /;\s*answer-after\s*=\s*"?\d/i, /;\s*answer-after\s*=\s*"?(\d+)/i],
  ['Alert-Info', /answer-after\s*=\s*"?\d/i, /answer-after\s*=\s*"?(\d+)/i],
  ['Alert-Info', /\binfo\s*=\s*"?(?:alert-autoanswer|ringanswer)\b|^\s*"?(?:ring|auto)[ -]?answer\b/i, /;\s*delay\s*=\s*"?(\d+)/i],
  ['Answer-Mode', /^\s*auto\b/i],
  ['Priv-Answer-Mode', /^\s*auto\b/i],
]; // prettier-ignore

function askedFor({ headers }: SipRequest): AutoAnswerFact | undefined {
  for (const { name, value } of headers) {
    for (const [by, pattern, delay] of askers)
      if (name === by && pattern.test(value))
        return { after: Math.min(Number(delay?.exec(value)?.[1] ?? 0), longest), by };
  }
  return undefined;
}

/** Answers when its time has come. Without leave to use the microphone it rings on: a prompt would hear nobody out. */
export function answerByItself(leg: Leg, fact: AutoAnswerFact): void {
  void quiet(answerAfter(leg, fact));
}

async function answerAfter(leg: Leg, { after }: AutoAnswerFact): Promise<void> {
  const { clock, log, mediaEnvironment, media } = leg.context;
  const permission = media.audio === false ? 'granted' : await mediaEnvironment().queryMicrophonePermission?.();
  if (permission !== 'granted') {
    log.info(`call ${leg.callId}: not answered by itself, the microphone is not allowed`);
    leg.autoAnswer = undefined;
    return;
  }
  if (after > 0) {
    const over = new AbortController();
    const off = leg.events.on('stateChanged', () => {
      if (!leg.isRinging) over.abort();
    });
    await sleep(clock, after * 1000, over.signal).catch(() => undefined);
    off();
  }
  if (leg.isRinging) await leg.call.answer();
}
