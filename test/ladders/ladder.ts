// Call flows as the RFCs draw them: the column of one phone, line by line, with all the others played by the test.
//
//   → INVITE sdp            the phone sends a request, with a session description; `sipfrag:180` is what a NOTIFY reports
//   ← 180                   its last request is answered; `← 200 CANCEL` answers that one
//   ← INVITE sdp:sendonly   a request comes, in the dialog if there is one
//   → 200 sdp               the phone answers
//   · bob hangs up          something is done: the test says what
//
// After `|` come headers; `{name}` stands for what the test says under that name. Parties have names where there are several: `→carol INVITE sdp`.
import { assert } from 'chai';
import {
  CSeq,
  Contact,
  ParseError,
  To,
  headerValue,
  headerValues,
  isRequest,
  parseMessage,
  read,
} from '../../lib/parser/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

/** Somebody the phone talks with: the far end of a dialog, and the proxies on the way. */
interface Party {
  readonly name: string;
  callId: string;
  ourTag: string | undefined;
  readonly tag: string;
  sequence: number;
  /** The phone's Route headers in this dialog. */
  routes: readonly string[];
  /** Requests of the phone's that have no final response yet. */
  readonly open: SipRequest[];
  /** The last request to the phone, by its method. */
  readonly asked: Map<string, SipRequest>;
  invite: SipRequest | undefined;
  /** The final response that the phone's last INVITE got. */
  inviteStatus: number;
}

type Actions = Readonly<Record<string, () => unknown>>;

export class Ladder {
  readonly #phone: Phone;
  readonly #parties = new Map<string, Party>();
  #serial = 0;
  #version = 1;

  constructor(phone: Phone) {
    this.#phone = phone;
  }

  async play(script: string, actions: Actions = {}): Promise<void> {
    for (const line of script.split('\n').map((one) => one.trim())) {
      if (line === '') continue;
      try {
        await this.#rung(line, actions);
      } catch (error) {
        if (error instanceof Error) error.message = `${line}: ${error.message}`;
        throw error;
      }
    }
    await this.#phone.server.nothing();
  }

  /** The latest request of a method that the phone sent to a party. */
  async #rung(line: string, actions: Actions): Promise<void> {
    if (line.startsWith('·')) {
      const name = line.slice(1).trim();
      assert.property(actions, name);
      await actions[name]!();
      await settle();
      return;
    }
    const [, arrow, name = '', what, method, sdp, headers = ''] =
      /^([→←])(\w*) (\w+)(?: ([A-Z]+))?(?: (sdp(?::\w+)?|sipfrag:\d+))?(?: \| (.*))?$/.exec(line) ??
      assert.fail('a rung of a ladder');
    const party = this.#party(name);
    const fields = headers === '' ? [] : headers.split(' | ').map((field) => fill(field, actions));
    const isStatus = /^\d/.test(what!);
    if (arrow === '→')
      await (isStatus
        ? this.#expectResponse(party, Number(what), sdp, fields)
        : this.#expectRequest(party, what!, sdp, fields));
    else if (isStatus) this.#respond(party, Number(what), method, sdp, fields);
    else this.#send(party, what!, sdp, fields);
    await settle();
  }

