/** The beginning of every Authorization by digest; and one that says nothing else (RFC 7616 §3.4). */
import { quote } from '../parser/index.js';
import type { Header } from '../parser/index.js';

export const digestStart = (username: string, realm: string, nonce: string, uri: string, response: string): string =>
  `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}, response="${response}"`;

/** Says who asks before it was asked, as the registrars of IMS want it (3GPP TS 24.229 §5.1.1.2). */
export const emptyAuthorization = (username: string, realm: string, uri: string): Header => ({
  name: 'Authorization',
  value: digestStart(username, realm, '', uri, ''),
});
