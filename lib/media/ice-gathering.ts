/** When an offer or answer may leave: never at the end of gathering, which a dead server delays for up to 40 s (RFC 8445 §5.1.1). */
import { abortError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';

export interface GatheringRule {
  /** The servers that were configured: each is waited for until it has answered, or the time is up. */
  readonly iceServers: readonly RTCIceServer[];
  /** Milliseconds after which silent servers are no longer waited for. */
  readonly timeout: number;
  /** An ICE restart must reach the peer before our new port starts checking: leave with the first candidate that is of use. */
  readonly firstUsable: boolean;
  /** Of the generation that is gathered; candidates of another one are not ours. */
  readonly ufrag: string | undefined;
}

type GatheringConnection = Pick<RTCPeerConnection, 'iceGatheringState' | 'addEventListener' | 'removeEventListener'>;

/** How long no new host candidate may come before the list counts as whole: browsers report them in one burst. */
const quietTime = 20;
/** The same without servers to wait for. */
const quietTimeAlone = 10;
/** Times `timeout`: how long an offer without any candidate is held back, for it could hardly lead to audio. */
const emptyHanded = 10;

/**
 * Resolves when the local description has the candidates worth waiting for; rejects when `signal` aborts. To be called before
 * setLocalDescription, so that no candidate is missed.
 */
export function gatherCandidates(
  pc: GatheringConnection,
  rule: GatheringRule,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const servers = new AwaitedServers(rule.iceServers);
    const quiet = servers.pending ? quietTime : quietTimeAlone;
    let found = 0;
    let quietSince: number | undefined;
    let late = false;
    let cancelQuiet = (): void => undefined;

    const end = (): void => {
      cancelQuiet();
      cancelLate();
      pc.removeEventListener('icecandidate', onCandidate);
      pc.removeEventListener('icecandidateerror', onError);
      pc.removeEventListener('icegatheringstatechange', onState);
      signal.removeEventListener('abort', onAbort);
    };
    const done = (): void => {
      end();
      resolve();
    };
    const onAbort = (): void => {
      end();
      reject(abortError(signal));
    };
    const onState = (): void => {
      if (pc.iceGatheringState === 'complete') done();
    };
    const consider = (): void => {
      if (found > 0 && late) done();
      else if (quietSince !== undefined && !servers.pending) done();
    };
    const onQuiet = (): void => {
      quietSince = clock.now();
      consider();
    };
    const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent): void => {
      if (!candidate?.candidate) return; // the end of a generation shows in iceGatheringState
      if (rule.ufrag && candidate.usernameFragment && candidate.usernameFragment !== rule.ufrag) return;
      found += 1;
      servers.onCandidate(candidate);
      if (rule.firstUsable && isUsable(candidate)) {
        done();
        return;
      }
      if (candidate.type === 'host' || quietSince === undefined) {
        quietSince = undefined;
        cancelQuiet();
        cancelQuiet = clock.after(quiet, onQuiet);
      }
      consider();
    };
    const onError = (event: RTCPeerConnectionIceErrorEvent): void => {
      servers.onError(event);
      consider();
    };
    const onLate = (): void => {
      late = true;
      if (rule.firstUsable) done();
      else {
        cancelLate = clock.after(rule.timeout * (emptyHanded - 1), done);
        consider();
      }
    };

    let cancelLate = clock.after(rule.timeout, onLate);
    pc.addEventListener('icecandidate', onCandidate);
    pc.addEventListener('icecandidateerror', onError);
    pc.addEventListener('icegatheringstatechange', onState);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Something a peer can send to: not the placeholders of active TCP (RFC 6544 §4.5). */
const isUsable = ({ type, protocol }: RTCIceCandidate): boolean => protocol === 'udp' || type === 'relay';

class AwaitedServers {
  pending = false;
  constructor(_servers: readonly RTCIceServer[]) {
    this.pending = _servers.length > 0;
  }
  onCandidate(_candidate: RTCIceCandidate): void {
    if (_candidate.type !== 'host') this.pending = false;
  }
  onError(_event: RTCPeerConnectionIceErrorEvent): void {
    this.pending = false;
  }
}
