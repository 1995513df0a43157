// Subscriptions at Kamailio's presence server, from Node: presence and message waiting, over a change of the network and a restart.
import { assert } from 'chai';
import type { Account, AccountOptions, Subscription } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];
const domain = Kamailio.domain;

interface Phone {
  readonly agent: NodeAgent;
  readonly account: Account;
}

async function registered(kamailio: Kamailio, user: string, options: Partial<AccountOptions> = {}): Promise<Phone> {
  const agent = new NodeAgent({ servers: [kamailio.wsUrl] });
  agents.push(agent);
  const account = agent.ua.addAccount({ uri: `sip:${user}@${domain}`, password: `pw${user}`, ...options });
  await within(10_000, `${user} to be registered`, account.registered);
  return { agent, account };
}

async function publish(account: Account, event: string, contentType: string, body: string): Promise<void> {
  const headers = [
    { name: 'Event', value: event },
    { name: 'Expires', value: '600' },
    { name: 'Content-Type', value: contentType },
  ];
  const { status, reason } = await within(
    10_000,
    'the PUBLISH',
    account.request('PUBLISH', account.uri, { headers, body }),
  );
  assert.equal(status, 200, reason);
}

const publishPresence = (account: Account, note: string): Promise<void> =>
  publish(
    account,
    'presence',
    'application/pidf+xml',
    `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${account.uri}">` +
      `<tuple id="t1"><status><basic>open</basic></status><note>${note}</note></tuple></presence>`,
  );

const publishMessages = (account: Account, fresh: number): Promise<void> =>
  publish(
    account,
    'message-summary',
    'application/simple-message-summary',
    `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}\r\nMessage-Account: ${account.uri}\r\nVoice-Message: ${fresh}/0 (0/0)\r\n`,
  );

const told = (subscription: Subscription, note: string): Promise<unknown> =>
  until(15_000, `"${note}" to be notified`, () => (String(subscription.last?.body).includes(note) ? true : undefined));

const subscribeIds = (agent: NodeAgent): (string | undefined)[] =>
  agent.requests('SUBSCRIBE').map((request) => headerValue(request, 'Call-ID'));

describe('subscriptions at Kamailio', () => {
  const kamailio = new Kamailio();

  before(() => kamailio.start());
  after(() => kamailio.stop());
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  });

  it('PRES-1: presence: challenged, taken, notified of what is published, ended with a last NOTIFY', async () => {
    const { account } = await registered(kamailio, '1001');
    const { account: watcher } = await registered(kamailio, '1002');
    const subscription = watcher.subscribeTo(account.uri, { event: 'presence', accept: 'application/pidf+xml' });
    await within(10_000, 'the first NOTIFY', subscription.accepted);
    assert.equal(subscription.state, 'active');
    await publishPresence(account, 'in a meeting');
    await told(subscription, 'in a meeting');
    assert.equal(subscription.last!.contentType, 'application/pidf+xml');
    await within(10_000, 'the last NOTIFY', subscription.unsubscribe());
    assert.equal(subscription.state, 'terminated');
    await publishPresence(account, 'gone');
    assert.notInclude(String(subscription.last?.body), 'gone');
  });

  it('489: an event package that the server does not know', async () => {
    const { account } = await registered(kamailio, '1003');
    const subscription = account.subscribeTo('1004', { event: 'presence.unheard-of' });
    const error = await within(10_000, 'the refusal', subscription.accepted).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.include(error, { code: 'eventUnsupported', status: 489 });
  });

  it('PRES-7: another network: the same dialog goes on over the new connection, and is notified there', async () => {
    const { account } = await registered(kamailio, '1005');
    const { account: watcher, agent } = await registered(kamailio, '1006');
    const subscription = watcher.subscribeTo(account.uri, { event: 'presence' });
    await within(10_000, 'the first NOTIFY', subscription.accepted);
    const [callId] = subscribeIds(agent);
    const before = agent.requests('SUBSCRIBE').length;
    await agent.ua.handleIpChange({ reason: 'the test' });
    await until(10_000, 'the refresh', () => agent.requests('SUBSCRIBE').length > before || undefined);
    assert.lengthOf(agent.opened, 2);
    await publishPresence(account, 'still here');
    await told(subscription, 'still here');
    assert.deepEqual(new Set(subscribeIds(agent)), new Set([callId]), 'one dialog');
    assert.equal(subscription.state, 'active');
  });

  it('S15: a server that was restarted and forgot everything: another dialog, the same object, notified again', async () => {
    const { account } = await registered(kamailio, '1007');
    const { account: watcher, agent } = await registered(kamailio, '1008');
    const subscription = watcher.subscribeTo(account.uri, { event: 'presence' });
    const ends: unknown[] = [];
    subscription.on('terminated', (end) => ends.push(end));
    await within(10_000, 'the first NOTIFY', subscription.accepted);
    const [callId] = subscribeIds(agent);
    const ours = subscription.once('stateChanged');
    await kamailio.restart();
    await within(15_000, 'another subscription', ours);
    await until(15_000, 'it to be active', () => subscription.state === 'active' || undefined);
    assert.notEqual(subscribeIds(agent).at(-1), callId);
    await within(10_000, '1007 to be registered', account.registered);
    await publishPresence(account, 'back again');
    await told(subscription, 'back again');
    assert.deepEqual(ends, []);
  });

  it('PRES-5: messages that wait are told, and told again after a restart of the server', async () => {
    const { account } = await registered(kamailio, '1009', { messageWaiting: true });
    const count = (): number | undefined => account.messageWaiting?.newMessages;
    const subscribed = (): true | undefined =>
      agents[0]!.responses('SUBSCRIBE').some(({ status }) => status < 300) || undefined;
    await until(10_000, 'the subscription', subscribed);
    await publishMessages(account, 3);
    await until(15_000, 'three messages', () => count() === 3 || undefined);
    assert.isTrue(account.messageWaiting!.waiting);
    await kamailio.restart();
    const before = subscribeIds(agents[0]!).length;
    await until(15_000, 'another SUBSCRIBE', () => subscribeIds(agents[0]!).length > before || undefined);
    await within(10_000, 'it to be registered', account.registered);
    await publishMessages(account, 0);
    await until(15_000, 'no messages', () => count() === 0 || undefined);
    assert.isFalse(account.messageWaiting!.waiting);
  });
});
