/** One frame is one message, or a CRLF of the keep-alive (RFC 7118 §4.2, RFC 5626 §3.5.1): sent, read, counted and traced. */
import { redact, tracing } from '../base/log.js';
import { ParseError, checkMessage, parseMessage } from '../parser/index.js';
import type { ParseLimits, SipMessage } from '../parser/index.js';
import type { FlowEnvironment } from './flow-context.js';
import type { WebSocketConnection } from './websocket-connection.js';

type Frame = string | Uint8Array;
type Observer = Pick<FlowEnvironment, 'counters' | 'log'>;

/** False when the socket did not take it. */
export function sendFrame(connection: WebSocketConnection, frame: Frame, { counters }: Observer): boolean {
  counters.framesOut++;
  counters.bytesOut += frame.length;
  return connection.send(frame);
}

/** The message of a frame, or what is wrong with it. */
export function readFrame(
  frame: Frame,
  { url }: WebSocketConnection,
  limits: ParseLimits,
  observer: Observer,
): SipMessage | ParseError {
  const { log, counters } = observer;
  trace('←', frame, url, observer);
  const message = parseMessage(frame, limits);
  const error = message instanceof ParseError ? message : checkMessage(message);
  if (error) log.warn(`malformed message from ${url}: ${error.message}`, error.caret);
  else counters.messagesIn++;
  return error ?? message;
}

export function trace(direction: '→' | '←', frame: Frame, url: string, { log }: Observer): void {
  if (!tracing(log)) return;
  const text = typeof frame === 'string' ? redact(frame) : `${frame.length} bytes`;
  log.debug(`${direction} ${url}\n${text}`);
}

/** How many CRLFs a frame consists of, if of nothing else: 2 are a ping, 1 is a pong. */
export function crlfs(frame: Frame): number {
  if (frame.length > 4) return 0;
  const text = typeof frame === 'string' ? frame : String.fromCharCode(...frame);
  return text === '\r\n' ? 1 : text === '\r\n\r\n' ? 2 : 0;
}
