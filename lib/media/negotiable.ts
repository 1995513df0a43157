/** What a description must have for us to talk over it, and what is said when it has not. */
import { EvercallError, isEvercallError } from '../base/errors.js';
import { firstAudio, firstCodec, isUsable, readSections } from './sdp.js';
import type { Section } from './sdp.js';

/** The section of our audio, by its `mid` where there is one, or another that can take its place. */
export function usableAudio(
  sections: readonly Section[],
  mid: string | null | undefined,
  what: 'offer' | 'answer',
): Section {
  const same = mid && sections.find((section) => section.mid === mid && section.kind === 'audio');
  const audio = same && isUsable(same) ? same : firstAudio(sections);
  if (!audio) throw new EvercallError('negotiation', `the ${what} has no audio over DTLS-SRTP`);
  return audio;
}

/** Of those that we allow, one must be left in our answer that can carry a voice. */
export function mustHaveCodec(answer: string, mid: string | null): void {
  const section = readSections(answer).find((own) => own.mid === mid);
  const codec = section && !section.refused ? firstCodec(answer, section.index) : undefined;
  if (section && (!codec || /^(?:telephone-event|CN|red)\//i.test(codec)))
    throw new EvercallError('negotiation', 'the offer has none of our audio codecs');
}

/** Whether a description comes from another connection than the one before: no fingerprint is the same. */
export function isOfAnotherConnection(sdp: string, before: string): boolean {
  const present = fingerprints(before);
  const offered = fingerprints(sdp);
  return present.length > 0 && offered.length > 0 && !offered.some((one) => present.includes(one));
}

const fingerprints = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=fingerprint:(.*)/gim)].map(([, value]) => value!.trim().toLowerCase());

/** What the browser throws, in our words. */
export function mediaError(error: unknown): EvercallError {
  if (isEvercallError(error)) return error;
  const { name, message } = error as Partial<Error>;
  const code = name === 'InvalidStateError' ? 'invalidState' : 'negotiation';
  return new EvercallError(code, `the browser refuses: ${message ?? String(error)}`, { cause: error });
}
