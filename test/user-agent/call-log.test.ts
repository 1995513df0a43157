import { assert } from 'chai';
import type { CallLogEntry, CallLogState, UserAgent } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { calling, described, inDialog, inviteVia, peerCalls, peerOffer, talking } from '../support/calls.js';
import { imported, settle } from '../support/fake-clock.js';
import { MemoryStorage } from '../support/memory-storage.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';

const statuses = ({ callLog }: UserAgent): string[] => callLog.entries.map(({ status }) => status);

/** A call that nobody takes: the caller gives up, with a Reason or without. */
async function missed(options: PhoneOptions = {}, reason?: string): Promise<Phone> {
  const stage = await phone(options);
  const { ua, account, server } = stage;
  if (!account.connected) await account.once('connectionChanged'); // where there is a storage, that is asked first
  ua.on('incomingCall', () => undefined);
  server.send(peerRequest('INVITE', { Via: inviteVia }, peerOffer()));
  await server.response(180);
  server.send(peerRequest('CANCEL', { Via: inviteVia, ...(reason === undefined ? {} : { Reason: reason }) }));
  await settle();
  return stage;
}

describe('call log', () => {
  it('3.4: a call that was talked: direction, remote, Call-ID, account, when and how long', async () => {
    const { ua, account, call, server, ok, clock } = await talking();
    const startedAt = clock.wallTime();
    await clock.advance(9000);
    assert.deepEqual(ua.callLog.entries, [], 'not before it is over');
    server.send(inDialog('BYE', ok, 2));
    await call.ended;
    assert.deepEqual(ua.callLog.entries, [
      {
        callId: 'call-1',
        account: account.id,
        direction: 'incoming',
        status: 'success',
        remote: { uri: 'sip:bob@example.com', displayName: 'Bob' },
        startedAt,
        duration: 9000,
        cause: 'hangup',
        quality: undefined,
      },
    ]);
  });

  it('3.4: incoming calls: missed, declined, answered or declined elsewhere; what was taken elsewhere is not missed', async () => {
    const lost = await missed();
    assert.deepEqual(statuses(lost.ua), ['missed']);
    assert.equal(lost.ua.callLog.missedCount, 1);
    const elsewhere = await missed({}, 'SIP;cause=200;text="Call completed elsewhere"');
    assert.deepEqual([statuses(elsewhere.ua), elsewhere.ua.callLog.missedCount], [['answeredElsewhere'], 0]);
    const refused = await missed({}, 'SIP;cause=603');
    assert.deepEqual([statuses(refused.ua), refused.ua.callLog.missedCount], [['declinedElsewhere'], 0]);
    const declined = await peerCalls();
    declined.call.reject();
    assert.deepEqual([statuses(declined.ua), declined.ua.callLog.missedCount], [['declined'], 0]);
    const late = await peerCalls({}, peerOffer(), { account: { ringTimeout: 5 } });
    await late.clock.advance(5000);
    assert.deepEqual([statuses(late.ua), late.ua.callLog.missedCount], [['missed'], 1]);
  });

  it('3.4: calls of ours: declined, aborted before it rang and after', async () => {
    const busy = await calling();
    busy.server.respond(busy.invite, 486);
    await busy.call.ended;
    const early = await calling();
    early.call.hangup();
    const rung = await calling();
    rung.server.respond(rung.invite, 180);
    rung.call.hangup();
    const lost = await calling();
    lost.server.respond(lost.invite, 404);
    await lost.call.ended;
    assert.deepEqual(
      [busy, early, rung, lost].map(({ ua }) => statuses(ua)),
      [['declined'], ['earlyAborted'], ['aborted'], ['earlyAborted']],
    );
    assert.equal(early.ua.callLog.missedCount, 0);
  });

  it('3.4: counts and filters by account, and is bounded: the latest stay', async () => {
    const { ua, server, account } = await phone({ callLog: 2 });
    const other = ua.addAccount({ uri: 'sip:anna@example.com', register: false, id: 'anna' });
    ua.on('incomingCall', () => undefined);
    const names = ['alice', 'anna', 'anna'];
    for (const [i, name] of names.entries()) {
      const ids = { To: `<sip:${name}@example.com>`, 'Call-ID': `c${i}`, Via: `${inviteVia}${i}` };
      const uri = `sip:${name}@example.com`;
      server.send(peerRequest('INVITE', { uri, ...ids }, peerOffer()));
      server.send(peerRequest('CANCEL', { uri, ...ids }));
      await settle();
    }
    assert.deepEqual(ua.callLog.entries.map(({ callId }) => callId), ['c2', 'c1']); // prettier-ignore
    assert.equal(ua.callLog.missedCount, 3, 'those that are not kept are missed all the same');
    assert.deepEqual([ua.callLog.missedCountOf(account.id), ua.callLog.missedCountOf('anna')], [1, 2]);
    assert.lengthOf(ua.callLog.entriesOf(other.id), 2);
    assert.lengthOf(ua.callLog.entriesOf(account.id), 0);
    ua.callLog.resetMissed('anna');
    assert.equal(ua.callLog.missedCount, 1);
    ua.callLog.resetMissed();
    assert.equal(ua.callLog.missedCount, 0);
    ua.callLog.clear('anna');
    assert.deepEqual(ua.callLog.entries, []);
  });

  it('3.4: subscribers hear of each change, and a snapshot is the same until then', async () => {
    const { ua, call, server, invite } = await calling();
    let changes = 0;
    const off = ua.callLog.subscribe(() => changes++);
    const before = ua.callLog.getSnapshot();
    assert.strictEqual(ua.callLog.getSnapshot(), before);
    server.respond(invite, 486);
    await call.ended;
    assert.deepEqual([changes, ua.callLog.getSnapshot().entries.length], [1, 1]);
    off();
    ua.callLog.clear();
    assert.equal(changes, 1);
    assert.deepEqual(JSON.parse(JSON.stringify(ua.callLog)), { entries: [], missed: {} });
  });

  it('3.4: callLog: false keeps nothing; what is no number is refused by name', async () => {
    const { ua } = await missed({ callLog: false });
    assert.deepEqual([ua.callLog.entries, ua.callLog.missedCount], [[], 0]);
    for (const callLog of [0, -1, 1.5, true] as number[])
      assert.throws(
        () => new (ua.constructor as new (o: object) => unknown)({ servers: 'ws://x', callLog }),
        /callLog/,
      );
  });

  it('3.4: a call whose INVITE was lost with its connection, and sent anew, is one entry, whose Call-ID is the last one', async () => {
    const { ua, call, server, clock, invite } = await calling();
    server.socket.drop();
    await clock.advance(1000);
    await server.request('CANCEL');
    const again = await server.request('INVITE');
    server.respond(again, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    call.hangup();
    assert.notEqual(headerValue(again, 'Call-ID'), headerValue(invite, 'Call-ID'));
    assert.deepEqual(
      ua.callLog.entries.map(({ callId }) => callId),
      [headerValue(again, 'Call-ID')],
    );
  });
});

describe('call log in a storage', () => {
  const record = (storage: MemoryStorage): CallLogState | undefined =>
    storage.values.get('evercall.calls') as CallLogState | undefined;

  /** Loading is a real import: its promise is the only clock. */
  async function stored({ callLog }: UserAgent): Promise<void> {
    await callLog.loaded();
    await settle();
  }

  it('3.4: outlives a reload, counts too; what comes while it is read goes before it', async () => {
    const storage = new MemoryStorage();
    const first = await missed({ storage });
    await stored(first.ua);
    assert.equal(record(storage)?.entries.length, 1);
    const second = await missed({ storage });
    await stored(second.ua);
    assert.lengthOf(second.ua.callLog.entries, 2);
    assert.equal(second.ua.callLog.missedCount, 2);
    assert.equal(record(storage)?.entries.length, 2);
    const third = await phone({ storage });
    await stored(third.ua);
    assert.deepEqual(
      third.ua.callLog.entries.map(({ startedAt }) => startedAt),
      second.ua.callLog.entries.map(({ startedAt }) => startedAt),
    );
  });

  it('3.4: what is cleared before it was read stays cleared', async () => {
    const storage = new MemoryStorage();
    const first = await missed({ storage });
    await stored(first.ua);
    const { ua } = await phone({ storage });
    ua.callLog.clear();
    await stored(ua);
    assert.deepEqual(ua.callLog.entries, []);
    assert.deepEqual(record(storage)?.entries, []);
  });

  it('3.4: a storage that fails, or holds what is not ours, costs no call and is not overwritten', async () => {
    for (const value of [{ version: 2 }, { version: 1, entries: [{}], missed: {} }, 'x']) {
      const storage = new MemoryStorage();
      await storage.set('evercall.calls', value);
      const { ua, log } = await missed({ storage });
      await stored(ua);
      assert.lengthOf(ua.callLog.entries, 1);
      assert.deepEqual(storage.values.get('evercall.calls'), value);
      assert.match(log.join('\n'), /calls are not kept/);
    }
    const full = new MemoryStorage();
    const { ua, log } = await phone({ storage: full });
    await stored(ua);
    full.failure = new Error('quota');
    ua.callLog.clear();
    ua.callLog.resetMissed();
    await stored(ua);
    assert.lengthOf(log.filter((line) => line.includes('calls are kept in memory only')), 1); // prettier-ignore
    full.failure = undefined;
    ua.callLog.resetMissed();
    await stored(ua);
    assert.deepEqual(record(full)?.entries, [] as CallLogEntry[]);
  });

  it('3.4: a storage that never answers holds nothing up: calls are kept in memory, and nothing comes after what hangs', async () => {
    const deaf = new MemoryStorage();
    const { ua, clock, log } = await phone({ storage: deaf });
    await settle();
    deaf.isHanging = true;
    const loaded = ua.callLog.loaded();
    await imported();
    await clock.advance(3000);
    await loaded;
    assert.match(log.join('\n'), /calls are not kept.*3000 ms/);
    const slow = new MemoryStorage();
    const other = await phone({ storage: slow });
    await stored(other.ua);
    slow.isHanging = true;
    other.ua.callLog.clear();
    await imported();
    await other.clock.advance(3000);
    slow.isHanging = false;
    slow.answer();
    const written = slow.written.length;
    other.ua.callLog.clear();
    await stored(other.ua);
    assert.lengthOf(slow.written, written);
    assert.match(other.log.join('\n'), /calls are kept in memory only/);
  });

  it('3.4: nothing is read before it is asked for', async () => {
    const storage = new MemoryStorage();
    const { server, call, invite } = await calling({}, { storage });
    server.respond(invite, 200, { body: peerSdp(), headers: described });
    await server.request('ACK');
    await call.answered;
    assert.notInclude(JSON.stringify(storage.written), 'startedAt');
  });
});
