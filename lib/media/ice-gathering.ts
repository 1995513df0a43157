/** When an offer or answer may leave: never at the end of gathering, which a dead server delays for up to 40 s (RFC 8445 §5.1.1). */
import { abortError } from '../base/errors.js';
import type { Clock } from '../base/clock.js';
import type { Signal } from '../base/lifetime.js';
import { AwaitedServers } from './awaited-servers.js';

export interface GatheringRule {
  /** The servers that were configured: each is waited for until it has answered, or the time is up. */
  readonly iceServers: readonly RTCIceServer[];
  /** Milliseconds after which silent servers are no longer waited for. */
  readonly timeout: number;
  /** An ICE restart must reach the peer before our new port starts checking: leave with the first candidate that is of use. */
  readonly firstUsable: boolean;
  /** What comes later is told one by one (RFC 8838): no server is waited for, and nothing found within the time is no reason to stay. */
  readonly trickles: boolean;
  /** Of the generation that is gathered: a late candidate of the one before is not ours. */
  readonly ufrag: string | undefined;
}

type GatheringConnection = Pick<RTCPeerConnection, 'iceGatheringState' | 'addEventListener' | 'removeEventListener'>;

/** Milliseconds without a new host candidate after which their list counts as whole: seen were bursts with gaps up to 4. */
const quietTime = 10;
/** With servers to wait for a slow interface costs nothing extra, up to this. */
const quietTimeWithServers = 20;
/** Times `timeout`: how long a description without any candidate is held back, since nothing could be sent to it. */
const emptyHanded = 10;

/**
 * Resolves when the local description has the candidates worth waiting for; rejects when `signal` aborts. To be called before
 * setLocalDescription, so that none is missed.
 */
export function gatherCandidates(
  pc: GatheringConnection,
  rule: GatheringRule,
  clock: Clock,
  signal: Signal,
): Promise<void> {
  if (signal.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const gathering = new Gathering(pc, rule, clock, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      gathering.stop();
      reject(abortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** One wait: hosts are quiet and servers have answered, or time is up and something was found, or there is nothing to come. */
class Gathering {
  readonly #pc: GatheringConnection;
  readonly #rule: GatheringRule;
  readonly #clock: Clock;
  readonly #onDone: () => void;
  readonly #servers: AwaitedServers;
  readonly #quietTime: number;
  #found = false;
  #quiet = false;
  #late = false;
  #cancelQuiet: () => void = () => undefined;
  #cancelLate: () => void;

  constructor(pc: GatheringConnection, rule: GatheringRule, clock: Clock, onDone: () => void) {
    this.#pc = pc;
    this.#rule = rule;
    this.#clock = clock;
    this.#onDone = onDone;
    this.#servers = new AwaitedServers(rule.trickles ? [] : rule.iceServers);
    this.#quietTime = this.#servers.pending ? quietTimeWithServers : quietTime;
    this.#cancelLate = clock.after(rule.timeout, () => this.#onLate());
    pc.addEventListener('icecandidate', this.#onCandidate);
    pc.addEventListener('icecandidateerror', this.#onError);
    pc.addEventListener('icegatheringstatechange', this.#onState);
  }

  stop(): void {
    this.#cancelQuiet();
    this.#cancelLate();
    this.#pc.removeEventListener('icecandidate', this.#onCandidate);
    this.#pc.removeEventListener('icecandidateerror', this.#onError);
    this.#pc.removeEventListener('icegatheringstatechange', this.#onState);
  }

  #done(): void {
    this.stop();
    this.#onDone();
  }

  readonly #onCandidate = ({ candidate }: RTCPeerConnectionIceEvent): void => {
    if (!candidate?.candidate) return; // that it was the last one shows in iceGatheringState
    if (this.#rule.ufrag && candidate.usernameFragment && candidate.usernameFragment !== this.#rule.ufrag) return;
    this.#servers.onCandidate(candidate);
    if (this.#rule.firstUsable) {
      if (isUsable(candidate)) this.#done();
      return;
    }
    if (!this.#found || candidate.type === 'host') this.#awaitQuiet();
    this.#found = true;
    this.#consider();
  };

  readonly #onError = (event: RTCPeerConnectionIceErrorEvent): void => {
    this.#servers.onError(event);
    this.#consider();
  };

  readonly #onState = (): void => {
    if (this.#rule.firstUsable) return; // it may be said of the generation before, with nothing of this one found yet (Chromium)
    if (this.#pc.iceGatheringState === 'complete') this.#done();
  };

  #awaitQuiet(): void {
    this.#quiet = false;
    this.#cancelQuiet();
    this.#cancelQuiet = this.#clock.after(this.#quietTime, () => {
      this.#quiet = true;
      this.#consider();
    });
  }

  #onLate(): void {
    if (this.#rule.firstUsable || this.#rule.trickles) {
      this.#done(); // the new generation goes on gathering, and is found as peer-reflexive
      return;
    }
    this.#late = true;
    this.#cancelLate = this.#clock.after(this.#rule.timeout * (emptyHanded - 1), () => this.#done());
    this.#consider();
  }

  #consider(): void {
    if (this.#found && (this.#late || (this.#quiet && !this.#servers.pending))) this.#done();
  }
}

/** Something a peer can send to: not the placeholders of active TCP (RFC 6544 §4.5). */
const isUsable = ({ type, protocol }: RTCIceCandidate): boolean => protocol === 'udp' || type === 'relay';
