/** Candidates of the peer's that come outside of its descriptions (RFC 8838 §11). */
import type { Logger } from '../base/log.js';
import type { CandidateFragment, CandidateSection } from './candidate-fragment.js';

/** Adds those that are new, in their order; false where the description in force is of another generation (RFC 8840 §4.4). */
export function addCandidates(pc: RTCPeerConnection, { sections }: CandidateFragment, log: Logger): boolean {
  const sdp = pc.signalingState === 'closed' ? '' : (pc.remoteDescription?.sdp ?? '');
  const [session = '', ...described] = sdp.split(/^(?=m=)/m);
  let isCurrent = false;
  for (const section of sections) {
    const own = described.find((other) => hasLine(other, `mid:${section.mid}`));
    const isOfNow =
      own && [`ice-ufrag:${section.ufrag}`, `ice-pwd:${section.pwd}`].every((line) => hasLine(session + own, line));
    if (!isOfNow) continue;
    isCurrent = true;
    addSection(pc, section, own, log);
  }
  return isCurrent;
}

const hasLine = (sdp: string, attribute: string): boolean => sdp.includes(`\na=${attribute}\r\n`);

function addSection(pc: RTCPeerConnection, section: CandidateSection, described: string, log: Logger): void {
  const { mid, ufrag, candidates, isComplete } = section;
  const known = new Set(described.match(/^a=candidate:.*$/gm)?.map((line) => identity(line.slice(2))));
  const added = candidates.filter((candidate) => !known.has(identity(candidate)));
  if (isComplete) added.push('');
  for (const candidate of added) {
    pc.addIceCandidate({ candidate, sdpMid: mid, usernameFragment: ufrag }).catch((error: unknown) => {
      log.info(`a candidate of the peer's is of no use: ${String(error)}`);
    });
  }
}

/** Candidates are equal by component, transport, address and port (RFC 8840 §4.4). */
function identity(candidate: string): string {
  const [, component, transport = '', , address, port] = candidate.split(' ');
  return `${component} ${transport.toLowerCase()} ${address} ${port}`;
}
