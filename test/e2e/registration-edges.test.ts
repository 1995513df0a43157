// Registrations through edge proxies (RFC 3327, RFC 3608, RFC 5626), from Node: Kamailio in front of Kamailio.
import { assert } from 'chai';
import type { Account, AccountOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { NodeAgent } from '../support/node-agent.js';
import { within } from '../support/servers/deadline.js';
import { EdgeProxy } from '../support/servers/edge-proxy.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

async function registered(servers: string, user: string, options: Partial<AccountOptions> = {}): Promise<Account> {
  const agent = new NodeAgent({ servers });
  agents.push(agent);
  const uri = `sip:${user}@${Kamailio.domain}`;
  const account = agent.ua.addAccount({ uri, password: `pw${user}`, ...options });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

describe('registration through edge proxies', () => {
  const registrar = new Kamailio({ defines: ['WITH_FLOWS'] });
  const edge = new EdgeProxy(registrar);

  before(async () => {
    await registrar.start();
    await edge.start();
  });
  after(async () => {
    await edge.stop();
    await registrar.stop();
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
});
