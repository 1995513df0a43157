// Registrations through edge proxies (RFC 3327, RFC 3608, RFC 5626), from Node: Kamailio in front of Kamailio.
import { assert } from 'chai';
import type { Account, AccountOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { EdgeProxy } from '../support/servers/edge-proxy.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

async function registered(
  servers: string | readonly string[],
  user: string,
  options: Partial<AccountOptions> = {},
): Promise<Account> {
  const agent = new NodeAgent({ servers });
  agents.push(agent);
  const uri = `sip:${user}@${Kamailio.domain}`;
  const account = agent.ua.addAccount({ uri, password: `pw${user}`, ...options });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

describe('registration through edge proxies', () => {
  const registrar = new Kamailio({ ringTimeout: 1000, defines: ['WITH_FLOWS'] });
  const strict = new Kamailio({ defines: ['WITH_SERVICE_ROUTE'] });
  const edge = new EdgeProxy(registrar);
  const second = new EdgeProxy(registrar);
  const strictEdge = new EdgeProxy(strict);

  const flows = async (user: string): Promise<(readonly [regId: number, edge: string | undefined])[]> =>
    (await registrar.locations(user))
      .map(({ regId, path }): [number, string | undefined] => [regId, /@([\d.:]+);lr;ob>$/.exec(path)?.[1]])
      .sort(([a], [b]) => a - b);

  const bothFlows = (user: string): Promise<true> =>
    until(5000, 'both flows', async () => ((await flows(user)).length === 2 ? true : undefined));

  before(async () => {
    await Promise.all([registrar.start(), strict.start()]);
    await Promise.all([edge.start(), second.start(), strictEdge.start()]);
  });
  after(async () => {
    await Promise.all([edge.stop(), second.stop(), strictEdge.stop()]);
    await Promise.all([registrar.stop(), strict.stop()]);
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  });

  it('ACC-25: the Path of the edge, with its flow token and ;ob, is kept with the binding and told in the 200', async () => {
    const account = await registered(edge.wsUrl, '1001');
    const location = (await registrar.locations('1001'))[0]!;
    assert.match(location.path, /^<sip:[^@]+@[\d.:]+;lr;ob>$/);
    assert.include(location.path, `@${edge.address};`);
    assert.equal(location.contact, account.contact);
    assert.equal(location.regId, 1);
    const ok = agents[0]!.responses('REGISTER').at(-1)!;
    assert.equal(headerValue(ok, 'Path'), location.path);
    assert.equal(headerValue(ok, 'Require'), 'outbound');
  });

  it('ACC-25: a request for the address of record comes by the Path, through the edge', async () => {
    const account = await registered(edge.wsUrl, '1002');
    const peer = await registered(registrar.wsUrl, '1003');
    const message = account.once('message');
    await peer.sendMessage(account.uri, 'by the edge');
    const { body, request } = await within(5000, 'the message', message);
    assert.equal(body, 'by the edge');
    const via = request.headers.filter(({ name }) => name === 'Via').map(({ value }) => value);
    assert.include(via[1], `UDP 127.0.0.1:${registrar.udpPort};`, 'the edge had it from the registrar');
  });

  it('ACC-23: two flows are two bindings of one instance, reg-id 1 and 2, each by its own edge', async () => {
    const account = await registered([edge.wsUrl, second.wsUrl], '1004', { flows: 2 });
    await bothFlows('1004');
    assert.deepEqual(await flows('1004'), [
      [1, edge.address],
      [2, second.address],
    ]);
    assert.lengthOf(new Set((await registrar.locations('1004')).map(({ instance }) => instance)), 1);
    await account.unregister();
    assert.isEmpty(await registrar.locations('1004'));
  });

  it('ACC-25: requests go by the Service-Route that the registrar names, and are refused by another', async () => {
    const peer = await registered(strictEdge.wsUrl, '1007');
    const account = await registered(strictEdge.wsUrl, '1008');
    assert.equal((await account.request('OPTIONS', peer.uri)).status, 200);
    const stubborn = await registered(strictEdge.wsUrl, '1009', { useServiceRoute: false });
    assert.equal((await stubborn.request('OPTIONS', peer.uri)).reason, 'Not by the Service-Route');
  });

  it('ACC-23: when the edge of one flow dies the account is reached by the other, and the lost flow comes back by an edge that is left', async () => {
    const account = await registered([edge.wsUrl, second.wsUrl], '1005', { flows: 2 });
    const peer = await registered(registrar.wsUrl, '1006');
    await bothFlows('1005');
    edge.kill();
    await edge.exited;
    const message = account.once('message');
    await peer.sendMessage(account.uri, 'by the other');
    assert.equal((await within(5000, 'the message', message)).body, 'by the other');
    assert.isTrue(account.isRegistered);
    await until(10_000, 'the lost flow', async () =>
      (await flows('1005'))[0]![1] === second.address ? true : undefined,
    );
    assert.deepEqual(await flows('1005'), [
      [1, second.address],
      [2, second.address],
    ]);
  });
});
