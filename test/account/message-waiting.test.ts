import { assert } from 'chai';
import { subscriptionParts } from '../../lib/account/account-subscriptions.js';
import type { MessageSummary } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, phone } from '../support/phone.js';
import type { PhoneOptions } from '../support/phone.js';
import { bound, registered } from '../support/registering.js';
import type { RegisteringPhone } from '../support/registering.js';
import { confirm, notifyOf } from '../support/subscribing.js';

const contentType = 'application/simple-message-summary';

const summary = (fresh: number, old = 0): string =>
  `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}\r\nVoice-Message: ${fresh}/${old}\r\n`;

interface Mailbox extends RegisteringPhone {
  readonly told: MessageSummary[];
}

async function mailbox(messageWaiting: PhoneOptions['account'], options: PhoneOptions = {}): Promise<Mailbox> {
  await subscriptionParts.load(); // it takes real time
  const stage = await registered({ expires: 1_000_000, ...options, account: messageWaiting ?? {} });
  const told: MessageSummary[] = [];
  stage.account.on('messageWaitingChanged', (payload) => told.push(payload));
  return { ...stage, told };
}

/** A NOTIFY that nobody asked for. */
const unsolicited = (body: string, headers: Readonly<Record<string, string>> = {}): string =>
  peerRequest(
    'NOTIFY',
    { Event: 'message-summary', 'Subscription-State': 'active', 'Content-Type': contentType, ...headers },
    body,
  );

