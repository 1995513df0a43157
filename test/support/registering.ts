// A phone at a registrar that the test plays: what most tests of registrations begin with.
import { assert } from 'chai';
import { Contact, readAll } from '../../lib/parser/index.js';
import type { Address, SipRequest } from '../../lib/parser/index.js';
import type { RegistrationState } from '../../lib/index.js';
import { phone } from './phone.js';
import type { Phone, PhoneOptions } from './phone.js';

export const challenge = 'WWW-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"';

export interface RegisteringPhone extends Phone {
  readonly register: SipRequest;
  /** Every state that was told, from the first answer on. */
  readonly states: RegistrationState[];
}

/** Its first REGISTER has come and waits for an answer. */
export async function registering(options: PhoneOptions = {}): Promise<RegisteringPhone> {
  const stage = await phone({ ...options, account: { register: true, ...options.account } });
  const states: RegistrationState[] = [];
  stage.account.on('registrationChanged', ({ state }) => states.push(state));
  return { ...stage, register: await stage.server.request('REGISTER'), states };
}

/** Registered, for `expires` seconds. */
export async function registered(
  options: PhoneOptions & {
    readonly expires?: number;
    readonly headers?: readonly string[];
    readonly extra?: string;
  } = {},
): Promise<RegisteringPhone> {
  const { expires = 600, headers = [], extra = '', ...rest } = options;
  const stage = await registering(rest);
  stage.server.respond(stage.register, 200, { headers: [bound(stage.register, expires, extra), ...headers] });
  await stage.account.registered;
  stage.states.length = 0;
  return stage;
}

export function contacts(register: SipRequest): Address[] {
  return readAll(register, Contact).filter((contact) => contact !== '*');
}

/** Our own Contact: the first, if it asks for time. */
export function contactOf(register: SipRequest): Address {
  const [contact] = contacts(register);
  assert(contact, 'a Contact of ours');
  return contact;
}

/** Contacts that a REGISTER removes. */
export const leaving = (register: SipRequest): string[] =>
  contacts(register)
    .filter(({ params }) => params.get('expires') === '0')
    .map(({ uri }) => uri);

/** The binding as a registrar lists it. */
export function bound(register: SipRequest, expires: number, extra = ''): string {
  const { uri, params } = contactOf(register);
  const instance = params.get('+sip.instance');
  const regId = params.get('reg-id');
  const own = `${instance ? `;+sip.instance="${instance}"` : ''}${regId ? `;reg-id=${regId}` : ''}`;
  return `Contact: <${uri}>;expires=${expires}${own}${extra}`;
}
