/** URIs to text, with the escapes they need: RFC 3261 §19.1.2, RFC 3966. */
import { escapeUri } from './write-escapes.js';
import type { Params } from './params.js';
import { type SipUri, type TelUri, type Uri, checkHost, isSipUri, isTelUri } from './uri.js';
import { uriTextFault } from './uri-text.js';

/** What must be escaped in each part (§25.1). */
const notInUser = /[^\w.!~*'()&=+$,;?/-]/gu;
const notInPassword = /[^\w.!~*'()&=+$,-]/gu;
const notInParam = /[^\w.!~*'()[\]/:&+$-]/gu;
const notInHeader = /[^\w.!~*'()[\]/?:+$-]/gu;

/** Writes a URI with the escapes it needs; throws a TypeError when it cannot be one. */
export function writeUri(uri: Uri): string {
  const text = isSipUri(uri) ? writeSipUri(uri) : isTelUri(uri) ? writeTelUri(uri) : `${uri.scheme}:${uri.rest}`;
  const fault = uriTextFault(text);
  if (fault) throw new TypeError(`URI: ${fault}: ${JSON.stringify(text)}`);
  return text;
}

function writeSipUri({ scheme, user, password, host, port, params, headers }: SipUri): string {
  checkHost(host);
  let text = `${scheme}:`;
  if (user !== undefined) {
    if (user === '') throw new TypeError('URI: empty user');
    text += escapeUri(user, notInUser);
    if (password !== undefined) text += `:${escapeUri(password, notInPassword)}`;
    text += '@';
  }
  text += host;
  if (port !== undefined) {
    if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) throw new TypeError(`URI: port ${port}`);
    text += `:${port}`;
  }
  text += writeUriParams(params);
  let separator = '?';
  for (const [name, value] of headers) {
    text += `${separator}${escapeUri(name, notInHeader)}=${escapeUri(value ?? '', notInHeader)}`;
    separator = '&';
  }
  return text;
}

function writeTelUri({ number, params }: TelUri): string {
  if (!/^[\dA-Fa-f*#+.() -]+$/.test(number)) throw new TypeError(`URI: number ${number}`);
  return `tel:${number}${writeUriParams(params)}`;
}

function writeUriParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) {
    if (name === '') throw new TypeError('URI: parameter without a name');
    text += `;${escapeUri(name, notInParam)}`;
    if (value !== null) text += `=${escapeUri(value, notInParam)}`;
  }
  return text;
}
