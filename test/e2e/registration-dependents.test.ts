// Dependent and edited accounts at Kamailio, from Node: what its location tables hold, and where a call rings.
import { assert } from 'chai';
import type { Account, AccountOptions, UserAgentOptions } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { fakeMediaEnvironment } from '../support/fake-media.js';
import { NodeAgent } from '../support/node-agent.js';
import { until, within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';

const agents: NodeAgent[] = [];

function agent(servers: UserAgentOptions['servers']): NodeAgent {
  const media = fakeMediaEnvironment();
  const { RTCPeerConnection, MediaStream } = media;
  const getUserMedia: typeof media.getUserMedia = (constraints) => media.getUserMedia(constraints);
  const made = new NodeAgent({ servers, environment: { RTCPeerConnection, MediaStream, getUserMedia } });
  agents.push(made);
  return made;
}

const login = (user: string): AccountOptions => ({ uri: `sip:${user}@${Kamailio.domain}`, password: `pw${user}` });

async function registered({ ua }: NodeAgent, user: string, options: Partial<AccountOptions> = {}): Promise<Account> {
  const account = ua.addAccount({ ...login(user), ...options });
  await within(10_000, `${user} to be registered`, account.registered);
  return account;
}

const callIds = (made: NodeAgent): unknown[] =>
  made.received
    .filter((message) => 'method' in message && message.method === 'INVITE')
    .map((m) => headerValue(m, 'Call-ID'));

describe('dependent and edited accounts at Kamailio', () => {
  const kamailio = new Kamailio({ minExpires: 2 });
  const other = new Kamailio({ minExpires: 2 });

  before(() => Promise.all([kamailio.start(), other.start()]));
  after(() => Promise.all([kamailio.stop(), other.stop()]));
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((made) => made.stop()));
  });

  it('LIN-13, LIN-20: two dependents are registered with the master’s GRUU; a call to one rings once, by the master’s WebSocket, and is that one’s', async () => {
    const phone = agent(kamailio.wsUrl);
    const dependents = ['1011', '1012'].map((user) => phone.ua.addAccount({ ...login(user), dependsOn: 'master' }));
    const master = await registered(phone, '1010', { id: 'master' });
    await within(10_000, 'the dependents', Promise.all(dependents.map((account) => account.registered)));
    assert.match(master.gruu!, /;gr=/);
    for (const user of ['1011', '1012']) {
      const [location, ...more] = await kamailio.locations(user);
      assert.isEmpty(more);
      assert.deepEqual([location!.contact, location!.instance, location!.regId], [master.gruu, '', 0]);
    }
    assert.lengthOf(phone.opened, 1);

    const caller = agent(kamailio.wsUrl);
    await registered(caller, '1013');
    const ringing = phone.ua.once('incomingCall');
    const outgoing = caller.ua.call(dependents[1]!.uri);
    const { account, call } = await within(5000, 'the call to ring', ringing);
    assert.equal(account, dependents[1]);
    assert.equal(call.dialled?.uri, dependents[1]!.uri);
    await within(5000, 'the answer', Promise.all([call.answer(), outgoing.answered]));
    assert.deepEqual(callIds(phone), [outgoing.callId], 'one INVITE');
    const [ok] = caller.responses('INVITE').filter(({ status }) => status === 200);
    assert.include(headerValue(ok!, 'Contact'), `<${master.gruu!}>`);
    outgoing.hangup();
    assert.equal((await within(5000, 'the end', call.ended)).by, 'remote');
  });

  it('LIN-21: a dependent at another registrar is there with its own login, socket and the master’s GRUU, and is called there', async () => {
    const phone = agent(kamailio.wsUrl);
    const master = await registered(phone, '1014');
    const dependent = await registered(phone, '1015', { servers: other.wsUrl, dependsOn: master });
    assert.deepEqual(phone.opened, [kamailio.wsUrl, other.wsUrl]);
    assert.isEmpty(await kamailio.locations('1015'));
    assert.deepEqual((await other.locations('1015')).map(({ contact }) => contact), [master.gruu]); // prettier-ignore
    const caller = agent(other.wsUrl);
    await registered(caller, '1016');
    const ringing = phone.ua.once('incomingCall');
    const outgoing = caller.ua.call(dependent.uri);
    const { account, call } = await within(5000, 'the call to ring', ringing);
    assert.equal(account, dependent);
    call.reject(486); // its ACK would need a server that does not take the master's domain for its own
    assert.equal((await within(5000, 'the end', outgoing.ended)).status, 486);
  });

  it('LIN-14: the master’s new connection is told to the dependent’s registrar too, and leaves one binding of each', async () => {
    const phone = agent(kamailio.wsUrl);
    const master = await registered(phone, '1017');
    const dependent = await registered(phone, '1018', { dependsOn: master });
    const [first] = await kamailio.locations('1018');
    await kamailio.restart();
    const again = await until(20_000, 'both to be registered again', async () => {
      const found = await Promise.all([kamailio.locations('1017'), kamailio.locations('1018')]);
      return found.every(({ length }) => length === 1) && dependent.isRegistered ? found : undefined;
    });
    assert.notEqual(again[1][0]!.received, first!.received);
    assert.equal(again[1][0]!.received, again[0][0]!.received);
  });

  it('LIN-3, ACC-18, ACC-19: whatever of an account is edited, its registrar lists it once', async () => {
    const phone = agent(kamailio.wsUrl);
    const account = await registered(phone, '1020');
    const listed = async (user: string): Promise<readonly string[]> =>
      (await kamailio.locations(user)).map(({ contact }) => contact);

    const edit = account.edit();
    edit.expires = 300;
    edit.contact = { uriParams: { color: 'red' } };
    await edit.commit();
    assert.deepEqual(await listed('1020'), [account.contact]);
    assert.include(account.contact, ';color=red');
    assert.isAbove((await kamailio.locations('1020'))[0]!.expires, 290);

    await account.update({ outbound: false }); // another identity at the same registrar
    assert.deepEqual(await listed('1020'), [account.contact]);
    await account.update({ extraContacts: ['sip:1020@127.0.0.1:9'] });
    assert.sameMembers([...(await listed('1020'))], [account.contact, 'sip:1020@127.0.0.1:9']);
    await account.update({ extraContacts: [] });
    assert.deepEqual(await listed('1020'), [account.contact]);

    await account.update(login('1021')); // another address of record
    assert.isEmpty(await listed('1020'));
    assert.deepEqual(await listed('1021'), [account.contact]);
    await account.update({ servers: other.wsUrl });
    assert.isEmpty(await listed('1021'));
    assert.deepEqual((await other.locations('1021')).map(({ contact }) => contact), [account.contact]); // prettier-ignore
    await account.update({ register: false });
    assert.isEmpty(await other.locations('1021'));
  });
});
