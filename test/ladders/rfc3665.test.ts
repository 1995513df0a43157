import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { isRequest } from '../../lib/parser/index.js';
import { phone } from '../support/phone.js';
import type { Phone } from '../support/phone.js';
import { bound, contacts } from '../support/registering.js';
import { Ladder } from './ladder.js';

const alice = { uri: 'sip:alice@atlanta.example.com', password: 'secret' };
const challenge = (kind: 'WWW' | 'Proxy', realm: string): string =>
  `${kind}-Authenticate: Digest realm="${realm}", nonce="n1", qop="auth"`;
const routes = 'Record-Route: <sip:ss2.biloxi.example.com;lr> | Record-Route: <sip:ss1.atlanta.example.com;lr>';

interface Stage {
  readonly stage: Phone;
  readonly ladder: Ladder;
  /** The call of the ladder, placed or come. */
  readonly call: () => Call;
  readonly place: () => void;
}

async function atlanta(): Promise<Stage> {
  const stage = await phone({ account: alice });
  let call: Call | undefined;
  stage.ua.on('incomingCall', (event) => (call = event.call));
  return {
    stage,
    ladder: new Ladder(stage),
    call: () => call ?? assert.fail('a call'),
    place: () => {
      call = stage.account.call('sip:bob@biloxi.example.com');
    },
  };
}

describe('RFC 3665, registration', () => {
  async function registrar(): Promise<{ stage: Phone; ladder: Ladder; contact: () => string }> {
    const stage = await phone({ account: { ...alice, register: true } });
    const contact = (): string => {
      const register = stage.server.received.at(-1)!;
      assert(isRequest(register));
      return bound(register, 3600);
    };
    return { stage, ladder: new Ladder(stage), contact };
  }
  const registered = `
    → REGISTER
    ← 401 | ${challenge('WWW', 'atlanta.example.com')}
    → REGISTER | Authorization: Digest username="alice", realm="atlanta.example.com"
    ← 200 | {contact}`;

  it('§2.1 Successful New Registration', async () => {
    const { stage, ladder, contact } = await registrar();
    await ladder.play(registered, { contact });
    assert.equal(stage.account.state, 'registered');
  });

  it('§2.2 Update of Contact List', async () => {
    const { stage, ladder, contact } = await registrar();
    await ladder.play(
      `${registered}
      · another contact is added
      → REGISTER | Authorization: Digest username="alice"
      ← 200 | {contact} | Contact: <mailto:alice@atlanta.example.com>`,
      {
        contact,
        'another contact is added': () =>
          void stage.account.update({ extraContacts: ['mailto:alice@atlanta.example.com'] }),
      },
    );
    const update = stage.server.received.at(-1)!;
    assert(isRequest(update));
    assert.equal(contacts(update)[1]?.uri, 'mailto:alice@atlanta.example.com');
  });

  it('§2.4 Cancellation of Registration', async () => {
    const { stage, ladder, contact } = await registrar();
    await ladder.play(
      `${registered}
      · all bindings are removed
      → REGISTER | Contact: * | Expires: 0
      ← 200`,
      { contact, 'all bindings are removed': () => void stage.account.unregister({ all: true }) },
    );
    assert.equal(stage.account.state, 'unregistered');
  });

  it('§2.5 Unsuccessful Registration', async () => {
    const { stage, ladder } = await registrar();
    await ladder.play(`
      → REGISTER
      ← 401 | ${challenge('WWW', 'atlanta.example.com')}
      → REGISTER | Authorization: Digest
      ← 401 | ${challenge('WWW', 'atlanta.example.com')}`);
    assert.equal(stage.account.state, 'failed');
  });
});

