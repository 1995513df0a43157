/** User-to-user information: what one side's application tells the other's with a call (RFC 7433). */
import { invalidOption } from '../base/errors.js';
import { checkLine } from '../base/options.js';
import { quote } from '../parser/index.js';
import type { Header } from '../parser/index.js';
import { checkHeaders } from './call-options.js';

export interface UserToUserData {
  /** As it goes over the wire: hexadecimal digits where the encoding is `hex`. */
  readonly data: string;
  /** @default 'hex' */
  readonly encoding?: string;
  /** The package that the data are of. @default 'isdn-uui', unsaid */
  readonly purpose?: string;
  /** What the data are, within the package. */
  readonly content?: string;
}

/** A text is sent as the hexadecimal digits of its UTF-8. */
export type UserToUserOption = string | UserToUserData | readonly (string | UserToUserData)[];

/** Of a message of the peer's. */
export interface UserToUser {
  readonly data: string;
  readonly encoding: string | undefined;
  readonly purpose: string | undefined;
  readonly content: string | undefined;
  /** The data as text, where they are one. */
  readonly text: string | undefined;
}

export interface AddedHeaders {
  readonly headers?: readonly Header[];
  /** Told to the other side's application: an order number, say (RFC 7433). */
  readonly userToUser?: UserToUserOption;
}

/** What the app adds to a message, checked. */
export function addedHeaders({ headers, userToUser }: AddedHeaders): readonly Header[] {
  const checked = checkHeaders(headers);
  if (userToUser === undefined) return checked;
  const list = (Array.isArray as (value: unknown) => value is readonly unknown[])(userToUser)
    ? userToUser
    : [userToUser];
  return [...checked, ...list.map((each) => ({ name: 'User-to-User', value: written(each) }))];
}

function written(given: string | UserToUserData): string {
  const value = typeof given === 'string' ? { data: hexOf(given) } : given;
  if (typeof (value as Partial<UserToUserData> | null)?.data !== 'string')
    throw invalidOption('userToUser', 'takes a text or { data }', given);
  const { data, encoding = 'hex', purpose, content } = value;
  checkLine('userToUser.data', data);
  if (encoding === 'hex' && !/^(?:[\da-f]{2})+$/i.test(data))
    throw invalidOption('userToUser.data', 'takes pairs of hexadecimal digits', data);
  let line = token.test(data) ? data : quote(data);
  for (const [name, parameter] of Object.entries({ encoding, purpose, content })) {
    if (parameter === undefined) continue;
    if (typeof parameter !== 'string' || !token.test(parameter))
      throw invalidOption(`userToUser.${name}`, 'takes a token', parameter);
    line += `;${name}=${parameter}`;
  }
  return line;
}

const token = /^[\w.!%*+`'~-]+$/;

/** In capitals, which need no other form for a signature (§4.2). */
const hexOf = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
