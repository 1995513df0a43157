/**
 * The timers of RFC 3261 §17 (table 4) as amended by RFC 6026, for a reliable transport.
 *
 * WebSocket is reliable: A, E and G never start; D, I, J and K are 0, so the states they would keep alive have no
 * duration and do not exist here. B, F, H, L and M remain.
 */

export interface Timers {
  /** Estimate of the round-trip time, and the unit of all others. Milliseconds, as everything here. */
  readonly T1: number;
  /** The ceiling of retransmission intervals (2xx to INVITE, reliable provisional responses). */
  readonly T2: number;
  /** INVITE client: no response at all. 64·T1. */
  readonly B: number;
  /** Non-INVITE client: no final response. 64·T1. */
  readonly F: number;
  /** INVITE server: no ACK to a final response of 300 or above. 64·T1. */
  readonly H: number;
  /** INVITE server: further ACKs and repeated INVITEs after a 2xx (RFC 6026 §8.7). 64·T1. */
  readonly L: number;
  /** INVITE client: further 2xx of other forks (RFC 6026 §8.4). 64·T1. */
  readonly M: number;
  /** INVITE server: a 100 is due when nothing else was answered (§17.2.1). */
  readonly trying: number;
}

export function timersFrom(T1 = 500): Timers {
  const long = 64 * T1;
  return { T1, T2: 8 * T1, B: long, F: long, H: long, L: long, M: long, trying: 200 };
}
