// A user agent on a scripted server in virtual time: the stage of most tests.
import { failbackParts } from '../../lib/transport/flow.js';
import { loadReplacement } from '../../lib/call/load-replacement.js';
import { challengeParts } from '../../lib/core/authenticator.js';
import type { OnDemand } from '../../lib/base/on-demand.js';
import { allParts } from '../../lib/user-agent/all-parts.js';
import type { AllParts } from '../../lib/user-agent/all-parts.js';
import { assert } from 'chai';
import type { Account, AccountOptions, Logger, NetworkSource, Random, UserAgentOptions } from '../../lib/index.js';
import { UserAgent } from '../../lib/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { FakeClock, settle } from './fake-clock.js';
import { fakeMediaEnvironment } from './fake-media.js';
import type { FakeMedia } from './fake-media.js';
import { ScriptedServer } from './scripted-server.js';

/** A session description a browser could have made; with each version ICE begins anew. */
export const peerSdp = (direction = 'sendrecv', version = 1): string =>
  [
    'v=0',
    `o=- 4611 ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'm=audio 50000 UDP/TLS/RTP/SAVPF 111 101',
    'c=IN IP4 127.0.0.1',
    'a=rtcp-mux',
    `a=ice-ufrag:peer${version === 1 ? '' : version}`,
    'a=ice-pwd:0123456789012345678901',
    'a=fingerprint:sha-256 AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB',
    'a=setup:active',
    'a=mid:0',
    `a=${direction}`,
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:101 telephone-event/8000',
    'a=candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host',
    '',
  ].join('\r\n');

interface Permission {
  queryMicrophonePermission: () => Promise<PermissionState | undefined>;
}

export interface Phone {
  readonly ua: UserAgent;
  readonly account: Account;
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly media: FakeMedia;
  /** What the page may do, for the test to change. */
  readonly environment: Permission;
  /** Every log line, levels first. */
  readonly log: string[];
}

export interface PhoneOptions extends Partial<UserAgentOptions> {
  readonly account?: Partial<AccountOptions>;
  /** A witness of the network that the test plays. */
  readonly network?: NetworkSource;
  /** Where chance would decide what the test sees. */
  readonly random?: Random;
  /** Where the library finds what it does not load at once. @default there already */
  readonly parts?: OnDemand<AllParts>;
}

export async function phone({
  account: accountOptions,
  network,
  random,
  parts = allParts,
  ...options
}: PhoneOptions = {}): Promise<Phone> {
  await Promise.all([allParts.load(), challengeParts.load(), failbackParts.load(), loadReplacement()]); // it takes real time
  const clock = new FakeClock();
  const server = new ScriptedServer();
  const media = fakeMediaEnvironment();
  const log: string[] = [];
  const line =
    (level: string) =>
    (message: string, ...details: unknown[]): void => {
      log.push([level, message, ...details].join(' '));
    };
  const logger: Logger = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
  const environment: Permission = { queryMicrophonePermission: () => Promise.resolve(undefined) };
  const ua = new UserAgent(
    {
      servers: 'ws://server.example/ws',
      keepAlive: false, // a test that is about it says so
      ipChange: { monitor: 'manual' }, // so does one about this
      log: logger,
      environment: {
        webSocket: server.webSocket,
        clock,
        RTCPeerConnection: media.RTCPeerConnection,
        MediaStream: media.MediaStream,
        getUserMedia: (constraints) => media.getUserMedia(constraints),
        getDisplayMedia: (options) => media.getDisplayMedia(options),
        queryMicrophonePermission: () => environment.queryMicrophonePermission(),
        ...(network && { network }),
        ...(random && { random }),
      },
      ...options,
    },
    parts,
  );
  const account = ua.addAccount({
    uri: 'sip:alice@example.com',
    password: 'secret',
    register: false,
    ...accountOptions,
  });
  await settle();
  return { ua, account, server, clock, media, environment, log };
}

/** A request of the peer: `method uri`, then what the test says, each header once. */
export function peerRequest(method: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all: Record<string, string> = {
    Via: `SIP/2.0/WS edge.example;branch=z9hG4bK${Math.random().toString(36).slice(2)}`,
    'Max-Forwards': '69',
    From: '"Bob" <sip:bob@example.com>;tag=bobtag',
    To: '<sip:alice@example.com>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
    ...(method === 'INVITE' ? { Contact: '<sip:bob@bob.invalid;transport=ws>' } : {}),
    ...(body ? { 'Content-Type': 'application/sdp' } : {}),
    ...headers,
  };
  const { uri = 'sip:alice@example.com', ...rest } = all;
  const lines = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${uri} SIP/2.0`, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** The tag in the To of a message. */
export function toTagOf(message: { readonly headers: SipRequest['headers'] }): string {
  const tag = /;tag=([^;]+)/.exec(
    headerValue({ method: '', uri: '', headers: message.headers, body: '' }, 'To') ?? '',
  )?.[1];
  assert(tag, 'a To tag');
  return tag;
}
