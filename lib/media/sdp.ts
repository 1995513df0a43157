/** The few lines of SDP that decisions hang on; nothing is ever written (RFC 8866, RFC 3264, RFC 8839). */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What the first usable audio section of a session description says. */
export interface AudioSection {
  /** Position among the audio sections: the browser numbers their transceivers alike. */
  readonly index: number;
  readonly mid: string | undefined;
  readonly direction: Direction;
  /** Hold as it was before RFC 3264 (§8.4); with port 9 the address only means that candidates follow (RFC 8840 §4.1.1). */
  readonly zeroAddress: boolean;
}

/** The first audio section that is not refused and comes over DTLS-SRTP (RFC 8827 §6.5), or undefined. */
export function readAudio(sdp: string): AudioSection | undefined {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  if (!/^v=0\s/.test(session)) return undefined;
  const audios = sections.filter((section) => section.startsWith('m=audio '));
  const index = audios.findIndex((section) => isUsable(section, session));
  if (index < 0) return undefined;
  const section = audios[index]!;
  const direction = attribute(section, /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m, session) as
    Direction | undefined;
  const zero = /^c=IN (?:IP4 0\.0\.0\.0|IP6 ::)\s*$/m;
  return {
    index,
    mid: attribute(section, /^a=mid:(\S+)/m),
    direction: direction ?? 'sendrecv', // RFC 8866 §6.7
    zeroAddress: portOf(section) !== 9 && zero.test(/^c=/m.test(section) ? section : session),
  };
}

/** The first ufrag of a description: with BUNDLE the only one, and without it they change together (RFC 8839 §4.4.1.1.1). */
export function iceUfrag(sdp: string): string | undefined {
  const start = sdp.indexOf(ufragLine);
  return start < 0 ? undefined : sdp.slice(start + ufragLine.length, sdp.indexOf('\n', start + 1)).trimEnd();
}

const ufragLine = '\na=ice-ufrag:';

function isUsable(section: string, session: string): boolean {
  if (portOf(section) === 0 && !/^a=bundle-only\s*$/m.test(section)) return false; // RFC 8843 §6
  if (!/^m=audio \d+(?:\/\d+)? (?:(?:UDP|TCP)\/TLS\/)?RTP\/SAVPF? /.test(section)) return false;
  return attribute(section, /^a=(fingerprint):/m, session) !== undefined;
}

const portOf = (section: string): number => Number(/^m=\S+ (\d+)/.exec(section)?.[1] ?? 0);

/** From the section, or else from the session where its default stands. */
function attribute(section: string, pattern: RegExp, session = ''): string | undefined {
  return (pattern.exec(section) ?? pattern.exec(session))?.[1];
}
