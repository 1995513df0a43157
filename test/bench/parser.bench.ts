/** What the parser is measured by, next to JsSIP and SIP.js doing the same work on the same text. */
import { createRequire } from 'node:module';
import * as sip from '../../lib/parser/index.js';
import { benchMessages } from './messages.js';

/** One comparison: each function does `perCall` operations. */
export interface ParserBench {
  readonly name: string;
  readonly perCall: number;
  readonly ours: () => void;
  readonly jssip: () => void;
  readonly sipjs?: () => void;
}

interface JsSipMessage {
  readonly via_branch: string;
  readonly from_tag: string;
  readonly to_tag: string;
  readonly call_id: string;
  readonly cseq: number;
  readonly method: string;
  readonly ruri: unknown;
  readonly body: string;
  getHeader(name: string): string | undefined;
  getHeaders(name: string): readonly string[];
  parseHeader(name: string, index?: number): unknown;
}
type JsSipRequest = new (...args: readonly unknown[]) => {
  setHeader(name: string, value: string): void;
  toString(): string;
};

const require = createRequire(import.meta.url);
const jssipParser = require('jssip/lib/Parser') as { parseMessage(text: string, ua: unknown): JsSipMessage };
const jssipMessage = require('jssip/lib/SIPMessage') as { InitialOutgoingInviteRequest: JsSipRequest };
const jssipUri = require('jssip/lib/URI') as { parse(text: string): unknown };
const jssipNameAddr = require('jssip/lib/NameAddrHeader') as { parse(text: string): unknown };

interface SipJsMessage {
  parseHeader(name: string, index?: number): unknown;
  getHeader(name: string): string | undefined;
  getHeaders(name: string): readonly string[];
}
interface SipJs {
  readonly Parser: { parseMessage(text: string, logger: unknown): SipJsMessage };
  readonly Grammar: { URIParse(text: string): unknown; nameAddrHeaderParse(text: string): unknown };
}
const sipjsModules = await Promise.all([
  import('sip.js/lib/core/messages/parser.js'),
  import('sip.js/lib/grammar/grammar.js'),
]);
const sipjs = Object.assign({}, ...sipjsModules) as SipJs;
const silent = { warn() {}, debug() {}, log() {}, error() {} };

const messages = Object.values(benchMessages);
const ua = {
  contact: { pub_gruu: null, temp_gruu: null, uri: 'sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws' },
  configuration: {
    uri: jssipUri.parse('sip:alice@voice.example.com'),
    display_name: 'Alice Liddell',
    jssip_id: 'q8v4s',
    session_timers: true,
    user_agent: 'evercall',
    use_preloaded_route: true,
  },
  transport: { sip_uri: 'sip:edge1.voice.example.com;transport=ws' },
};

/** Where results go, so that no engine can leave the work out. */
export let sink: unknown;

function parse(text: string): sip.SipMessage {
  const message = sip.parseMessage(text);
  if (message instanceof sip.ParseError) throw message;
  return message;
}

const uriOf = (address: sip.Address | '*' | undefined): unknown =>
  address && address !== '*' ? sip.parseUri(address.uri) : address;

/**
 * Every header a user agent looks at, and the URIs in them. Parameters are checked here and cut apart when asked for,
 * as in {@link touchRouting}.
 */
function touchAll(message: sip.SipMessage): void {
  if (sip.isRequest(message)) sink = sip.parseUri(message.uri);
  sink = sip.read(message, sip.Via);
  sink = uriOf(sip.read(message, sip.From));
  sink = uriOf(sip.read(message, sip.To));
  sink = sip.read(message, sip.CallId);
  sink = sip.read(message, sip.CSeq);
  for (const contact of sip.readAll(message, sip.Contact)) sink = uriOf(contact);
  sink = sip.readAll(message, sip.RecordRoute);
  sink = sip.readAll(message, sip.Route);
  sink = sip.readAll(message, sip.Path);
  sink = sip.readAll(message, sip.ServiceRoute);
  sink = sip.read(message, sip.MaxForwards);
  sink = sip.read(message, sip.Expires);
  sink = sip.read(message, sip.SessionExpires);
  sink = sip.read(message, sip.ContentType);
  sink = sip.read(message, sip.ContentLength);
  sink = sip.readAll(message, sip.Allow);
  sink = sip.readAll(message, sip.Supported);
  sink = sip.readAll(message, sip.Require);
  sink = sip.read(message, sip.RSeq);
  sink = sip.read(message, sip.Event);
  sink = sip.read(message, sip.SubscriptionState);
  sink = sip.readAll(message, sip.WWWAuthenticate);
  sink = sip.read(message, sip.Authorization);
}

const rawNames = ['record-route', 'allow', 'supported', 'require', 'expires', 'rseq', 'route', 'path', 'service-route'];

/** The same of JsSIP, which parses most while it reads the message and leaves lists as text. */
function touchAllJsSip(message: JsSipMessage | SipJsMessage): void {
  for (const name of rawNames) sink = message.getHeaders(name);
  for (let i = message.getHeaders('contact').length - 1; i >= 0; i--) sink = message.parseHeader('contact', i);
}

/** Parses what names transaction and dialog, and takes the branch and both tags out of their parameters. */
function touchRouting(message: sip.SipMessage): void {
  if (sip.isRequest(message)) sink = message.uri;
  sink = sip.read(message, sip.Via)?.params.get('branch');
  sink = sip.read(message, sip.From)?.params.get('tag');
  sink = sip.read(message, sip.To)?.params.get('tag');
  sink = sip.read(message, sip.CallId);
  sink = sip.read(message, sip.CSeq)?.sequence;
}

