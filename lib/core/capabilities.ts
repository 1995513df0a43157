/** What we allow, accept and support; sent where RFC 3261 §20.5, §20.1 and §20.37 want it. */
import type { Header } from '../parser/index.js';

/** Methods we take, in or out of a dialog. */
export const allowedMethods: readonly string[] = [
  'INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'MESSAGE', 'PRACK', 'UPDATE', 'REFER',
  'NOTIFY',
]; // prettier-ignore

/** Methods we know of without taking them: 405, where an unknown one gets 501 (RFC 3261 §8.2.1, §21.5.2). */
export const knownMethods: ReadonlySet<string> = new Set([...allowedMethods, 'REGISTER', 'SUBSCRIBE', 'PUBLISH']);

/** Option tags we understand in a Require (RFC 3261 §8.2.2.3). */
export const supportedOptions: ReadonlySet<string> = new Set([
  'outbound',
  'path',
  'gruu',
  '100rel',
  'timer',
  'from-change',
  'replaces',
  'norefersub',
  'trickle-ice',
]);

export const allowHeader: Header = { name: 'Allow', value: allowedMethods.join(', ') };
export const acceptHeader: Header = { name: 'Accept', value: 'application/sdp, application/dtmf-relay, text/plain' };
export const supportedHeader: Header = { name: 'Supported', value: [...supportedOptions].join(', ') };
export const generalAbilities: readonly Header[] = [allowHeader, supportedHeader];