describe('RFC 3665, sessions', () => {
  it('§3.1 Successful Session Establishment: Alice, and Bob hangs up', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 180
      ← 200 sdp
      → ACK
      · it is a call
      ← BYE
      → 200`,
      { 'Alice calls': place, 'it is a call': () => assert.equal(call().state, 'confirmed') },
    );
    assert.deepInclude(call().end, { cause: 'hangup', by: 'remote' });
  });

  it('§3.1 … and as Bob', async () => {
    const { ladder, call } = await atlanta();
    await ladder.play(
      `
      ← INVITE sdp
      → 180
      · the call is taken
      → 200 sdp
      ← ACK
      · it is hung up
      → BYE
      ← 200`,
      { 'the call is taken': () => void call().answer(), 'it is hung up': () => call().hangup() },
    );
  });

  it('§3.2 Session Establishment Through Two Proxies', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 407 | ${challenge('Proxy', 'atlanta.example.com')}
      → ACK
      → INVITE sdp | Proxy-Authorization: Digest username="alice", realm="atlanta.example.com"
      ← 100
      ← 180 | ${routes}
      ← 200 sdp | ${routes}
      → ACK
      ← BYE
      → 200`,
      { 'Alice calls': place },
    );
    assert.equal(call().end?.cause, 'hangup');
  });

  it('§3.2 … and as Bob, whose BYE goes through both', async () => {
    const { ladder, call } = await atlanta();
    await ladder.play(
      `
      ← INVITE sdp | Record-Route: <sip:ss2.biloxi.example.com;lr> | Record-Route: <sip:ss1.atlanta.example.com;lr>
      → 180 | Record-Route: <sip:ss2.biloxi.example.com;lr>
      · the call is taken
      → 200 sdp | Record-Route: <sip:ss2.biloxi.example.com;lr> | Record-Route: <sip:ss1.atlanta.example.com;lr>
      ← ACK
      · it is hung up
      → BYE
      ← 200`,
      { 'the call is taken': () => void call().answer(), 'it is hung up': () => call().hangup() },
    );
  });

  it('§3.3 Session with Multiple Proxy Authentication', async () => {
    const { stage, ladder, place, call } = await atlanta();
    stage.account.setCredentials({ realm: 'biloxi.example.com', username: 'guest', password: 'guest' });
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 407 | ${challenge('Proxy', 'atlanta.example.com')}
      → ACK
      → INVITE sdp | Proxy-Authorization: Digest username="alice", realm="atlanta.example.com"
      ← 100
      ← 407 | ${challenge('Proxy', 'biloxi.example.com')}
      → ACK
      → INVITE sdp | Proxy-Authorization: Digest username="alice", realm="atlanta.example.com" | Proxy-Authorization: Digest username="guest", realm="biloxi.example.com"
      ← 100
      ← 180 | ${routes}
      ← 200 sdp | ${routes}
      → ACK
      ← BYE
      → 200`,
      { 'Alice calls': place },
    );
    assert.equal(call().end?.cause, 'hangup');
  });

  it('§3.7 Session with re-INVITE (IP Address Change)', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 180
      ← 200 sdp
      → ACK
      ← INVITE sdp
      → 200 sdp
      ← ACK
      ← BYE
      → 200`,
      { 'Alice calls': place },
    );
    assert.equal(call().end?.cause, 'hangup');
  });

  it('§3.7 … and as the one whose address changes', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 180
      ← 200 sdp
      → ACK
      · the address changes
      → INVITE sdp
      ← 200 sdp
      → ACK
      · it is hung up
      → BYE
      ← 200`,
      {
        'Alice calls': place,
        'the address changes': () => void call().reinvite({ iceRestart: true }),
        'it is hung up': () => call().hangup(),
      },
    );
  });

  it('§3.8 Unsuccessful No Answer', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 100
      ← 180
      · Alice hangs up
      → CANCEL
      ← 200 CANCEL
      ← 487
      → ACK`,
      { 'Alice calls': place, 'Alice hangs up': () => call().hangup() },
    );
    assert.equal(call().end?.cause, 'cancelled');
  });

  it('§3.8 … and as Bob, who missed it', async () => {
    const { ladder, call } = await atlanta();
    await ladder.play(`
      ← INVITE sdp
      → 180
      ← CANCEL
      → 200
      → 487
      ← ACK`);
    assert.deepInclude(call().end, { cause: 'cancelled', by: 'remote' });
  });

  for (const [section, status, cause] of [
    ['§3.9 Unsuccessful Busy', 486, 'busy'],
    ['§3.11 Unsuccessful Temporarily Unavailable', 480, 'unavailable'],
  ] as const) {
    it(section, async () => {
      const { ladder, place, call } = await atlanta();
      await ladder.play(
        `
        · Alice calls
        → INVITE sdp
        ← 407 | ${challenge('Proxy', 'atlanta.example.com')}
        → ACK
        → INVITE sdp
        ← 100
        ← ${status}
        → ACK`,
        { 'Alice calls': place },
      );
      assert.deepInclude(call().end, { cause, status });
    });

    it(`${section}: as Bob`, async () => {
      const { ladder, call } = await atlanta();
      await ladder.play(
        `
        ← INVITE sdp
        → 180
        · Bob refuses
        → ${status}
        ← ACK`,
        { 'Bob refuses': () => call().reject(status) },
      );
    });
  }

  it('§3.10 Unsuccessful No Response from User Agent: the proxy gives up', async () => {
    const { ladder, place, call } = await atlanta();
    await ladder.play(
      `
      · Alice calls
      → INVITE sdp
      ← 407 | ${challenge('Proxy', 'atlanta.example.com')}
      → ACK
      → INVITE sdp
      ← 100
      ← 480
      → ACK`,
      { 'Alice calls': place },
    );
    assert.deepInclude(call().end, { cause: 'unavailable', status: 480 });
  });
});
