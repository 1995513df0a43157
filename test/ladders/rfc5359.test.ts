import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';
import { Ladder } from './ladder.js';

interface Stage {
  readonly stage: Phone;
  readonly ladder: Ladder;
  /** All calls, in the order they began. */
  readonly calls: Call[];
  readonly dial: (target: string) => () => void;
}

async function boston(options: PhoneOptions = {}): Promise<Stage> {
  const stage = await phone({ ...options, account: { uri: 'sip:alice@atlanta.example.com', password: 'secret' } });
  const calls: Call[] = [];
  stage.ua.on('incomingCall', ({ call }) => calls.push(call));
  const dial = (target: string) => (): void => {
    calls.push(stage.account.call(`sip:${target}@biloxi.example.com`));
  };
  return { stage, ladder: new Ladder(stage), calls, dial };
}

/** Answers the latest call. */
const take = (calls: Call[]) => (): void => void calls.at(-1)!.answer();

const talking = `
  · Bob is called
  →bob INVITE sdp
  ←bob 180
  ←bob 200 sdp
  →bob ACK`;

describe('RFC 5359, service examples', () => {
  it('§2.1 Call Hold: who holds, and takes off hold', async () => {
    const { ladder, calls, dial } = await boston();
    await ladder.play(
      `${talking}
      · hold
      →bob INVITE sdp:sendonly
      ←bob 200 sdp:recvonly
      →bob ACK
      · resume
      →bob INVITE sdp:sendrecv
      ←bob 200 sdp
      →bob ACK
      ←bob BYE
      →bob 200`,
      { 'Bob is called': dial('bob'), hold: () => void calls[0]!.hold(), resume: () => void calls[0]!.resume() },
    );
  });

  it('§2.1 … and who is held', async () => {
    const { ladder, calls, dial } = await boston();
    await ladder.play(
      `${talking}
      ←bob INVITE sdp:sendonly
      →bob 200 sdp:recvonly
      ←bob ACK
      · held by the peer
      ←bob INVITE sdp
      →bob 200 sdp
      ←bob ACK
      · not held
      ←bob BYE
      →bob 200`,
      {
        'Bob is called': dial('bob'),
        'held by the peer': () => assert.isTrue(calls[0]!.remoteHold),
        'not held': () => assert.isFalse(calls[0]!.remoteHold),
      },
    );
  });

  it('§2.2 Consultation Hold', async () => {
    const { ladder, calls, dial } = await boston();
    await ladder.play(
      `
      ←alice INVITE sdp
      →alice 180
      · answered
      →alice 200 sdp
      ←alice ACK
      · hold
      →alice INVITE sdp:sendonly
      ←alice 200 sdp:recvonly
      →alice ACK
      · Carol is called
      →carol INVITE sdp
      ←carol 180
      ←carol 200 sdp
      →carol ACK
      · Carol is thanked
      →carol BYE
      ←carol 200
      · resume
      →alice INVITE sdp
      ←alice 200 sdp
      →alice ACK
      ←alice BYE
      →alice 200`,
      {
        answered: take(calls),
        hold: () => void calls[0]!.hold(),
        'Carol is called': dial('carol'),
        'Carol is thanked': () => calls[1]!.hangup(),
        resume: () => void calls[0]!.resume(),
      },
    );
  });

  it('§2.4 Transfer - Unattended: Alice, who transfers', async () => {
    const { ladder, calls } = await boston();
    await ladder.play(
      `
      ←bob INVITE sdp
      →bob 180
      · answered
      →bob 200 sdp
      ←bob ACK
      · transfer
      →bob REFER | Refer-To: <sip:carol@chicago.example.com> | Referred-By: Alice <sip:alice@atlanta.example.com>
      ←bob 202
      ←bob NOTIFY sipfrag:100 | Event: refer | Subscription-State: active;expires=60
      →bob 200
      ←bob NOTIFY sipfrag:200 | Event: refer | Subscription-State: terminated;reason=noresource
      →bob 200
      →bob BYE
      ←bob 200`,
      {
        answered: take(calls),
        transfer: () => void calls[0]!.transfer('sip:carol@chicago.example.com', { hold: false }),
      },
    );
    assert.equal(calls[0]!.end?.cause, 'transferred');
  });

  it('§2.4 … as drawn: Alice hangs up first, and the subscription outlives the call', async () => {
    const { ladder, calls } = await boston();
    let outcome: Promise<void> | undefined;
    await ladder.play(
      `
      ←bob INVITE sdp
      →bob 180
      · answered
      →bob 200 sdp
      ←bob ACK
      · transfer
      →bob REFER | Refer-To: <sip:carol@chicago.example.com>
      ←bob 202
      ←bob NOTIFY sipfrag:100 | Event: refer | Subscription-State: active;expires=60
      →bob 200
      · hang up
      →bob BYE
      ←bob 200
      ←bob NOTIFY sipfrag:200 | Event: refer | Subscription-State: terminated;reason=noresource
      →bob 200`,
      {
        answered: take(calls),
        transfer: () => void (outcome = calls[0]!.transfer('sip:carol@chicago.example.com', { hold: false })),
        'hang up': () => calls[0]!.hangup(),
      },
    );
    await outcome;
  });

  it('§2.4 … as Bob, who is transferred, and says 200 where the drawing has 202 (RFC 7647 §5)', async () => {
    const { ladder, dial, stage } = await boston();
    await ladder.play(
      `${talking}
      ←bob REFER | Refer-To: <sip:carol@chicago.example.com> | Referred-By: <sip:bob@biloxi.example.com>
      →bob 200
      →bob NOTIFY sipfrag:100 | Event: refer | Subscription-State: active
      ←bob 200
      →carol INVITE sdp | Referred-By: <sip:bob@biloxi.example.com>
      ←bob BYE
      →bob 200
      ←carol 180
      →bob NOTIFY sipfrag:180 | Subscription-State: active
      ←bob 200
      ←carol 200 sdp
      →carol ACK
      →bob NOTIFY sipfrag:200 | Subscription-State: terminated;reason=noresource
      ←bob 200`,
      { 'Bob is called': dial('bob') },
    );
    assert.deepEqual(
      [...stage.account.calls].map(({ remote }) => remote.uri),
      ['sip:carol@chicago.example.com'],
    );
  });

  it('§2.5 Transfer - Attended: Bob, who transfers Alice to Carol', async () => {
    const { ladder, calls, dial } = await boston();
    await ladder.play(
      `
      ←alice INVITE sdp
      →alice 180
      · answered
      →alice 200 sdp
      ←alice ACK
      · hold Alice
      →alice INVITE sdp:sendonly
      ←alice 200 sdp:recvonly
      →alice ACK
      · Carol is called
      →carol INVITE sdp
      ←carol 180
      ←carol 200 sdp
      →carol ACK
      · hold Carol
      →carol INVITE sdp:sendonly
      ←carol 200 sdp:recvonly
      →carol ACK
      · transfer
      →alice REFER | Refer-To: <sip:carol@client.carol.example?Replaces=
      ←alice 202
      ←alice NOTIFY sipfrag:100 | Event: refer | Subscription-State: active;expires=60
      →alice 200
      ←carol BYE
      →carol 200
      ←alice NOTIFY sipfrag:200 | Event: refer | Subscription-State: terminated;reason=noresource
      →alice 200
      →alice BYE
      ←alice 200`,
      {
        answered: take(calls),
        'hold Alice': () => void calls[0]!.hold(),
        'Carol is called': dial('carol'),
        'hold Carol': () => void calls[1]!.hold(),
        transfer: () => void calls[0]!.transfer(calls[1]!),
      },
    );
  });

  it('§2.5 … as Carol, whose call with Bob is replaced by one with Alice', async () => {
    const { ladder, calls, stage } = await boston();
    const replaces = (): string => {
      const { callId, localTag, remoteTag } = calls[0]!.dialogs[0]!;
      return `Replaces: ${callId};to-tag=${localTag};from-tag=${remoteTag}`;
    };
    await ladder.play(
      `
      ←bob INVITE sdp
      →bob 180
      · answered
      →bob 200 sdp
      ←bob ACK
      ←bob INVITE sdp:sendonly
      →bob 200 sdp:recvonly
      ←bob ACK
      ←alice INVITE sdp | Require: replaces | {replaces}
      →alice 200 sdp
      ←alice ACK
      →bob BYE
      ←bob 200`,
      { answered: take(calls), replaces },
    );
    assert.deepEqual(
      [...stage.account.calls].map(({ state, remote }) => `${remote.uri} ${state}`),
      ['sip:alice@biloxi.example.com confirmed'],
    );
  });

  for (const section of [
    '§2.7 Call Forwarding Unconditional',
    '§2.8 Call Forwarding - Busy',
    '§2.9 Call Forwarding - No Answer',
  ])
    it(`${section}: 181, and another one answers`, async () => {
      const { ladder, calls, dial } = await boston();
      await ladder.play(
        `
        · Bob is called
        →bob INVITE sdp
        ←bob 100
        ←bob 181
        · it is early
        ←bob 180
        ←bob 200 sdp
        →bob ACK
        ←bob BYE
        →bob 200`,
        { 'Bob is called': dial('bob'), 'it is early': () => assert.equal(calls[0]!.state, 'early') },
      );
    });

  it('§2.10 3-Way Conference - Third Party Is Added: the mixer says that it is one, and calls', async () => {
    const { ladder, calls, dial } = await boston({ callPolicy: 'mix' });
    await ladder.play(
      `
      ←alice INVITE sdp
      →alice 180
      · answered
      →alice 200 sdp
      ←alice ACK
      · the session is offered anew
      →alice INVITE sdp
      ←alice 200 sdp
      →alice ACK
      · Carol is called
      →carol INVITE sdp
      ←carol 180
      ←carol 200 sdp
      →carol ACK`,
      {
        answered: take(calls),
        'the session is offered anew': () => void calls[0]!.reinvite(),
        'Carol is called': dial('carol'),
      },
    );
    assert.isTrue(calls.every(({ state }) => state === 'confirmed'));
  });

  it('§2.12 Find-Me: as one of those who are tried in turn', async () => {
    const { ladder, calls } = await boston();
    await ladder.play(`
      ←alice INVITE sdp
      →alice 180
      ←alice CANCEL | Reason: SIP;cause=200;text="Call completed elsewhere"
      →alice 200
      →alice 487
      ←alice ACK`);
    assert.equal(calls[0]!.end?.cause, 'answeredElsewhere');
  });

  it('§2.14 Call Management (Outgoing Call Screening): the proxy says no', async () => {
    const { ladder, calls, dial } = await boston();
    await ladder.play(
      `
      · Bob is called
      →bob INVITE sdp
      ←bob 407 | Proxy-Authenticate: Digest realm="atlanta.example.com", nonce="n1", qop="auth"
      →bob ACK
      →bob INVITE sdp
      ←bob 403
      →bob ACK`,
      { 'Bob is called': dial('bob') },
    );
    assert.deepInclude(calls[0]!.end, { status: 403 });
  });

  it('§2.15 Call Park: Alice, whose call is taken by the park server, and then by Carol', async () => {
    const { ladder, calls, dial, stage } = await boston();
    const replaces = (): string => {
      const { callId, localTag, remoteTag } = [...stage.account.calls].at(-1)!.dialogs[0]!;
      return `Replaces: ${callId};to-tag=${localTag};from-tag=${remoteTag}`;
    };
    await ladder.play(
      `${talking}
      ←park INVITE sdp | {replaces}
      →park 200 sdp
      ←park ACK
      →bob BYE
      ←bob 200
      ←carol INVITE sdp | {replaces}
      →carol 200 sdp
      ←carol ACK
      →park BYE
      ←park 200`,
      { 'Bob is called': dial('bob'), replaces },
    );
    assert.equal(calls[0]!.end?.cause, 'replaced');
    assert.deepEqual(
      [...stage.account.calls].map(({ remote }) => remote.uri),
      ['sip:carol@biloxi.example.com'],
    );
  });
});
