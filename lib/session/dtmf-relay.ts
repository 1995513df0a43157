/** Digits by INFO: the body type `application/dtmf-relay` that gateways and PBXs agree on (and `application/dtmf`, one digit). */

export interface DtmfSignal {
  /** One of 0-9 A-D * # R (hook flash). */
  readonly digit: string;
  /** Milliseconds. */
  readonly duration: number;
}

export const dtmfRelayType = 'application/dtmf-relay';

export function writeDtmfRelay({ digit, duration }: DtmfSignal): string {
  return `Signal=${digit}\r\nDuration=${duration}\r\n`;
}

/** The signal in an INFO body; nothing when there is none. */
export function parseDtmf(type: string, body: string): DtmfSignal | undefined {
  const isRelay = type.toLowerCase() === dtmfRelayType;
  const digit = isRelay
    ? /^Signal[ \t]*=[ \t]*([0-9A-DR*#])/im.exec(body)?.[1]
    : /^[ \t]*([0-9A-DR*#])/i.exec(body)?.[1];
  if (digit === undefined) return undefined;
  const duration = isRelay ? /^Duration[ \t]*=[ \t]*(\d{1,5})/im.exec(body)?.[1] : undefined;
  return { digit: digit.toUpperCase(), duration: duration === undefined ? 250 : Number(duration) };
}
