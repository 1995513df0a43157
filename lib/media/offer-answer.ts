/** Offers and answers of a media session: made, set, and applied (RFC 3264, RFC 8829). */
import { EvercallError } from '../base/errors.js';
import type { Signal } from '../base/lifetime.js';
import { sends } from './direction.js';
import type { MediaSession } from './media-session.js';
import { mustHaveCodec, usableAudio } from './negotiable.js';
import { fitted, isHold, readSections, takesCandidates } from './sdp.js';
import type { Section } from './sdp.js';
import { applyHook } from './sdp-hooks.js';
import type { VideoWish } from './video-source.js';

export interface OfferOptions {
  readonly iceRestart?: boolean;
  readonly signal?: AbortSignal;
  /** Whether the peer will be told of candidates that come later, one by one (RFC 8838). @default false */
  readonly trickles?: boolean;
}

export interface AnswerOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asked at the last moment: nothing changes where it says no. */
  readonly isWanted?: (() => boolean) | undefined;
  /** As in an offer. @default false */
  readonly trickles?: boolean;
  /** What to do with video that the peer adds. @default the config's wish in the first answer, nothing later */
  readonly video?: VideoWish | undefined;
}

type Prefer = (transceivers: readonly RTCRtpTransceiver[]) => void;

/** Resolves with the SDP as soon as that is worth sending. */
export async function makeOffer(
  session: MediaSession,
  { iceRestart = false, trickles = false }: OfferOptions,
  signal: Signal,
): Promise<string> {
  const { config, connection, local } = session;
  const source = inBackground(local.open(signal));
  const { sends } = local;
  if (config.video && !session.video) (await session.videos()).add(config.video);
  const camera = session.video && inBackground(session.video.open(signal));
  const pc = await connection.open(iceRestart, signal);
  const prefer = config.codecs && (await codecPreference(session));
  const audio = prepareOffer(session, pc, prefer);
  const offer = await pc.createOffer({ iceRestart });
  const isTold = trickles && session.peerTrickles !== false;
  if (await local.asksUser()) await source;
  await Promise.all([connection.setLocal(pc, offer, signal, isTold), source, camera]);
  if (local.sends !== sends) {
    await connection.rollback(); // no microphone: begun anew, for Firefox drops the candidates of an offer replaced
    prepareOffer(session, pc, prefer);
    await connection.setLocal(pc, await pc.createOffer(), signal, isTold);
  }
  await attach(session, audio);
  return outgoing(session);
}

/** Takes the first usable audio, and the video that is wanted; all else is refused. */
export async function makeAnswer(
  session: MediaSession,
  received: string,
  { isWanted, video, trickles = false }: AnswerOptions,
  signal: Signal,
): Promise<string> {
  const { config, connection, local } = session;
  const offer = applyHook('incoming', config.sdp, received, 'offer');
  const sections = readSections(offer);
  const remote = peersAudio(session, sections, 'offer');
  const source = inBackground(local.open(signal));
  const pc = await connection.open(false, signal);
  connection.announce(pc);
  await connection.rollback(); // glare: the peer's offer takes the place of ours (RFC 8829 §4.1.10.2)
  const former = pc.getTransceivers();
  await pc.setRemoteDescription({ type: 'offer', sdp: offer });
  session.peerTrickles = takesCandidates(offer);
  const audio = connection.takeOffer(pc, former, sections, remote);
  const wish = video ?? (session.isNegotiated ? false : (config.video ?? false));
  const taken = wish || session.video ? (await session.videos()).takeOffer(pc, sections, wish) : none;
  if (session.video) await session.video.open(signal);
  if (local.mayStayMissing || (await local.asksUser())) await source; // an answer cannot be taken back
  audio.direction = session.direction;
  if (config.codecs) (await codecPreference(session))([audio, ...taken]);
  const answer = await pc.createAnswer();
  check(session, answer.sdp ?? '', audio);
  if (isWanted?.() === false) throw new EvercallError('aborted', 'the offer was taken back'); // the last moment for it
  const isTold = trickles && session.peerTrickles;
  await Promise.all([connection.setLocal(pc, answer, signal, isTold), source]);
  await attach(session, audio);
  session.onAgreed(audio, isHold(remote));
  return outgoing(session);
}

/** One that is refused changes nothing: another may follow (a fork's). */
export async function takeAnswer(session: MediaSession, received: string): Promise<void> {
  const { pc, audio } = session.connection;
  if (pc?.signalingState !== 'have-local-offer' || !audio)
    throw new EvercallError('invalidState', 'an answer without an offer');
  const answer = applyHook('incoming', session.config.sdp, received, 'answer');
  const remote = peersAudio(session, readSections(answer), 'answer');
  const isNarrowed = pc.getTransceivers().some(({ direction }) => direction !== 'sendrecv');
  const sdp = isNarrowed ? fitted(answer, pc.localDescription?.sdp ?? '') : answer;
  const offered = audio.direction; // as it was when the offer was made: only the next one changes it
  await pc.setRemoteDescription({ type: 'answer', sdp });
  session.peerTrickles = takesCandidates(answer);
  // A peer that we do not offer to send to cannot say in its answer that it would not listen.
  session.onAgreed(audio, sends(offered) ? isHold(remote) : session.remoteHold);
}

/** Awaited later, when the connection is prepared. */
function inBackground(opening: Promise<void>): Promise<void> {
  opening.catch(() => undefined);
  return opening;
}

/** What is set before the app sees the connection, so that it may add to it. */
function prepareOffer(
  { connection, direction, video }: MediaSession,
  pc: RTCPeerConnection,
  prefer: Prefer | undefined,
): RTCRtpTransceiver {
  const audio = connection.offerAudio(pc, direction);
  const videos = video?.prepareOffer(pc) ?? none;
  prefer?.([audio, ...videos]);
  connection.announce(pc);
  return audio;
}

async function codecPreference({ config, env, log }: MediaSession): Promise<Prefer> {
  const { preferCodecs } = await import('./codecs.js');
  return (transceivers) => {
    for (const transceiver of transceivers) preferCodecs(transceiver, config.codecs!, env, log);
  };
}

function peersAudio(session: MediaSession, sections: readonly Section[], what: 'offer' | 'answer'): Section {
  const mid = session.isNegotiated ? session.connection.audio?.mid : undefined;
  return usableAudio(sections, mid, what);
}

/** What can go wrong with an answer does so before it is in force: then it could not be taken back. */
function check({ config, isNegotiated }: MediaSession, answer: string, { mid }: RTCRtpTransceiver): void {
  if (config.codecs?.audio) mustHaveCodec(answer, mid);
  if (isNegotiated) applyHook('outgoing', config.sdp, answer, 'answer');
}

/** What the peer is told, and no late candidate is left out. */
function outgoing(session: MediaSession): string {
  session.candidatesTold();
  return session.description;
}

async function attach({ config, local, log, video }: MediaSession, { sender }: RTCRtpTransceiver): Promise<void> {
  const track = local.track ?? null;
  if (sender.track !== track) await sender.replaceTrack(track);
  if (video) await video.attach();
  const { networkPriority } = config;
  if (!networkPriority) return;
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.networkPriority = networkPriority;
  await sender.setParameters(parameters).catch((error: unknown) => {
    log.warn('networkPriority: the browser refuses', error);
  });
}

const none: readonly RTCRtpTransceiver[] = [];
