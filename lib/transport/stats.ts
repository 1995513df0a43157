/** What went over the flows of a user agent, counted (EXO-15). */

export interface Stats {
  /** WebSocket frames, keep-alives among them. */
  readonly framesIn: number;
  readonly framesOut: number;
  /** SIP messages; a malformed one is only a frame. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Length of the frames: bytes where they are binary or ASCII, characters else. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** WebSocket handshakes begun. */
  readonly handshakes: number;
  /** Connections that took the place of a former one. */
  readonly reconnects: number;
  /** Keep-alives of ours by CRLF CRLF. */
  readonly pings: number;
  /** Requests sent, ACK aside. */
  readonly requests: number;
  /** Of these, how many were sent again because of a challenge. */
  readonly retries: number;
}

/** As they are counted. */
export type Counters = { -readonly [Name in keyof Stats]: Stats[Name] };

export const newCounters = (): Counters => ({
  framesIn: 0,
  framesOut: 0,
  messagesIn: 0,
  messagesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  handshakes: 0,
  reconnects: 0,
  pings: 0,
  requests: 0,
  retries: 0,
});
