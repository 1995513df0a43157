// Servers that pong, that stand still, that go and come back: real Kamailios, from Node.
import { assert } from 'chai';
import type { Account, AccountEvents } from '../../lib/index.js';
import type { UserAgentOptions } from '../../lib/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

function agent(servers: readonly Kamailio[], options: Partial<UserAgentOptions>): NodeAgent {
  const made = new NodeAgent({ servers: servers.map(({ wsUrl }) => wsUrl), ...options });
  agents.push(made);
  return made;
}

async function registered({ ua }: NodeAgent, user: string): Promise<Account> {
  const account = ua.addAccount({ uri: `sip:${user}@${Kamailio.domain}`, password: `pw${user}` });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

/** Resolves with the moment at which the connection comes or goes. */
function connection(account: Account, wanted: boolean): Promise<number> {
  return new Promise((resolve) => {
    const undo = account.on('connectionChanged', ({ connected }: AccountEvents['connectionChanged']) => {
      if (connected !== wanted) return;
      undo();
      resolve(Date.now());
    });
  });
}

/** The last ping has its pong: from here the next one is sent, and waits for its own. */
async function ponged({ ua }: NodeAgent): Promise<void> {
  const { framesIn, pings } = ua.stats;
  await until(10_000, 'a pong', () => (ua.stats.pings > pings && ua.stats.framesIn > framesIn) || undefined);
}

const isAt = async (kamailio: Kamailio, account: Account, user: string): Promise<boolean> =>
  account.isRegistered && (await kamailio.locations(user)).some(({ contact }) => contact === account.contact);

describe('keep-alive and fail-over at Kamailio', function () {
  this.timeout(60_000);
  const first = new Kamailio();
  const second = new Kamailio();

  before(() => Promise.all([first.start(), second.start()]));
  after(() => Promise.all([first.stop(), second.stop()]));
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((made) => made.stop()));
  });

  it('ACC-37: CRLF CRLF is answered, and nothing else is asked', async () => {
    const phone = agent([first], { keepAlive: 1 });
    await registered(phone, '1001');
    const { framesIn } = phone.ua.stats;
    await until(10_000, 'five pings', () => phone.ua.stats.pings >= 5 || undefined);
    assert.isAtLeast(phone.ua.stats.framesIn, framesIn + 4, 'pongs');
    assert.equal(phone.ua.stats.messagesOut, 2);
    assert.lengthOf(phone.opened, 1);
  });

  it('ACC-37: a server that stands still is given up within 12 s of the ping, and is taken again when it moves', async () => {
    const phone = agent([first], { keepAlive: 2 });
    const account = await registered(phone, '1002');
    await ponged(phone);
    const lost = connection(account, false);
    first.freeze();
    try {
      const { pings } = phone.ua.stats;
      await until(5000, 'a ping without an answer', () => phone.ua.stats.pings > pings || undefined);
      const pinged = Date.now();
      assert.isAtMost((await within(15_000, 'the loss', lost)) - pinged, 12_000);
      assert.isFalse(account.isRegistered);
    } finally {
      first.thaw();
    }
    await until(10_000, 'the registration', async () => (await isAt(first, account, '1002')) || undefined);
  });

  it('ACC-37: where there is another server, it is asked first, and has us within 12 s of the ping', async () => {
    const phone = agent([first, second], { keepAlive: 2, failback: false });
    const account = await registered(phone, '1003');
    await ponged(phone);
    first.freeze();
    try {
      const { pings } = phone.ua.stats;
      await until(5000, 'a ping without an answer', () => phone.ua.stats.pings > pings || undefined);
      await until(12_000, 'the other server', async () => (await isAt(second, account, '1003')) || undefined);
    } finally {
      first.thaw();
    }
  });

  it('the first of two servers stops: the account is at the second within 2 s, and goes back when it may', async () => {
    const phone = agent([first, second], { failback: 2 });
    const faithful = agent([first, second], { failback: false });
    const account = await registered(phone, '1004');
    const other = await registered(faithful, '1005');
    const lost = connection(account, false);
    const stopped = first.stop();
    const gone = await within(10_000, 'the loss', lost);
    await until(5000, 'the second server', async () => (await isAt(second, account, '1004')) || undefined);
    assert.isAtMost(Date.now() - gone, 2000);
    await until(5000, 'the other account', async () => (await isAt(second, other, '1005')) || undefined);
    await stopped;
    const losses: string[] = [];
    for (const each of [account, other])
      each.on('connectionChanged', ({ connected }) => connected || losses.push(each.uri));
    await first.start();
    await until(10_000, 'the way back', async () => (await isAt(first, account, '1004')) || undefined);
    assert.isTrue(await isAt(second, other, '1005'), 'server affinity');
    assert.isEmpty(losses, 'make before break');
  });
});
