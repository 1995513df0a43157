/** A call as text, for a report: what it is, what is negotiated, what flows. Loaded when it is asked for. */
import type { Call } from './call.js';

export async function dump(call: Call): Promise<string> {
  const { id, direction, remote, state, duration, localHold, remoteHold, muted, mediaState, end, peerConnection } =
    call;
  const lines = [
    `call ${id}: ${direction}, ${state}, ${Math.round(duration / 1000)} s`,
    `remote: ${remote.displayName ? `"${remote.displayName}" ` : ''}<${remote.uri}>`,
    `hold: local ${String(localHold)}, remote ${String(remoteHold)}; muted ${String(muted)}; media ${mediaState}`,
    ...call.media.map(
      ({ kind, mid, direction: way, status, codec, screen }, index) =>
        `m-line ${index}: ${kind}, mid ${mid ?? '-'}, ${way}, ${status}, ${codec ?? 'no codec'}${screen ? ', screen' : ''}`,
    ),
    `stats: ${JSON.stringify(await call.getStats())}`,
  ];
  if (call.quality) lines.push(`quality: ${JSON.stringify(call.quality)}`);
  if (end) lines.push(`end: ${end.cause}, ${end.status} ${end.reason}, by ${end.by}`);
  const { currentLocalDescription: ours, currentRemoteDescription: theirs } = peerConnection ?? {};
  if (ours) lines.push('local description:', withoutSecrets(ours.sdp));
  if (theirs) lines.push('remote description:', withoutSecrets(theirs.sdp));
  return lines.join('\n');
}

/** What would let someone else into the call. */
const withoutSecrets = (sdp: string): string =>
  sdp.replace(/^(a=(?:ice-pwd:|crypto:\d+ \S+ )).*$/gm, '$1…').replaceAll('\r', '');