/** Reads fields that JsSIP has parsed by then: it parses Via, From, To, CSeq and Contact of every message it reads. */
function touchRoutingJsSip(message: JsSipMessage): void {
  sink = message.ruri;
  sink = message.via_branch;
  sink = message.from_tag;
  sink = message.to_tag;
  sink = message.call_id;
  sink = message.cseq;
}

const sdp = benchMessages.invite!.slice(benchMessages.invite!.indexOf('v=0'));
const tagged = (tag: string): sip.Params => new Map([['tag', tag]]);
const callId = 'q8v4s0a1b2c3d4e5f6g7';

function buildInvite(): string | Uint8Array {
  return sip.writeMessage({
    method: 'INVITE',
    uri: 'sip:bob@voice.example.com',
    headers: [
      sip.header(sip.Route, { uri: 'sip:edge1.voice.example.com;transport=ws;lr', params: new Map() }),
      sip.header(sip.Via, {
        protocol: 'SIP',
        version: '2.0',
        transport: 'WSS',
        host: 'q8v4s7e2k1p0.invalid',
        params: new Map([['branch', 'z9hG4bK7d1f0c8e2a']]),
      }),
      sip.header(sip.MaxForwards, 70),
      sip.header(sip.To, { uri: 'sip:bob@voice.example.com', params: new Map() }),
      sip.header(sip.From, {
        displayName: 'Alice Liddell',
        uri: 'sip:alice@voice.example.com',
        params: tagged('6m2kq0'),
      }),
      sip.header(sip.CallId, callId),
      sip.header(sip.CSeq, { sequence: 4711, method: 'INVITE' }),
      sip.header(sip.Contact, { uri: 'sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws;ob', params: new Map() }),
      sip.header(sip.ContentType, { type: 'application/sdp', params: new Map() }),
      sip.header(sip.SessionExpires, { seconds: 90, params: new Map() }),
      sip.headerList(sip.Allow, [
        'INVITE',
        'ACK',
        'CANCEL',
        'BYE',
        'UPDATE',
        'MESSAGE',
        'OPTIONS',
        'REFER',
        'INFO',
        'NOTIFY',
      ]),
      sip.headerList(sip.Supported, ['timer', 'ice', 'replaces', 'outbound']),
      sip.header(sip.UserAgent, 'evercall'),
    ],
    body: sdp,
  });
}

function buildInviteJsSip(): string {
  const request = new jssipMessage.InitialOutgoingInviteRequest(
    jssipUri.parse('sip:bob@voice.example.com'),
    ua,
    { from_tag: '6m2kq0', call_id: callId, cseq: 4711 },
    [`Contact: <${ua.contact.uri};ob>`, 'Content-Type: application/sdp', 'Session-Expires: 90'],
    sdp,
  );
  request.setHeader('via', 'SIP/2.0/WSS q8v4s7e2k1p0.invalid;branch=z9hG4bK7d1f0c8e2a');
  return request.toString();
}

const uris = [
  'sip:alice@voice.example.com',
  'sip:k3v9x1@q8v4s7e2k1p0.invalid;transport=ws;ob',
  'sips:bob:secret@192.0.2.44:5061;transport=tcp',
  'sip:edge1.voice.example.com;lr',
];
const addresses = [
  '"Alice Liddell" <sip:alice@voice.example.com>;tag=6m2kq0v8rn',
  '<sip:bob@192.0.2.44:5061;transport=ws>;expires=600',
  'Bob <sip:bob@voice.example.com>',
  '<sip:edge1.voice.example.com;transport=ws;r2=on;lr>',
];

const each = <T>(items: readonly T[], run: (item: T) => unknown) => {
  return (): void => {
    for (const item of items) sink = run(item);
  };
};

export const parserBench: readonly ParserBench[] = [
  {
    name: 'parse, all fields a UA needs',
    perCall: messages.length,
    ours: each(messages, (text) => touchAll(parse(text))),
    jssip: each(messages, (text) => touchAllJsSip(jssipParser.parseMessage(text, ua))),
    sipjs: each(messages, (text) => touchAllJsSip(sipjs.Parser.parseMessage(text, silent))),
  },
  {
    name: 'parse, routing fields',
    perCall: messages.length,
    ours: each(messages, (text) => touchRouting(parse(text))),
    jssip: each(messages, (text) => touchRoutingJsSip(jssipParser.parseMessage(text, ua))),
    sipjs: each(messages, (text) => sipjs.Parser.parseMessage(text, silent)),
  },
  {
    name: 'build + serialize INVITE',
    perCall: 1,
    ours: () => (sink = buildInvite()),
    jssip: () => (sink = buildInviteJsSip()),
  },
  {
    name: 'URI parse',
    perCall: uris.length,
    ours: each(uris, (text) => sip.parseUri(text)),
    jssip: each(uris, (text) => jssipUri.parse(text)),
    sipjs: each(uris, (text) => sipjs.Grammar.URIParse(text)),
  },
  {
    // JsSIP and SIP.js parse the URI with the rest; ours keeps its text, as `Address` does.
    name: 'name-addr parse, URI as text',
    perCall: addresses.length,
    ours: each(addresses, (text) => sip.parseAddress(text)),
    jssip: each(addresses, (text) => jssipNameAddr.parse(text)),
    sipjs: each(addresses, (text) => sipjs.Grammar.nameAddrHeaderParse(text)),
  },
  {
    // Like for like: all three end with the parts of the URI.
    name: 'name-addr parse, URI parsed',
    perCall: addresses.length,
    ours: each(addresses, (text) => sip.parseUri(sip.parseAddress(text).uri)),
    jssip: each(addresses, (text) => jssipNameAddr.parse(text)),
    sipjs: each(addresses, (text) => sipjs.Grammar.nameAddrHeaderParse(text)),
  },
];
