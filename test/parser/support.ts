/** What the parser's tests share: fixtures as octets, and parsing that must succeed or must fail. */
import { assert } from 'chai';
import { readFileSync } from 'node:fs';
import {
  ParseError,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  isRequest,
  parseMessage,
} from '../../lib/parser/index.js';

/** The octets of a message of an RFC's archive. */
export const fixture = (rfc: 'rfc4475' | 'rfc5118', name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${rfc}/${name}.dat`, import.meta.url)));

export function parsed(data: string | Uint8Array): SipMessage {
  const message = parseMessage(data);
  if (message instanceof ParseError) throw message;
  return message;
}

export function request(data: string | Uint8Array): SipRequest {
  const message = parsed(data);
  assert(isRequest(message), 'expected a request');
  return message;
}

export function response(data: string | Uint8Array): SipResponse {
  const message = parsed(data);
  assert(!isRequest(message), 'expected a response');
  return message;
}

export function refused(data: string | Uint8Array): ParseError {
  const error = parseMessage(data);
  assert.instanceOf(error, ParseError);
  return error;
}

/** A request with these header lines and nothing else. */
export const withHeaders = (...lines: readonly string[]): SipRequest =>
  request(['OPTIONS sip:a@b SIP/2.0', ...lines, '', ''].join('\r\n'));
