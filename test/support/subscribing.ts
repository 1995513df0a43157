// A phone with a subscription at a notifier that the test plays.
import { assert } from 'chai';
import { subscriptionParts } from '../../lib/account/account-subscriptions.js';
import type { SubscribeOptions, Subscription, SubscriptionChange, SubscriptionEnd } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { peerRequest } from './phone.js';
import type { Phone, PhoneOptions } from './phone.js';
import { registered } from './registering.js';
import type { RegisteringPhone } from './registering.js';

export interface NotifyParts {
  /** Subscription-State; undefined leaves it out. */
  readonly state?: string | undefined;
  /** Of the notifier: one for each fork. @default peer */
  readonly tag?: string;
  readonly sequence?: number;
  readonly event?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A NOTIFY in the dialog that `subscribe` is to make, or lies in. */
export function notifyOf(subscribe: SipRequest, parts: NotifyParts = {}): string {
  const { tag = 'peer', sequence = 1, event = headerValue(subscribe, 'Event')!, body = '' } = parts;
  const { contentType = 'application/pidf+xml', headers } = parts;
  const state = 'state' in parts ? parts.state : 'active;expires=3600';
  return peerRequest(
    'NOTIFY',
    {
      uri: /<([^>]+)>/.exec(headerValue(subscribe, 'Contact')!)![1]!,
      From: `${headerValue(subscribe, 'To')!.replace(/;tag=.*/, '')};tag=${tag}`,
      To: headerValue(subscribe, 'From')!,
      'Call-ID': headerValue(subscribe, 'Call-ID')!,
      CSeq: `${sequence} NOTIFY`,
      Contact: '<sip:notifier@presence.example;transport=ws>',
      Event: event,
      ...(state === undefined ? {} : { 'Subscription-State': state }),
      ...(body ? { 'Content-Type': contentType } : {}),
      ...headers,
    },
    body,
  );
}

export interface SubscribingPhone extends RegisteringPhone {
  readonly subscription: Subscription;
  /** The SUBSCRIBE, which waits for an answer. */
  readonly subscribe: SipRequest;
  readonly changes: SubscriptionChange[];
  readonly ends: SubscriptionEnd[];
  /** The bodies of what was notified. */
  readonly notified: string[];
}

/** A SUBSCRIBE for Bob's presence has come and waits for an answer. */
export async function subscribing(
  options: Partial<SubscribeOptions> = {},
  phoneOptions: PhoneOptions & { readonly expires?: number } = {},
): Promise<SubscribingPhone> {
  await subscriptionParts.load(); // it takes real time
  const stage = await registered({ expires: 1_000_000, ...phoneOptions });
  const watched = watch(stage, options);
  return { ...stage, ...watched, subscribe: await stage.server.request('SUBSCRIBE') };
}

/** Subscribes to Bob, and takes down what becomes of it. */
export function watch(
  { account }: Pick<Phone, 'account'>,
  options: Partial<SubscribeOptions> = {},
): Pick<SubscribingPhone, 'subscription' | 'changes' | 'ends' | 'notified'> {
  const subscription = account.subscribeTo('sip:bob@example.com', { event: 'presence', ...options });
  const changes: SubscriptionChange[] = [];
  const ends: SubscriptionEnd[] = [];
  const notified: string[] = [];
  subscription.on('stateChanged', (change) => changes.push(change));
  subscription.on('terminated', (end) => ends.push(end));
  subscription.on('notified', ({ body }) => notified.push(body as string));
  return { subscription, changes, ends, notified };
}

/** Taken and confirmed: `active`, for `expires` seconds. */
export async function subscribed(
  options: Partial<SubscribeOptions> & { readonly granted?: number } = {},
  phoneOptions: PhoneOptions & { readonly expires?: number } = {},
): Promise<SubscribingPhone> {
  const { granted = 3600, ...rest } = options;
  const stage = await subscribing(rest, phoneOptions);
  await confirm(stage, stage.subscribe, granted);
  stage.changes.length = 0;
  stage.notified.length = 0;
  return stage;
}

/** Answers a SUBSCRIBE with 200 and a NOTIFY, whose 200 it takes. */
export async function confirm(
  { server }: Pick<Phone, 'server'>,
  subscribe: SipRequest,
  granted = 3600,
  parts: NotifyParts = {},
): Promise<void> {
  server.respond(subscribe, 200, { headers: [`Expires: ${granted}`], toTag: parts.tag ?? 'peer' });
  server.send(notifyOf(subscribe, { state: `active;expires=${granted}`, ...parts }));
  await server.response(200);
}

/** Milliseconds until the next SUBSCRIBE, to the tenth of a second; and that SUBSCRIBE. */
export async function nextSubscribe(
  { server, clock }: Pick<SubscribingPhone, 'server' | 'clock'>,
  atMost = 8000_000,
): Promise<[number, SipRequest]> {
  for (let waited = 0; waited <= atMost; waited += 100) {
    const [request] = await server.take('SUBSCRIBE');
    if (request) return [waited, request];
    await clock.advance(100);
  }
  return assert.fail(`no SUBSCRIBE within ${atMost} ms`);
}
