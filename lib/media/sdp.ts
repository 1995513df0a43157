/** The few lines of SDP that decisions hang on, and the one that must sometimes be cut (RFC 8866, RFC 3264, RFC 8839). */
import { EvercallError } from '../base/errors.js';
import { narrowed, reversed } from './direction.js';
import type { Direction } from './direction.js';

/** What one section, an m-line and all below it, says. */
export interface Section {
  /** Position in the description, which a stream keeps for ever (RFC 3264 §8). */
  readonly index: number;
  /** `audio`, `video`, `application` … */
  readonly kind: string;
  readonly mid: string | undefined;
  readonly direction: Direction;
  /** Hold as it was before RFC 3264 (§8.4); with port 9 the address only means that candidates follow (RFC 8840 §4.1.1). */
  readonly zeroAddress: boolean;
  /** Port 0, unless the section lives in another one's bundle (RFC 8843 §6). */
  readonly refused: boolean;
  /** RTP over DTLS-SRTP: nothing else is taken (RFC 8827 §6.5). */
  readonly secure: boolean;
}

/** More than any call needs, and few enough for a browser to take in a moment. */
const limits = { length: 262_144, sections: 64 } as const;

interface Draft {
  index: number;
  kind: string;
  port: number;
  secure: boolean;
  mid: string | undefined;
  direction: Direction | undefined;
  zero: boolean | undefined;
  bundleOnly: boolean;
  fingerprint: boolean;
}

/** The sections in their order, none where this is no SDP; throws `negotiation` for more than any call needs. */
export function readSections(sdp: string): Section[] {
  if (sdp.length > limits.length) throw tooMuch(`a description of ${sdp.length} characters`);
  if (!/^v=0\s/.test(sdp)) return [];
  const session = draft(-1, '', 0, false);
  const drafts: Draft[] = [];
  let current = session;
  for (let start = 0; start < sdp.length;) {
    const next = sdp.indexOf('\n', start);
    const end = next < 0 ? sdp.length : next;
    if (sdp.startsWith('m=', start)) {
      if (drafts.length === limits.sections) throw tooMuch(`more than ${limits.sections} sections`);
      drafts.push((current = mediaLine(drafts.length, sdp.slice(start, end))));
    } else if (sdp.startsWith('c=', start)) {
      current.zero ??= /^c=IN (?:IP4 0\.0\.0\.0|IP6 ::)\s*$/.test(sdp.slice(start, end));
    } else if (sdp.startsWith('a=', start)) attribute(current, sdp, start + 2, end);
    start = end + 1;
  }
  return drafts.map((section) => finish(section, session));
}

/** The section that carries a call: the first audio that is not refused and comes over DTLS-SRTP. */
export const firstAudio = (sections: readonly Section[]): Section | undefined =>
  sections.find((section) => section.kind === 'audio' && isUsable(section));

/** Whether an offer can carry a call. */
export function offersAudio(sdp: string): boolean {
  try {
    return firstAudio(readSections(sdp)) !== undefined;
  } catch (error) {
    if (error instanceof EvercallError) return false; // too much of it
    throw error;
  }
}

export const isUsable = ({ refused, secure }: Section): boolean => secure && !refused;

/** Whether it is said here that the other side is not listened to. */
export const isHold = ({ direction, zeroAddress }: Section): boolean =>
  direction === 'sendonly' || direction === 'inactive' || zeroAddress;

/** The codec that a section of an answer puts first, as in its rtpmap: `opus/48000/2`. Static types may go without (RFC 3551 §6). */
export function firstCodec(sdp: string, index: number): string | undefined {
  const section = sdp.split('\nm=', limits.sections + 1)[index + 1];
  const type = section && /^\S+ \S+ \S+ (\d+)/.exec(section)?.[1];
  if (!type) return undefined;
  const start = section.indexOf(`\na=rtpmap:${type} `);
  if (start < 0) return ({ 0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000' } as Record<string, string>)[type];
  const [, codec] = /^(\S+)/.exec(section.slice(start + `\na=rtpmap:${type} `.length)) ?? [];
  return codec;
}

/** The first ufrag of a description: with BUNDLE the only one, and without it they change together (RFC 8839 §4.4.1.1.1). */
export function iceUfrag(sdp: string): string | undefined {
  const start = sdp.indexOf(ufragLine);
  return start < 0 ? undefined : sdp.slice(start + ufragLine.length, sdp.indexOf('\n', start + 1)).trimEnd();
}

/** Whether it comes from someone who takes candidates one by one (RFC 8838 §4). */
export const takesCandidates = (sdp: string): boolean => /^a=ice-options:.*\btrickle\b/m.test(sdp);

const ufragLine = '\na=ice-ufrag:';

const tooMuch = (what: string): EvercallError => new EvercallError('negotiation', `${what}: no call needs that`);

const draft = (index: number, kind: string, port: number, secure: boolean): Draft => ({
  index,
  kind,
  port,
  secure,
  mid: undefined,
  direction: undefined,
  zero: undefined,
  bundleOnly: false,
  fingerprint: false,
});

function mediaLine(index: number, line: string): Draft {
  const [, kind = '', port = '0', protocol = ''] = /^m=(\S+) (\d+)(?:\/\d+)? (\S+) /.exec(line) ?? [];
  return draft(index, kind, Number(port), /^(?:(?:UDP|TCP)\/TLS\/)?RTP\/SAVPF?$/.test(protocol));
}

/** The first one of a name counts. */
function attribute(into: Draft, sdp: string, start: number, end: number): void {
  if (sdp.startsWith('mid:', start)) into.mid ??= sdp.slice(start + 4, end).trimEnd();
  else if (sdp.startsWith('fingerprint:', start)) into.fingerprint = true;
  else if (sdp.startsWith('bundle-only', start)) into.bundleOnly = true;
  else if (end - start < 12) into.direction ??= directions.get(sdp.slice(start, end).trimEnd());
}

const directions: ReadonlyMap<string, Direction> = new Map(
  (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map((direction) => [direction, direction]),
);

function finish(section: Draft, session: Draft): Section {
  const { index, kind, port, secure, mid, direction, zero, bundleOnly, fingerprint } = section;
  return {
    index,
    kind,
    mid,
    direction: direction ?? session.direction ?? 'sendrecv', // RFC 8866 §6.7
    zeroAddress: port !== 9 && (zero ?? session.zero ?? false),
    refused: port === 0 && !bundleOnly,
    secure: secure && (fingerprint || session.fingerprint),
  };
}

/**
 * An answer that allows more than the offer did, cut to that (RFC 3264 §6.1): phones there are that answer a hold with
 * sendrecv, and browsers refuse the whole answer for it.
 */
export function fitted(answer: string, offer: string): string {
  const offered = readSections(offer);
  const said = readSections(answer);
  const [session = '', ...sections] = answer.split(/^(?=m=)/m);
  const fit = sections.map((section, index) => {
    const present = said[index]?.direction ?? 'sendrecv';
    const direction = narrowed(present, reversed(offered[index]?.direction ?? 'sendrecv'));
    if (direction === present) return section;
    const line = `a=${direction}`;
    return attributeLine.test(section) ? section.replace(attributeLine, line) : `${section.trimEnd()}\r\n${line}\r\n`;
  });
  return [session, ...fit].join('');
}

const attributeLine = /^a=(?:sendrecv|sendonly|recvonly|inactive)(?=\r?$)/m;
