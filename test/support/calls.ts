// A phone in a call, or on the way to one: ringing here, ringing there, talking.
import { assert } from 'chai';
import type { Call, CallOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { Body, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { peerRequest, peerSdp, phone } from './phone.js';
import type { Phone, PhoneOptions } from './phone.js';
import type { ResponseParts } from './scripted-server.js';

/** A session description of the peer's that asks. */
export const peerOffer = (direction = 'sendrecv', version = 1): string =>
  peerSdp(direction, version).replace('a=setup:active', 'a=setup:actpass');

/** A section of video of the peer's, to be put behind its audio. */
export const peerVideo = (direction = 'sendrecv', port = 50002, mid = '1'): string =>
  [
    `m=video ${port} UDP/TLS/RTP/SAVPF 96`,
    'c=IN IP4 127.0.0.1',
    'a=rtcp-mux',
    'a=ice-ufrag:peer',
    'a=ice-pwd:0123456789012345678901',
    `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
    'a=setup:actpass',
    `a=mid:${mid}`,
    `a=${direction}`,
    'a=rtpmap:96 VP8/90000',
    '',
  ].join('\r\n');

/** Kind and direction of each section, and `0` for one that is refused. */
export function sectionsOf(sdp: Body): string[] {
  return String(sdp)
    .split(/^m=/m)
    .slice(1)
    .map((section) => {
      const [kind, port] = section.split(' ');
      return port === '0'
        ? `${kind!} 0`
        : `${kind!} ${/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)![1]!}`;
    });
}

/** Headers of a response of the peer's that describes a session. */
export const described = ['Content-Type: application/sdp', 'Contact: <sip:bob@bob.invalid;transport=ws>'];

/** The INVITE of `peerCalls`. */
export const inviteVia = 'SIP/2.0/WS edge.example;branch=z9hG4bKinvite';

/** A phone that is being called, announced to the app; what it answers is the test's to read. */
export async function peerCalls(
  headers: Record<string, string> = {},
  body = peerOffer(),
  options: PhoneOptions = {},
): Promise<Phone & { call: Call }> {
  const stage = await phone(options);
  let call: Call | undefined;
  stage.ua.on('incomingCall', (event) => (call = event.call));
  stage.server.send(peerRequest('INVITE', { Via: inviteVia, ...headers }, body));
  assert(call, 'the call was announced');
  return { ...stage, call };
}

/** In the dialog that our response made. */
export function inDialog(
  method: string,
  response: SipResponse,
  sequence: number,
  headers: Record<string, string> = {},
  body = '',
): string {
  return peerRequest(method, { To: headerValue(response, 'To')!, CSeq: `${sequence} ${method}`, ...headers }, body);
}

/** A call of the peer's that is confirmed. */
export async function talking(
  headers: Record<string, string> = {},
  options: PhoneOptions = {},
): Promise<Phone & { call: Call; ok: SipResponse }> {
  const stage = await peerCalls(headers, peerOffer(), options);
  const answered = stage.call.answer();
  await stage.server.response(180);
  const ok = await stage.server.response(200);
  stage.server.send(inDialog('ACK', ok, 1));
  await answered;
  return { ...stage, ok };
}

/** In the dialog of an INVITE of ours and the peer's To tag. */
export function towards(
  method: string,
  invite: SipRequest,
  sequence: number,
  headers: Record<string, string> = {},
  body = '',
  tag = 'peer',
): string {
  return peerRequest(
    method,
    {
      From: `<sip:bob@example.com>;tag=${tag}`,
      To: headerValue(invite, 'From')!,
      'Call-ID': headerValue(invite, 'Call-ID')!,
      CSeq: `${sequence} ${method}`,
      ...headers,
    },
    body,
  );
}

/** A call of ours whose INVITE is out. */
export async function calling(
  call: CallOptions = {},
  options: PhoneOptions = {},
): Promise<Phone & { call: Call; invite: SipRequest }> {
  const stage = await phone(options);
  const outgoing = stage.account.call('bob', call);
  return { ...stage, call: outgoing, invite: await stage.server.request('INVITE') };
}

/** A call of ours that is confirmed, with what the 200 says besides. */
export async function talkingTo(
  parts: ResponseParts = {},
  call: CallOptions = {},
  options: PhoneOptions = {},
): Promise<Phone & { call: Call; invite: SipRequest }> {
  const stage = await calling(call, options);
  const headers = [...described, ...(parts.headers ?? [])];
  stage.server.respond(stage.invite, 200, { body: peerSdp(), ...parts, headers });
  await stage.server.request('ACK');
  await stage.call.answered;
  return stage;
}
