// REFER and its NOTIFYs, seen from the peer: who is asked to call someone, and who asks.
import { headerValue } from '../../lib/parser/index.js';
import type { Call, Transfer, TransferOptions } from '../../lib/index.js';
import type { SipRequest, SipResponse } from '../../lib/parser/index.js';
import { inDialog, talkingTo, towards } from './calls.js';
import type { Phone } from './phone.js';
import type { ResponseParts } from './scripted-server.js';

/** A call of ours, on its way to someone else: the REFER waits for its answer. */
export interface Referring extends Phone {
  readonly call: Call;
  readonly invite: SipRequest;
  readonly transfer: Transfer;
  readonly refer: SipRequest;
}

/** Not held first, unless the options say so. */
export async function referring(
  options: TransferOptions = {},
  { target = '200', ok = {} }: { readonly target?: string | Call; readonly ok?: ResponseParts } = {},
): Promise<Referring> {
  const stage = await talkingTo(ok);
  const transfer = stage.call.transfer(target, { hold: false, ...options });
  await stage.server.arrival();
  return { ...stage, transfer, refer: await stage.server.request('REFER') };
}

/** What a NOTIFY says besides its status line. */
export interface Report {
  readonly state?: string;
  readonly id?: number;
  readonly headers?: Record<string, string>;
}

const active = 'active;expires=60';
const over = 'terminated;reason=noresource';

const reportHeaders = (status: number, { state, id, headers }: Report): Record<string, string> => ({
  Event: id === undefined ? 'refer' : `refer;id=${id}`,
  'Subscription-State': state ?? (status < 200 ? active : over),
  'Content-Type': 'message/sipfrag;version=2.0',
  Contact: '<sip:bob@bob.invalid;transport=ws>',
  ...headers,
});

/** A NOTIFY of the peer's, in the dialog of our INVITE. */
export const report = (invite: SipRequest, sequence: number, status: number, parts: Report = {}): string =>
  towards('NOTIFY', invite, sequence, reportHeaders(status, parts), `SIP/2.0 ${status} So It Is\r\n`);

/** A REFER of the peer's, in the dialog that our response made. */
export const refers = (
  ok: SipResponse,
  sequence: number,
  referTo = '<sip:carol@example.com>',
  headers: Record<string, string> = {},
): string =>
  inDialog('REFER', ok, sequence, {
    'Refer-To': referTo,
    'Referred-By': '<sip:bob@example.com>',
    Contact: '<sip:bob@bob.invalid;transport=ws>',
    ...headers,
  });

/** Event, Subscription-State and status line of a NOTIFY of ours. */
export const said = (notify: SipRequest): readonly unknown[] => [
  headerValue(notify, 'Event'),
  headerValue(notify, 'Subscription-State'),
  String(notify.body).trim(),
];