describe('messages that wait (RFC 3842)', () => {
  it('PRES-5: with messageWaiting: true the account subscribes when it is registered, and tells what waits', async () => {
    const stage = await mailbox({ messageWaiting: true });
    const { account, ua, server, told } = stage;
    const atUserAgent: unknown[] = [];
    ua.on('messageWaitingChanged', (payload) => atUserAgent.push(payload.account));
    const subscribe = await server.request('SUBSCRIBE');
    assert.equal(subscribe.uri, 'sip:alice@example.com');
    assert.equal(headerValue(subscribe, 'Event'), 'message-summary');
    assert.equal(headerValue(subscribe, 'Accept'), contentType);
    assert.equal(headerValue(subscribe, 'Expires'), '3600');
    assert.equal(account.messageWaiting, undefined);
    const before = account.getSnapshot();
    await confirm(stage, subscribe, 3600, {
      contentType,
      body: 'Messages-Waiting: yes\r\nVoice-Message: 2/8 (1/2)\r\n',
    });
    assert.lengthOf(told, 1);
    assert.include(told[0], { waiting: true, newMessages: 2, oldMessages: 8, urgent: 1 });
    assert.deepEqual(atUserAgent, [account]);
    assert.equal(account.messageWaiting?.newMessages, 2);
    assert.notEqual(account.getSnapshot(), before);
    assert.equal(account.getSnapshot().messageWaiting?.newMessages, 2);
  });

  it('PRES-5: what is said anew with each refresh is told once', async () => {
    const stage = await mailbox({ messageWaiting: true });
    const { server, told } = stage;
    const subscribe = await server.request('SUBSCRIBE');
    await confirm(stage, subscribe, 3600, { contentType, body: summary(1) });
    for (const [sequence, fresh] of [1, 2, 2, 0].entries()) {
      server.send(notifyOf(subscribe, { sequence: sequence + 2, contentType, body: summary(fresh) }));
      await server.response(200);
    }
    assert.deepEqual(
      told.map(({ newMessages }) => newMessages),
      [1, 2, 0],
    );
  });

  it('LIN-42: the mailbox and the time may be named', async () => {
    const { server } = await mailbox({ messageWaiting: { target: 'sip:*97@vmail.example.com', expires: 600 } });
    const subscribe = await server.request('SUBSCRIBE');
    assert.equal(subscribe.uri, 'sip:*97@vmail.example.com');
    assert.equal(headerValue(subscribe, 'Expires'), '600');
  });

  it('PRES-5: a summary that nobody asked for is taken, too (PJSIP’s enable_unsolicited_mwi)', async () => {
    const { server, told, account } = await mailbox({});
    await server.nothing();
    server.send(unsolicited(summary(3)));
    await server.response(200);
    assert.include(told[0], { newMessages: 3 });
    assert.include(account.messageWaiting, { waiting: true });
  });

  it('… of another type it gets 415, and with messageWaiting: false it is none of ours: 481', async () => {
    const { server, told } = await mailbox({});
    server.send(unsolicited('<xml/>', { 'Content-Type': 'text/xml' }));
    assert.equal(headerValue(await server.response(415), 'Accept'), contentType);
    assert.deepEqual(told, []);

    const other = await mailbox({ messageWaiting: false });
    other.server.send(unsolicited(summary(1)));
    await other.server.response(481);
    assert.deepEqual(other.told, []);
  });

  it('a NOTIFY of another event that nobody asked for is the app’s, else it gets 481', async () => {
    const { server, ua } = await mailbox({});
    server.send(unsolicited('x', { Event: 'check-sync' }));
    await server.response(481);
    ua.on('request', ({ respond }) => {
      respond(200);
    });
    server.send(unsolicited('x', { Event: 'check-sync', 'Call-ID': 'other' }));
    await server.response(200);
  });

  it('each account hears of its own mailbox', async () => {
    const { server, ua, told } = await mailbox({});
    const other = ua.addAccount({ uri: 'sip:carol@example.com', register: false });
    server.send(unsolicited(summary(1), { To: '<sip:carol@example.com>', uri: 'sip:carol@example.com' }));
    await server.response(200);
    assert.deepEqual(told, []);
    assert.include(other.messageWaiting, { newMessages: 1 });
  });

  it('PRES-7: it survives the connection, and ends with the registration', async () => {
    const stage = await mailbox({ messageWaiting: true });
    const { account, server, clock } = stage;
    const subscribe = await server.request('SUBSCRIBE');
    await confirm(stage, subscribe, 3600, { contentType, body: summary(1) });
    server.socket.drop();
    await clock.advance(5000);
    const register = await server.request('REGISTER');
    server.respond(register, 200, { headers: [bound(register, 600)] });
    const refresh = await server.request('SUBSCRIBE');
    assert.equal(headerValue(refresh, 'Call-ID'), headerValue(subscribe, 'Call-ID'));
    await confirm(stage, refresh, 3600, { sequence: 2, contentType, body: summary(1) });
    void account.unregister();
    assert.equal(headerValue(await server.request('SUBSCRIBE'), 'Expires'), '0');
    await server.request('REGISTER');
  });

  it('options may change: subscribed and unsubscribed by update(), and nothing else on the wire', async () => {
    const stage = await mailbox({});
    const { account, server } = stage;
    await account.update({ messageWaiting: true });
    const subscribe = await server.request('SUBSCRIBE');
    await confirm(stage, subscribe, 3600, { contentType, body: summary(1) });
    await account.update({ messageWaiting: { expires: 60 } });
    const [last, other] = await server.take('SUBSCRIBE');
    assert.equal(headerValue(last!, 'Expires'), '0');
    assert.equal(headerValue(other!, 'Expires'), '60');
    await account.update({ messageWaiting: false });
    await server.nothing();
    await settle();
  });

  it('a server without mailboxes: said once in the log, and not asked again', async () => {
    const { server, log, clock } = await mailbox({ messageWaiting: true });
    server.respond(await server.request('SUBSCRIBE'), 489);
    await clock.advance(86400_000 / 4);
    await server.nothing();
    assert.lengthOf(
      log.filter((line) => line.includes('messages that wait')),
      1,
    );
  });

  for (const [option, value] of [
    ['messageWaiting.expires', { expires: 0 }],
    ['messageWaiting.target', { target: 'nobody@' }],
    ['mailbox', { mailbox: 'x' }],
  ] as const) {
    it(`${option}: ${JSON.stringify(value)} is refused, by name`, async () => {
      const { ua } = await phone();
      assert.throws(
        () => ua.addAccount({ uri: 'sip:carol@example.com', messageWaiting: value as never }),
        new RegExp(`^${option}`),
      );
    });
  }

  it('exported and imported, the option is kept', async () => {
    const { ua } = await phone();
    ua.addAccount({ uri: 'sip:carol@example.com', register: false, messageWaiting: { expires: 60 } });
    const { accounts } = await ua.exportAccounts();
    assert.deepEqual(accounts[1]!.options.messageWaiting, { expires: 60 });
  });
});
