// The real components by themselves, without the library: what the other end-to-end tests rely on.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from 'chai';
import { WebSocket } from 'ws';
import { Baresip } from '../support/servers/baresip.js';
import { within } from '../support/servers/deadline.js';
import { Kamailio } from '../support/servers/kamailio.js';
import type { KamailioOptions } from '../support/servers/kamailio.js';
import { RtpEngine } from '../support/servers/rtpengine.js';
import { Sipp } from '../support/servers/sipp.js';
import { Turn } from '../support/servers/turn.js';

const scenarios = join(import.meta.dirname, '../support/scenarios');

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
  await within(
    5000,
    `WebSocket to ${url}`,
    new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
  );
  return socket;
}

function exchange(socket: WebSocket, request: string): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    socket.once('message', (data: Buffer) => {
      resolve(data.toString());
    });
  });
  socket.send(request);
  return within(5000, 'a response', answer);
}

function register(user: string, sequence: number, authorization = ''): string {
  return [
    'REGISTER sip:example.test SIP/2.0',
    `Via: SIP/2.0/WS raw.invalid;branch=z9hG4bK${user}${sequence}`,
    `From: <sip:${user}@example.test>;tag=a`,
    `To: <sip:${user}@example.test>`,
    `Call-ID: raw-${user}`,
    `CSeq: ${sequence} REGISTER`,
    `Contact: <sip:${user}@raw.invalid;transport=ws>`,
    'Max-Forwards: 70',
    'Expires: 60',
    ...(authorization ? [`Authorization: ${authorization}`] : []),
    'Content-Length: 0\r\n\r\n',
  ].join('\r\n');
}

/** RFC 7616 §3.4 with qop=auth. */
function digest(challenge: string, algorithm: 'MD5' | 'SHA-256', user: string, password: string): string {
  const param = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const hash = (text: string): string =>
    createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex');
  const [realm, nonce, uri] = [param('realm'), param('nonce'), 'sip:example.test'];
  const response = hash(`${hash(`${user}:${realm}:${password}`)}:${nonce}:00000001:c:auth:${hash(`REGISTER:${uri}`)}`);
  return (
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", ` +
    `algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="c"`
  );
}

describe('Kamailio', () => {
  const options: readonly KamailioOptions[] = [{ algorithm: 'MD5' }, { algorithm: 'SHA-256' }];
  for (const option of options) {
    const algorithm = option.algorithm ?? 'MD5';

    describe(`with ${algorithm}`, () => {
      const kamailio = new Kamailio(option);
      before(() => kamailio.start());
      after(() => kamailio.stop());

      for (const scheme of ['ws', 'wss'] as const) {
        it(`registers over ${scheme} with a digest, and shows the binding`, async () => {
          const user = scheme === 'ws' ? '1001' : '1002';
          const socket = await open(scheme === 'ws' ? kamailio.wsUrl : kamailio.wssUrl);
          const challenge = await exchange(socket, register(user, 1));
          assert.match(challenge, /^SIP\/2\.0 401 /);
          assert.include(challenge, `algorithm=${algorithm}`);
          const answer = await exchange(socket, register(user, 2, digest(challenge, algorithm, user, `pw${user}`)));
          assert.match(answer, /^SIP\/2\.0 200 /);
          const [location] = await kamailio.locations(user);
          assert.equal(location?.contact, `sip:${user}@raw.invalid;transport=ws`);
          socket.close();
        });
      }

      it('challenges again when the password is wrong', async () => {
        const socket = await open(kamailio.wsUrl);
        const challenge = await exchange(socket, register('1003', 1));
        const answer = await exchange(socket, register('1003', 2, digest(challenge, algorithm, '1003', 'wrong')));
        assert.match(answer, /^SIP\/2\.0 401 /);
        assert.deepEqual(await kamailio.locations('1003'), []);
        socket.close();
      });
    });
  }

  it('forgets its bindings in a restart, and serves on the same port', async () => {
    const kamailio = await new Kamailio().start();
    const url = kamailio.wsUrl;
    const first = await open(url);
    const challenge = await exchange(first, register('1004', 1));
    await exchange(first, register('1004', 2, digest(challenge, 'MD5', '1004', 'pw1004')));
    assert.lengthOf(await kamailio.locations('1004'), 1);
    await kamailio.restart();
    assert.deepEqual(await kamailio.locations(), []);
    (await open(url)).close();
    await kamailio.stop();
  });
});

describe('a phone call without us', () => {
  const rtpengine = new RtpEngine();
  const kamailio = new Kamailio({ rtpengine, defines: ['WITH_RELAY_ALL'] });
  const callee = new Baresip({ user: '1010', proxy: kamailio, answer: 'auto' });
  const caller = new Baresip({ user: '1011', proxy: kamailio, tone: 660 });
  const daemons = [rtpengine, kamailio, callee, caller];

  before(async () => {
    for (const daemon of daemons) await daemon.start();
  });
  after(async () => {
    for (const daemon of [...daemons].reverse()) await daemon.stop();
  });

  it('baresip registers over UDP', async () => {
    assert.lengthOf(await kamailio.locations('1010'), 1);
    assert.lengthOf(await kamailio.locations('1011'), 1);
  });

  it('baresip calls baresip, and each hears the tone of the other', async () => {
    await caller.dial(callee.uri);
    await caller.event('CALL_ESTABLISHED');
    await callee.event('CALL_ESTABLISHED');
    await Promise.all([callee.hears(660), caller.hears(440)]);
    assert.match(callee.log, /receiving from 127\.0\.0\.1:2\d{4}\b/, 'from a port of rtpengine');
    await caller.hangup();
    await callee.event('CALL_CLOSED');
  });

  it('sipp calls baresip as a user of the domain', async () => {
    const uac = new Sipp({
      scenario: join(scenarios, 'uac.xml'),
      proxy: kamailio,
      service: '1010',
      fields: [['1012', '[authentication username=1012 password=pw1012]']],
    });
    await uac.start();
    await callee.event('CALL_ESTABLISHED');
    await callee.event('CALL_CLOSED');
    await uac.finished();
    await uac.stop();
  });

  it('baresip calls sipp, which does not register', async () => {
    const uas = await new Sipp({ scenario: join(scenarios, 'uas.xml'), port: kamailio.peerPort }).start();
    await caller.dial('sip:1090@example.test');
    await caller.event('CALL_ESTABLISHED');
    await caller.hangup();
    await uas.finished();
    assert.include(uas.messages, 'BYE sip:');
    await uas.stop();
  });
});

describe('coturn', () => {
  it('starts, and stops without a trace', async () => {
    const turn = await new Turn().start();
    assert.match(turn.stunUrl, /^stun:127\.0\.0\.1:\d+$/);
    await turn.stop();
    assert.notEqual((await turn.exited).signal, 'SIGKILL');
  });
});
