/** Digits by INFO: the body type `application/dtmf-relay` that gateways and PBXs agree on (and `application/dtmf`, one digit). */

export interface DtmfSignal {
  /** One of 0-9 A-D * # R (hook flash). */
  readonly digit: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** Events by their numbers (RFC 4733 §3.2), as some gateways send them. */
const events: Readonly<Record<string, string>> = { 10: '*', 11: '#', 12: 'A', 13: 'B', 14: 'C', 15: 'D' };

export const dtmfRelayType = 'application/dtmf-relay';

export function writeDtmfRelay({ digit, duration }: DtmfSignal): string {
  return `Signal=${digit}\r\nDuration=${duration}\r\n`;
}

/** Types whose bodies say which digit; that of a flash has none to say. */
export const isDtmfType = (type: string): boolean =>
  type === dtmfRelayType || type === 'application/dtmf' || type === hookFlashType;

const hookFlashType = 'application/hook-flash';

/** A flash has many names: PJSIP's R, the event 16 of RFC 4733 §3.2, `hf`, `!`. */
const flash = /^(?:R|16|hf|!)$/i;

/** The signal in an INFO body; nothing when there is none. */
export function parseDtmf(type: string, body: string): DtmfSignal | undefined {
  if (type.toLowerCase() === hookFlashType) return { digit: 'R', duration: 250 };
  const isRelay = type.toLowerCase() === dtmfRelayType;
  const said = isRelay
    ? /^Signal[ \t]*=[ \t]*(hf|1[0-6]|[0-9A-DR*#!])/im.exec(body)?.[1]
    : /^[ \t]*(hf|16|[0-9A-DR*#!])/i.exec(body)?.[1];
  const digit = said !== undefined && (flash.test(said) ? 'R' : (events[said] ?? said));
  if (digit === false) return undefined;
  const duration = isRelay ? /^Duration[ \t]*=[ \t]*(\d{1,5})/im.exec(body)?.[1] : undefined;
  return { digit: digit.toUpperCase(), duration: duration === undefined ? 250 : Number(duration) };
}
