/** Thirteen kinds of messages as a user agent behind a proxy meets them, 1.6 kB on average. */

const lines = (...parts: readonly string[]): string => parts.join('\r\n');

function message(startLine: string, headers: readonly string[], body = ''): string {
  return lines(startLine, ...headers, `Content-Length: ${body.length}`, '', body);
}

const candidates = [
  'a=candidate:1467250027 1 udp 2122260223 192.0.2.17 46243 typ host generation 0 network-id 1 network-cost 10',
  'a=candidate:1853887674 1 udp 1518280447 198.51.100.20 24678 typ srflx raddr 192.0.2.17 rport 46243 generation 0',
  'a=candidate:3988266042 1 udp 2122194687 2001:db8:85a3:8d3:1319:8a2e:370:7348 51472 typ host generation 0 network-id 2',
  'a=candidate:435653019 1 tcp 1518280447 192.0.2.17 9 typ host tcptype active generation 0 network-id 1 network-cost 10',
  'a=candidate:2138157419 1 udp 41885439 203.0.113.61 60613 typ relay raddr 198.51.100.20 rport 24678 generation 0',
];

const sdp = (setup: string): string =>
  lines(
    'v=0',
    'o=- 4611732850928423811 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=msid-semantic: WMS 5f0e8a47-1c5c-4a0e-8d5e-2f7f9f6c9a31',
    'm=audio 46243 UDP/TLS/RTP/SAVPF 111 9 0 8 126',
    'c=IN IP4 192.0.2.17',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...candidates,
    'a=ice-ufrag:Hq0y',
    'a=ice-pwd:9vG1nJc0eP3pXoVYlqVb3l4t',
    'a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF',
    `a=setup:${setup}`,
    'a=mid:0',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:126 telephone-event/8000',
    'a=ssrc:3535473462 cname:q5Pq5mN9HjzYlK0w',
    'a=ssrc:3535473462 msid:5f0e8a47-1c5c-4a0e-8d5e-2f7f9f6c9a31 b1d3a1c6-91f3-4b3c-9d35-0d1ecb5f3a77',
    '',
  );

const callId = 'Call-ID: 9b6c7b1e-6d34-4f0e-9a55-4e1f7c0f5b0a@q8v4s7e2k1p0.invalid';
const from = 'From: "Alice Liddell" <sip:alice@voice.example.com>;tag=6m2kq0v8rn';
const to = 'To: "Bob Dodgson" <sip:bob@voice.example.com>';
const toTagged = `${to};tag=as5c3f2b9e`;
const userAgent = 'User-Agent: Example Desk Phone 14.2.1 (build 20260117; ice, outbound)';
const server = 'Server: example-proxy (5.6.3 (x86_64/linux))';
const allow = 'Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS';
const supported = 'Supported: path, outbound, gruu, timer, replaces, 100rel, norefersub, tdialog';
const recordRoutes = [
  'Record-Route: <sip:edge1.voice.example.com;transport=ws;r2=on;lr=on;ftag=6m2kq0v8rn;did=a21.7d3>',
  'Record-Route: <sip:198.51.100.7:5080;r2=on;lr=on;ftag=6m2kq0v8rn;did=a21.7d3>',
  'Record-Route: <sip:core2.voice.example.com;lr;ftag=6m2kq0v8rn>',
];
const vias = [
  'Via: SIP/2.0/WS edge1.voice.example.com:443;branch=z9hG4bKa7c.3e9a1f26b0d2c6d4e8f1.0;i=8a41',
  'Via: SIP/2.0/UDP 198.51.100.7:5080;branch=z9hG4bKa7c.1c5d2e8b97fa.0;rport=5080;received=198.51.100.7',
  'Via: SIP/2.0/WSS q8v4s7e2k1p0.invalid;received=203.0.113.9;rport=51234;branch=z9hG4bK7d1f0c8e2a',
];
const ownVia = 'Via: SIP/2.0/WSS q8v4s7e2k1p0.invalid;received=203.0.113.9;rport=51234;branch=z9hG4bK7d1f0c8e2a;alias';
const contact =
  'Contact: <sip:bob@192.0.2.44:5061;transport=ws;ob>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"';

const digestFields =
  'realm="voice.example.com", nonce="Y2Fyb2xAdm9pY2UuZXhhbXBsZS5jb206MTc2ODY0NzYwMDo3ZjNkMmE", opaque="5ccc069c403ebaf9f0171e9517f40e41"';

