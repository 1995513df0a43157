// What tells of another network, each witness alone: one run, and no more is done than it gives reason for.
import { assert } from 'chai';
import type { Call, IpChangeProgress, NetworkEvidence } from '../../lib/index.js';
import { headerValue, headerValues, isRequest } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerSdp } from '../support/phone.js';
import type { PhoneOptions } from '../support/phone.js';
import { bound, registered } from '../support/registering.js';
import type { RegisteringPhone } from '../support/registering.js';

interface Watched extends RegisteringPhone {
  readonly call: Call;
  readonly invite: SipRequest;
  readonly witness: (evidence: NetworkEvidence) => void;
  readonly steps: IpChangeProgress['step'][];
  /** What was sent since the call was confirmed, but for what asks whether the server is there. */
  readonly sent: () => string[];
}

/** A registered phone that talks; whatever it asks is answered, at once. */
async function watched(options: PhoneOptions = {}): Promise<Watched> {
  let tell: ((evidence: NetworkEvidence) => void) | undefined;
  const network = { watch: (listener: typeof tell) => ((tell = listener), () => (tell = undefined)) };
  const stage = await registered({ ipChange: {}, network, ...options });
  const { account, server, clock, ua } = stage;
  const call = account.call('bob');
  const invite = await server.request('INVITE');
  server.respond(invite, 200, { headers: [...described, 'Allow: UPDATE'], body: peerSdp() });
  await server.request('ACK');
  await call.answered;
  const steps: IpChangeProgress['step'][] = [];
  ua.on('ipChangeProgress', ({ step }) => steps.push(step));
  const from = server.received.length;
  let known = from;
  const answer = (): void => {
    for (; known < server.received.length; known++) {
      const request = server.received[known]!;
      if (!isRequest(request) || request.method === 'ACK') continue;
      const isInvite = request.method === 'INVITE';
      const headers = request.method === 'REGISTER' ? [bound(request, 600)] : described;
      server.respond(request, 200, { headers, body: isInvite ? peerSdp('sendrecv', known) : '' });
    }
    clock.after(10, answer);
  };
  answer();
  const sent = (): string[] => {
    const requests = server.received.slice(from).filter(isRequest);
    return requests.map(({ method }) => method).filter((method) => method !== 'OPTIONS' && method !== 'ACK');
  };
  return { ...stage, call, invite, witness: (evidence) => tell!(evidence), steps, sent };
}

const ufrag = (sdp: unknown): string => /a=ice-ufrag:(\S+)/.exec(String(sdp))![1]!;

describe('each witness alone', () => {
  for (const evidence of ['online', 'changed', 'awake'] as const)
    it(`IPC-40: ${evidence}, and the connection is dead: one handshake, one REGISTER, one re-INVITE with ICE restart`, async () => {
      const { server, clock, witness, steps, sent, call, invite } = await watched();
      server.socket.isDead = true;
      witness(evidence);
      await clock.advance(20_000);
      assert.lengthOf(server.sockets, 2);
      assert.deepEqual(sent(), ['REGISTER', 'INVITE']);
      const again = server.received.filter((message) => isRequest(message) && message.method === 'INVITE').at(-1)!;
      assert.notEqual(ufrag(again.body), ufrag(invite.body));
      for (const step of ['restartTransport', 'updateContact', 'completed'])
        assert.lengthOf(steps.filter((each) => each === step), 1, step); // prettier-ignore
      assert.equal(call.connection, 'connected');
    });

  it('IPC-40: the connection is closed: the same, and the media, which are well, are left alone', async () => {
    const { server, clock, sent, call } = await watched();
    server.socket.drop();
    await clock.advance(20_000);
    assert.lengthOf(server.sockets, 2);
    assert.deepEqual(sent(), ['REGISTER', 'UPDATE']);
    assert.equal(call.connection, 'connected');
  });

  it('IPC-40: a pong is missing: so it is', async () => {
    const { server, clock, sent, call } = await watched({ keepAlive: 'auto' });
    await clock.advance(10_000);
    server.socket.isDead = true;
    await clock.advance(20_000);
    assert.lengthOf(
      server.sockets.filter(({ isClosed }) => !isClosed),
      1,
    );
    assert.deepEqual(sent(), ['REGISTER', 'UPDATE']);
    assert.equal(call.connection, 'connected');
  });

  for (const state of ['failed', 'disconnected'] as const)
    it(`IPC-40: ICE is ${state}: one re-INVITE with ICE restart, and the connection stays`, async () => {
      const { server, clock, sent, media, call } = await watched();
      media.connections[0]!.become(state);
      await clock.advance(1100);
      media.connections[0]!.become('connected');
      await clock.advance(20_000);
      assert.lengthOf(server.sockets, 1);
      assert.deepEqual(sent(), ['INVITE']);
      assert.equal(call.connection, 'connected');
    });

  it('IPC-40: all at once: one run', async () => {
    const { server, clock, witness, steps, sent, media, call } = await watched();
    media.connections[0]!.become('disconnected');
    server.socket.drop();
    for (const evidence of ['offline', 'online', 'changed', 'awake'] as const) witness(evidence);
    await clock.advance(500);
    media.connections[0]!.become('connected');
    await clock.advance(20_000);
    assert.lengthOf(
      server.sockets.filter(({ isClosed }) => !isClosed),
      1,
    );
    assert.deepEqual(sent(), ['REGISTER', 'INVITE']);
    assert.lengthOf(steps.filter((step) => step === 'completed'), 1); // prettier-ignore
    assert.equal(call.connection, 'connected');
  });
});

describe('the order in which all comes back', () => {
  it('IPC-41: handshake, REGISTER, re-INVITE, with no waiting in between', async () => {
    const { ua, server, clock, call } = await watched();
    ua.setNetworkReachable(false);
    await clock.advance(20_000);
    const [from, sockets] = [server.received.length, server.sockets.length];
    ua.setNetworkReachable(true);
    await settle();
    const methods = (): string[] => server.received.slice(from).filter(isRequest).map(({ method }) => method); // prettier-ignore
    assert.lengthOf(server.sockets, sockets + 1);
    assert.deepEqual(methods(), ['REGISTER', 'INVITE']);
    await clock.advance(20_000);
    assert.equal(call.connection, 'connected');
  });

  it('IPC-46: at the next server of the list the account’s own route goes before everything as ever: REGISTER, INVITE', async () => {
    const servers = ['ws://one.example/', 'ws://two.example/'];
    const route = '<sip:proxy.example;lr>';
    const { server, account, clock } = await watched({ servers, account: { outboundProxies: [route] } });
    const from = server.received.length;
    server.refused.add(servers[0]!);
    server.socket.drop();
    await clock.advance(5000);
    assert.equal(server.socket.url, servers[1]);
    account.call('carol');
    await clock.advance(1000);
    const requests = server.received.slice(from).filter(isRequest);
    const register = requests.find(({ method }) => method === 'REGISTER')!;
    const invite = requests.find(({ uri }) => uri.includes('carol'))!;
    for (const request of [register, invite]) assert.deepEqual(headerValues(request, 'Route'), [route]);
    assert.equal(headerValue(invite, 'Route'), route);
  });
});
