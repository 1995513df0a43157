// Registrations at Kamailio, from Node: what its location table holds after each step.
import { assert } from 'chai';
import { EvercallError } from '../../lib/index.js';
import type { Account, UserAgentOptions } from '../../lib/index.js';
import { CSeq, WWWAuthenticate, headerValue, read } from '../../lib/parser/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import type { Location } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

function agent(servers: UserAgentOptions['servers'], options: Partial<UserAgentOptions> = {}): NodeAgent {
  const made = new NodeAgent({ servers, ...options });
  agents.push(made);
  return made;
}

const login = (user: string): { uri: string; password: string } => ({
  uri: `sip:${user}@${Kamailio.domain}`,
  password: `pw${user}`,
});

async function registered(
  { ua }: NodeAgent,
  user: string,
  options: { readonly expires?: number } = {},
): Promise<Account> {
  const account = ua.addAccount({ ...login(user), ...options });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

const contacts = (locations: readonly Location[]): string[] => locations.map(({ contact }) => contact).sort();

describe('registration at Kamailio', () => {
  const kamailio = new Kamailio({ minExpires: 2 });
  const sha256 = new Kamailio({ algorithm: 'SHA-256' });

  before(() => Promise.all([kamailio.start(), sha256.start()]));
  after(() => Promise.all([kamailio.stop(), sha256.stop()]));
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((made) => made.stop()));
  });

  for (const [registrar, algorithm] of [
    [kamailio, 'MD5'],
    [sha256, 'SHA-256'],
  ] as const) {
    it(`ACC-2: the second REGISTER has the digest by ${algorithm}, the same Call-ID and the next CSeq`, async () => {
      const phone = agent(registrar.wsUrl);
      const account = await registered(phone, '1001');
      const [first, second, ...more] = phone.requests('REGISTER');
      const challenge = read(phone.responses('REGISTER')[0]!, WWWAuthenticate);
      assert.equal(challenge?.params.get('algorithm'), algorithm);
      assert.equal(headerValue(first!, 'Call-ID'), headerValue(second!, 'Call-ID'));
      assert.equal(read(second!, CSeq)!.sequence, read(first!, CSeq)!.sequence + 1);
      assert.isEmpty(more);
      const location = (await registrar.locations('1001'))[0]!;
      assert.equal(location.contact, account.contact);
      assert.equal(location.callId, headerValue(second!, 'Call-ID'));
      assert.equal(location.regId, 1);
      assert.match(location.instance, /^<urn:uuid:[0-9a-f-]{36}>$/);
      await account.unregister();
    });
  }

  it('ACC-2: a wrong password ends after exactly two REGISTERs', async () => {
    const phone = agent(kamailio.wsUrl);
    const account = phone.ua.addAccount({ ...login('1002'), password: 'wrong' });
    const error: unknown = await account.registered.catch((reason: unknown) => reason);
    assert.instanceOf(error, EvercallError);
    assert.deepInclude(error, { code: 'authentication', status: 401 });
    assert.equal(account.state, 'failed');
    await registered(phone, '1003'); // what would still be under way had its time
    assert.lengthOf(phone.requests('REGISTER', '1002'), 2);
    assert.isEmpty(await kamailio.locations('1002'));
  });

  it('ACC-4: unregister removes our binding and leaves that of another device', async () => {
    const ours = await registered(agent(kamailio.wsUrl), '1004');
    const theirs = await registered(agent(kamailio.wsUrl), '1004');
    assert.deepEqual(contacts(await kamailio.locations('1004')), [ours.contact, theirs.contact].sort());
    await ours.unregister();
    assert.equal(ours.state, 'unregistered');
    assert.deepEqual(contacts(await kamailio.locations('1004')), [theirs.contact]);
    assert.isTrue(theirs.isRegistered);
  });

  it('ACC-7: an account that is discarded sends nothing, and its binding stays', async () => {
    const phone = agent(kamailio.wsUrl);
    const account = await registered(phone, '1005');
    const other = await registered(phone, '1006');
    await account.dispose({ unregister: false });
    await other.unregister(); // the socket is alive, and whatever had been sent before has arrived
    assert.lengthOf(phone.requests('REGISTER', '1005'), 2);
    assert.deepEqual(contacts(await kamailio.locations('1005')), [account.contact]);
  });

  it('ACC-8: unregistering all empties the address of record, the binding of another device too', async () => {
    const phone = agent(kamailio.wsUrl);
    const ours = await registered(phone, '1007');
    await registered(agent(kamailio.wsUrl), '1007');
    assert.lengthOf(await kamailio.locations('1007'), 2);
    await ours.unregister({ all: true });
    assert.equal(ours.state, 'unregistered');
    assert.isEmpty(await kamailio.locations('1007'));
    const last = phone.requests('REGISTER').at(-1)!;
    assert.deepEqual(
      last.headers.filter(({ name }) => name === 'Contact' || name === 'Expires').map(({ value }) => value),
      ['*', '0'],
    );
  });

  it('ACC-9: of two accounts on one WebSocket one fails, and the other is not touched', async () => {
    const phone = agent(kamailio.wsUrl);
    const failing = phone.ua.addAccount({ ...login('1008'), password: 'wrong' });
    const failure = failing.registered.catch((error: unknown) => (error as EvercallError).code);
    const account = await registered(phone, '1009');
    assert.equal(await failure, 'authentication');
    assert.deepEqual([failing.state, account.state], ['failed', 'registered']);
    await account.register();
    assert.lengthOf(await kamailio.locations('1009'), 1);
    assert.lengthOf(phone.opened, 1);
  });

  it('ACC-9: fifty accounts on one WebSocket register and stay, with a refresh each', async () => {
    const phone = agent(kamailio.wsUrl);
    const users = Array.from({ length: 50 }, (_, index) => String(1030 + index));
    const successes = new Map<Account, number>();
    phone.ua.on('registrationChanged', ({ account, state }) => {
      if (state === 'registered') successes.set(account, (successes.get(account) ?? 0) + 1);
    });
    const accounts = await Promise.all(users.map((user) => registered(phone, user, { expires: 4 })));
    await until(15_000, 'a refresh of each', () =>
      accounts.every((account) => successes.get(account)! >= 2) ? true : undefined,
    );
    assert.deepEqual(new Set(accounts.map(({ state }) => state)), new Set(['registered']));
    const locations = (await kamailio.locations()).filter(({ user }) => users.includes(user));
    assert.deepEqual(locations.map(({ user }) => user).sort(), users);
    assert.equal(new Set(locations.map(({ received }) => received)).size, 1);
    assert.lengthOf(phone.opened, 1);
    assert.lengthOf(new Set(phone.requests('REGISTER').map((request) => headerValue(request, 'Call-ID'))), 50);
  });
});
