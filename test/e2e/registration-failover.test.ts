// Registrations that outlive their server, from Node: Kamailio restarts, goes away, stands still.
import { assert } from 'chai';
import type { Account, UserAgentOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

async function registered(
  servers: readonly Kamailio[],
  user: string,
  options: Partial<UserAgentOptions> = {},
): Promise<Account> {
  const agent = new NodeAgent({ servers: servers.map(({ wsUrl }) => wsUrl), ...options });
  agents.push(agent);
  const account = agent.ua.addAccount({
    uri: `sip:${user}@${Kamailio.domain}`,
    password: `pw${user}`,
    outboundProxies: [`sip:${Kamailio.domain}`],
  });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

/** Resolves when the registrar lists the account by the Contact that it has now. */
function bound(account: Account, at: Kamailio): Promise<true> {
  const user = /^sip:(\w+)@/.exec(account.uri)![1]!;
  return until(15_000, `${user} to be bound at ${at.wsUrl}`, async () => {
    const contacts = (await at.locations(user)).map(({ contact }) => contact);
    return contacts.length === 1 && contacts[0] === account.contact && account.isRegistered ? true : undefined;
  });
}

describe('registration when the server fails', () => {
  const first = new Kamailio();
  const second = new Kamailio();

  before(() => Promise.all([first.start(), second.start()]));
  after(() => Promise.all([first.stop(), second.stop()]));
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  });

  it('a registrar that was restarted and forgot everything has the binding back within 1 s of listening again', async () => {
    const account = await registered([first], '1001');
    await first.restart();
    const listening = performance.now();
    await bound(account, first);
    assert.isBelow(performance.now() - listening, 1000);
  });

  it('IPC-46: when the first server stops the account is registered at the second one, and again at the first when that is back', async () => {
    const account = await registered([first, second], '1002', { failback: 1 });
    await bound(account, first);
    const stopping = performance.now();
    const stopped = first.stop();
    await bound(account, second);
    assert.isBelow(performance.now() - stopping, 2000);
    await stopped;
    await first.start();
    await bound(account, first);
    const routes = agents[0]!.requests('REGISTER').map((request) => headerValue(request, 'Route'));
    assert.deepEqual(
      new Set(routes),
      new Set([`<sip:${Kamailio.domain};lr>`]),
      'the route does not change with the server',
    );
  });

  it('ACC-36: a server that stands still leaves a REGISTER without an answer: the connection is given up, and the second server has the account', async () => {
    const account = await registered([first, second], '1003', { T1: 20, connectTimeout: 300, failback: false });
    first.freeze();
    try {
      const error = await account.register().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.deepInclude(error, { code: 'timeout', status: 408 });
      await bound(account, second);
    } finally {
      first.thaw();
    }
  });
});