  #party(name: string): Party {
    let party = this.#parties.get(name);
    if (!party) {
      const tag = name === '' ? 'peer' : name;
      party = {
        name: tag,
        callId: `ladder-${tag}`,
        ourTag: undefined,
        tag,
        sequence: 0,
        routes: [],
        open: [],
        asked: new Map(),
        invite: undefined,
        inviteStatus: 0,
      };
      this.#parties.set(name, party);
    }
    return party;
  }

  async #expectRequest(
    party: Party,
    method: string,
    sdp: string | undefined,
    fields: readonly string[],
  ): Promise<void> {
    await this.#phone.server.arrival();
    const request = await this.#phone.server.request(method);
    checkBody(request, sdp);
    checkFields(request, fields);
    const { sequence } = read(request, CSeq)!;
    const toTag = read(request, To)!.params.get('tag');
    if (method === 'ACK') {
      assert.equal(sequence, read(party.invite!, CSeq)!.sequence, 'the number of its INVITE (§13.2.2.4, §17.1.1.3)');
      if (party.inviteStatus >= 300) return;
    }
    if (toTag) {
      assert.equal(headerValue(request, 'Call-ID'), party.callId, `${party.name}'s dialog`);
      assert.deepEqual(headerValues(request, 'Route'), party.routes, 'the route set (§12.2.1.1)');
      if (method === 'ACK') return;
    } else if (method !== 'CANCEL') {
      party.callId = headerValue(request, 'Call-ID')!;
      party.ourTag = /;tag=([^;]+)/.exec(headerValue(request, 'From')!)![1];
    }
    if (method === 'INVITE') party.invite = request;
    party.open.push(request);
  }

  #respond(
    party: Party,
    status: number,
    method: string | undefined,
    sdp: string | undefined,
    fields: readonly string[],
  ): void {
    const request = party.open.filter((one) => method === undefined || one.method === method).at(-1);
    if (!request) return assert.fail(`a ${method ?? 'request'} that waits for its response`);
    if (status >= 200) party.open.splice(party.open.indexOf(request), 1);
    if (request.method === 'INVITE') {
      if (status >= 200) party.inviteStatus = status;
      const recorded = fields.filter((field) => field.startsWith('Record-Route: ')).map((field) => field.slice(14));
      if (status > 100 && status < 300 && recorded.length > 0) party.routes = recorded.reverse();
    }
    const contact =
      request.method === 'INVITE' && status > 100 && status < 300
        ? [`Contact: <sip:${party.name}@client.${party.name}.example>`]
        : [];
    const type = contentType(sdp);
    this.#phone.server.respond(request, status, {
      headers: [...contact, ...type, ...fields],
      body: this.#describe(sdp, request.body.length > 0 ? 'active' : 'actpass'),
      toTag: status === 100 ? undefined : party.tag,
    });
  }

  #send(party: Party, method: string, sdp: string | undefined, fields: readonly string[]): void {
    const isNew = party.ourTag === undefined;
    const invite = party.asked.get('INVITE');
    if (method !== 'ACK' && method !== 'CANCEL') party.sequence++;
    const sequence = method === 'ACK' || method === 'CANCEL' ? read(invite!, CSeq)!.sequence : party.sequence;
    const branch =
      method === 'CANCEL' ? /branch=([^;]+)/.exec(headerValue(invite!, 'Via')!)![1] : `z9hG4bKladder${++this.#serial}`;
    const toTag = isNew || method === 'CANCEL' ? '' : `;tag=${party.ourTag}`;
    const body = this.#describe(sdp, method === 'ACK' ? 'active' : 'actpass');
    const text = [
      `${method} sip:alice@atlanta.example.com SIP/2.0`,
      `Via: SIP/2.0/WS ss1.atlanta.example.com;branch=${branch}`,
      'Max-Forwards: 69',
      `From: ${party.name} <sip:${party.name}@biloxi.example.com>;tag=${party.tag}`,
      `To: Alice <sip:alice@atlanta.example.com>${toTag}`,
      `Call-ID: ${party.callId}`,
      `CSeq: ${sequence} ${method}`,
      ...(['INVITE', 'UPDATE', 'REFER', 'NOTIFY'].includes(method)
        ? [`Contact: <sip:${party.name}@client.${party.name}.example>`]
        : []),
      ...contentType(sdp),
      ...fields,
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
    const request = parseMessage(text);
    assert(!(request instanceof ParseError) && isRequest(request));
    party.asked.set(method, request);
    if (method === 'INVITE' && isNew)
      party.routes = fields.filter((field) => field.startsWith('Record-Route: ')).map((field) => field.slice(14));
    this.#phone.server.send(text);
  }

  async #expectResponse(
    party: Party,
    status: number,
    sdp: string | undefined,
    fields: readonly string[],
  ): Promise<void> {
    await this.#phone.server.arrival();
    const response = await this.#phone.server.response(status);
    checkBody(response, sdp);
    checkFields(response, fields);
    const { method } = read(response, CSeq)!;
    if (method !== 'INVITE' || status === 100 || status >= 300) return;
    party.ourTag = read(response, To)!.params.get('tag') ?? undefined;
    assert(read(response, Contact), 'a Contact (§12.1.1)');
  }

  #describe(sdp: string | undefined, setup: 'active' | 'actpass'): string {
    if (!sdp) return '';
    if (sdp.startsWith('sipfrag')) return `SIP/2.0 ${sdp.split(':')[1]} So It Is\r\n`;
    return peerSdp(sdp.split(':')[1], this.#version++).replace('a=setup:active', `a=setup:${setup}`);
  }
}

const fill = (text: string, values: Actions): string =>
  text.replace(/\{([^}]+)\}/g, (_, name: string) => String(values[name]?.()));

function contentType(sdp: string | undefined): string[] {
  if (!sdp) return [];
  return [`Content-Type: ${sdp.startsWith('sipfrag') ? 'message/sipfrag;version=2.0' : 'application/sdp'}`];
}

function checkBody(message: SipMessage, sdp: string | undefined): void {
  if (!sdp) assert.equal(message.body, '', 'no session description');
  else if (sdp.startsWith('sipfrag')) assert.match(String(message.body), new RegExp(`^SIP/2.0 ${sdp.split(':')[1]} `));
  else assert.match(String(message.body), new RegExp(`^v=0[^]*a=${sdp.split(':')[1] ?? 'sendrecv'}\\r`), sdp);
}

/** Each names a header and how its value begins. */
function checkFields(message: SipRequest | SipResponse, fields: readonly string[]): void {
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon);
    const values = headerValues(message, name);
    const start = field.slice(colon + 1).trim();
    assert.isTrue(
      values.some((value) => value.startsWith(start)),
      `${field}; there is ${values.join(' | ') || 'none'}`,
    );
  }
}
