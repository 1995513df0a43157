/** Which way the media of a section may flow, seen from one side (RFC 3264 §5.1, §6.1). */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export const sends = (direction: string): boolean => direction.startsWith('send');
export const receives = (direction: string): boolean => direction.endsWith('recv') || direction === 'recvonly';

export function directionOf(send: boolean, receive: boolean): Direction {
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}

/** What both allow. */
export const narrowed = (one: Direction, other: Direction): Direction =>
  directionOf(sends(one) && sends(other), receives(one) && receives(other));

/** The same, seen from the other side. */
export const reversed = (direction: Direction): Direction => directionOf(receives(direction), sends(direction));