const binding = (port: number, instance: string): string =>
  `<sip:alice@192.0.2.17:${port};transport=ws;ob>;expires=600;q=0.8;reg-id=1;+sip.instance="<urn:uuid:${instance}>"` +
  `;pub-gruu="sip:alice@voice.example.com;gr=urn:uuid:${instance}";temp-gruu="sip:tgruu.${port}hha7q@voice.example.com;gr"`;

const response = (status: string, extra: readonly string[], body = ''): string =>
  message(
    `SIP/2.0 ${status}`,
    [ownVia, ...recordRoutes, toTagged, from, callId, 'CSeq: 2 INVITE', server, ...extra],
    body,
  );

const identity = 'P-Asserted-Identity: "Bob Dodgson" <sip:bob@voice.example.com>, <tel:+14155550199>';
const sdpType = 'Content-Type: application/sdp';

/** By kind, in the order of a session's life. */
export const benchMessages: Readonly<Record<string, string>> = {
  invite: message(
    'INVITE sip:bob@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0',
    [
      ...recordRoutes,
      ...vias,
      'Max-Forwards: 67',
      from,
      to,
      callId,
      'CSeq: 2 INVITE',
      'Contact: <sip:alice@192.0.2.17:51234;transport=ws;ob>',
      allow,
      supported,
      'Session-Expires: 1800;refresher=uac',
      'Min-SE: 90',
      'P-Asserted-Identity: "Alice Liddell" <sip:alice@voice.example.com>',
      userAgent,
      sdpType,
    ],
    sdp('actpass'),
  ),
  trying: message('SIP/2.0 100 Trying', [ownVia, to, from, callId, 'CSeq: 2 INVITE', server]),
  ringing: response('180 Ringing', [contact, allow, supported, 'Require: 100rel', 'RSeq: 46819', identity]),
  progress: response('183 Session Progress', [contact, allow, supported, identity, sdpType], sdp('active')),
  answer: response(
    '200 OK',
    [contact, allow, supported, 'Require: timer', 'Session-Expires: 1800;refresher=uas', identity, sdpType],
    sdp('active'),
  ),
  ack: message('ACK sip:bob@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0', [
    ...recordRoutes,
    ...vias,
    'Max-Forwards: 67',
    from,
    toTagged,
    callId,
    'CSeq: 2 ACK',
    userAgent,
  ]),
  bye: message('BYE sip:bob@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0', [
    ...vias,
    'Max-Forwards: 67',
    from,
    toTagged,
    callId,
    'CSeq: 3 BYE',
    'Reason: Q.850;cause=16;text="Normal call clearing"',
    ...recordRoutes,
    'P-Asserted-Identity: "Alice Liddell" <sip:alice@voice.example.com>',
    'P-RTP-Stat: PS=1043,OS=166880,PR=1040,OR=166400,PL=0,JI=2,LA=40,DU=21,EN=opus,DE=opus',
    userAgent,
  ]),
  register: message('REGISTER sip:voice.example.com SIP/2.0', [
    ownVia,
    'Max-Forwards: 70',
    'From: "Alice Liddell" <sip:alice@voice.example.com>;tag=9f1c7e3a5d',
    'To: "Alice Liddell" <sip:alice@voice.example.com>',
    callId,
    'CSeq: 8 REGISTER',
    'Contact: <sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws>;expires=600;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"',
    'Expires: 600',
    `Authorization: Digest username="alice", ${digestFields}, uri="sip:voice.example.com", response="7587245234b3434cc3412213e5f113a5", algorithm=SHA-256, cnonce="0a4f113b5c6d", qop=auth, nc=00000002`,
    allow,
    supported,
    userAgent,
  ]),
  unauthorized: message('SIP/2.0 401 Unauthorized', [
    ownVia,
    'From: "Alice Liddell" <sip:alice@voice.example.com>;tag=9f1c7e3a5d',
    'To: "Alice Liddell" <sip:alice@voice.example.com>;tag=b27e1a1d33751e84.4c1f',
    callId,
    'CSeq: 7 REGISTER',
    `WWW-Authenticate: Digest ${digestFields}, algorithm=SHA-256, qop="auth,auth-int"`,
    `WWW-Authenticate: Digest ${digestFields}, algorithm=MD5, qop="auth", stale=false`,
    server,
  ]),
  registered: message('SIP/2.0 200 OK', [
    ownVia,
    'From: "Alice Liddell" <sip:alice@voice.example.com>;tag=9f1c7e3a5d',
    'To: "Alice Liddell" <sip:alice@voice.example.com>;tag=b27e1a1d33751e84.4c1f',
    callId,
    'CSeq: 8 REGISTER',
    `Contact: ${binding(51234, '00000000-0000-1000-8000-000a95a0e128')}, ${binding(40112, '3f2c7a10-51b9-4d3b-9d1e-0c8a4be1f001')}, ${binding(33871, 'b7a9d3f4-8c61-4f57-a0e2-6d1c2b3a4f55')}, ${binding(60204, '5d0e8c1a-2b7f-4e39-8a46-91c3f7d2e0b8')}`,
    'Path: <sip:edge1.voice.example.com;transport=ws;lr;ob>',
    'Service-Route: <sip:edge1.voice.example.com;lr>, <sip:core2.voice.example.com;lr>',
    supported,
    server,
    'Date: Sat, 17 Jan 2026 11:00:00 GMT',
  ]),
  text: message(
    'MESSAGE sip:bob@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0',
    [
      ...vias,
      'Max-Forwards: 67',
      from,
      to,
      callId,
      'CSeq: 41 MESSAGE',
      userAgent,
      'Date: Sat, 17 Jan 2026 11:00:00 GMT',
      'Content-Type: text/plain;charset=utf-8',
    ],
    `The customer on line two asks for the invoice of last month. ${'Could you take the call over, please? '.repeat(32)}`,
  ),
  notify: message(
    'NOTIFY sip:bob@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0',
    [
      ...recordRoutes,
      ...vias,
      'Max-Forwards: 67',
      from,
      toTagged,
      callId,
      'CSeq: 112 NOTIFY',
      'Contact: <sip:presence@198.51.100.7:5080>',
      'Event: dialog',
      'Subscription-State: active;expires=3412',
      allow,
      userAgent,
      'Content-Type: application/dialog-info+xml',
    ],
    lines(
      '<?xml version="1.0"?>',
      '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="37" state="full" entity="sip:bob@voice.example.com">',
      '  <dialog id="as7d900as8" call-id="a84b4c76e66710" local-tag="1928301774" direction="initiator">',
      '    <state>confirmed</state>',
      '    <local><identity display="Bob">sip:bob@voice.example.com</identity></local>',
      '    <remote><identity display="Carol">sip:carol@voice.example.com</identity></remote>',
      '  </dialog>',
      '  <dialog id="bs7d900as9" call-id="b84b4c76e66711" local-tag="2928301775" remote-tag="ff2a9" direction="recipient">',
      '    <state event="remote-bye" code="200">terminated</state>',
      '    <local><identity display="Bob">sip:bob@voice.example.com</identity><target uri="sip:bob@192.0.2.44:5061"/></local>',
      '    <remote><identity display="Dave">sip:dave@voice.example.com</identity></remote>',
      '  </dialog>',
      '  <dialog id="cs7d900as0" call-id="c84b4c76e66712" local-tag="3928301776" direction="recipient">',
      '    <state>early</state>',
      '    <local><identity display="Bob">sip:bob@voice.example.com</identity><target uri="sip:bob@192.0.2.44:5061"/></local>',
      '    <remote><identity display="Erin">sip:erin@voice.example.com</identity></remote>',
      '  </dialog>',
      '</dialog-info>',
      '',
    ),
  ),
  options: message('OPTIONS sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws SIP/2.0', [
    'Via: SIP/2.0/WS edge1.voice.example.com:443;branch=z9hG4bKa7c.3e9a1f26b0d2c6d4e8f1.0',
    'Via: SIP/2.0/UDP 198.51.100.7:5080;branch=z9hG4bKa7c.1c5d2e8b97fa.0;rport=5080',
    'Max-Forwards: 50',
    'From: <sip:nathelper@voice.example.com>;tag=uloc-6967a1d0-4e1-1',
    'To: <sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws>',
    'Call-ID: 1a5c0f66-8d7a90f1-7bb7f17@198.51.100.7',
    'CSeq: 1 OPTIONS',
    'Contact: <sip:nathelper@198.51.100.7:5080>',
    'Accept: application/sdp, application/dtmf-relay, message/sipfrag;version=2.0',
    allow,
    supported,
    userAgent,
  ]),
};
