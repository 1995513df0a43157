import { assert } from 'chai';
import type { Call, EvercallError, TransferProgress } from '../../lib/index.js';
import { CSeq, headerValue, isSipUri, parseAddress, parseUri, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, inDialog, peerOffer, talking, talkingTo, towards } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';
import { referring, report } from '../support/referring.js';

const failure = (promise: Promise<unknown>): Promise<EvercallError> =>
  promise.then(
    () => assert.fail('it should have been rejected'),
    (error: unknown) => error as EvercallError,
  );

/** What the INVITE is asked to have. */
function asked(refer: SipRequest): { uri: string; headers: Record<string, string | null> } {
  const { uri } = parseAddress(headerValue(refer, 'Refer-To')!);
  const target = parseUri(uri);
  assert(isSipUri(target));
  return { uri: uri.replace(/\?.*/, ''), headers: Object.fromEntries(target.headers) };
}

describe('CALL-40: blind transfer', () => {
  it('REFER with Refer-To and Referred-By; the final 2xx resolves, and we hang up', async () => {
    const { call, server, invite, refer, transfer } = await referring();
    const progress: TransferProgress[] = [];
    call.on('transferProgress', (report) => progress.push(report));
    assert.equal(refer.uri, 'sip:bob@bob.invalid;transport=ws');
    assert.equal(headerValue(refer, 'Refer-To'), '<sip:200@example.com>');
    assert.equal(headerValue(refer, 'Referred-By'), '<sip:alice@example.com>');
    assert.match(headerValue(refer, 'Contact') ?? '', /transport=ws>/);
    server.respond(refer, 202);
    for (const [i, status] of [100, 180, 200].entries()) {
      server.send(report(invite, i + 1, status));
      await server.response(200);
    }
    await transfer;
    await server.request('BYE');
    assert.deepEqual(progress, [
      { status: 100, reason: 'So It Is', isFinal: false },
      { status: 180, reason: 'So It Is', isFinal: false },
      { status: 200, reason: 'So It Is', isFinal: true },
    ]);
    assert.deepInclude(call.end, { cause: 'transferred', by: 'local' });
  });

  it('its progress can be iterated, from the beginning, by more than one', async () => {
    const { server, invite, refer, transfer } = await referring();
    server.respond(refer, 202);
    const statuses = async (): Promise<number[]> => {
      const seen: number[] = [];
      for await (const { status } of transfer) seen.push(status);
      return seen;
    };
    const early = statuses();
    for (const [i, status] of [100, 200].entries()) server.send(report(invite, i + 1, status));
    assert.deepEqual(await early, [100, 200]);
    assert.deepEqual(await statuses(), [100, 200]);
  });

  it('iterating a transfer that fails throws when all was told', async () => {
    const { server, invite, refer, transfer } = await referring();
    server.respond(refer, 202);
    server.send(report(invite, 1, 486));
    const seen: number[] = [];
    const error = await failure(
      (async () => {
        for await (const { status } of transfer) seen.push(status);
      })(),
    );
    assert.deepEqual(seen, [486]);
    assert.deepInclude(error, { code: 'rejected', status: 486 });
  });

  it('RFC 5589 §6.1: the peer is held first, and taken off again when the transfer fails', async () => {
    const { call, server, invite } = await talkingTo();
    const transfer = call.transfer('200');
    await server.arrival();
    const hold = await server.request('INVITE');
    assert.include(String(hold.body), 'a=sendonly');
    server.respond(hold, 200, { headers: described, body: peerSdp('recvonly', 2) });
    await server.request('ACK');
    server.respond(await server.request('REFER'), 202);
    server.send(report(invite, 1, 503));
    await server.response(200);
    const resume = await server.request('INVITE');
    assert.include(String(resume.body), 'a=sendrecv');
    server.respond(resume, 200, { headers: described, body: peerSdp('sendrecv', 3) });
    await server.request('ACK');
    assert.deepInclude(await failure(transfer), { code: 'rejected', status: 503 });
    assert.equal(call.state, 'confirmed');
    assert.isFalse(call.localHold);
  });

  it('a peer that was on hold before stays so when the transfer fails', async () => {
    const { call, server } = await talkingTo();
    const held = call.hold();
    server.respond(await server.request('INVITE'), 200, { headers: described, body: peerSdp('recvonly', 2) });
    await server.request('ACK');
    await held;
    const transfer = call.transfer('200');
    await server.arrival();
    server.respond(await server.request('REFER'), 403);
    assert.deepInclude(await failure(transfer), { code: 'rejected', status: 403 });
    await server.nothing();
    assert.isTrue(call.localHold);
  });

  it('a peer that cannot be held is transferred all the same', async () => {
    const { call, server, invite } = await talkingTo();
    const transfer = call.transfer('200');
    await server.arrival();
    server.respond(await server.request('INVITE'), 488);
    await server.request('ACK');
    server.respond(await server.request('REFER'), 200);
    server.send(report(invite, 1, 200));
    await transfer;
  });

  it('a REFER that is refused: the call goes on as it was', async () => {
    const { call, server, refer, transfer } = await referring();
    server.respond(refer, 405);
    assert.deepInclude(await failure(transfer), { code: 'rejected', status: 405 });
    assert.equal(call.state, 'confirmed');
    await server.nothing();
  });

  it('a 481 to the REFER ends the call (§12.2.1.2); a 481 of the referred call does not', async () => {
    const gone = await referring();
    gone.server.respond(gone.refer, 481);
    assert.propertyVal(await failure(gone.transfer), 'status', 481);
    assert.equal(gone.call.end?.cause, 'dialogGone');
    const failed = await referring();
    failed.server.respond(failed.refer, 202);
    failed.server.send(report(failed.invite, 1, 481));
    assert.propertyVal(await failure(failed.transfer), 'status', 481);
    assert.equal(failed.call.state, 'confirmed');
  });

  it('hangup: false leaves the call to the app', async () => {
    const { call, server, invite, refer, transfer } = await referring({ hangup: false });
    server.respond(refer, 202);
    server.send(report(invite, 1, 200));
    await transfer;
    await server.response(200);
    await server.nothing();
    assert.equal(call.state, 'confirmed');
  });

  it('RFC 6665 §4.1.2.4: NOTIFYs may come before the response to the REFER', async () => {
    const { server, invite, refer, transfer } = await referring();
    server.send(report(invite, 1, 100));
    server.send(report(invite, 2, 200));
    await transfer;
    server.respond(refer, 202);
    await server.response(200);
    await server.response(200);
    await server.request('BYE');
    await server.nothing();
  });

  it('JsSIP PR 878: a NOTIFY after the BYE of the peer is taken, and counts', async () => {
    const { call, server, invite, refer, transfer, clock } = await referring();
    server.respond(refer, 202);
    server.send(report(invite, 1, 100));
    server.send(towards('BYE', invite, 2));
    await server.response(200);
    await server.response(200);
    assert.deepInclude(call.end, { cause: 'hangup', by: 'remote' });
    server.send(report(invite, 3, 200));
    await server.response(200);
    await transfer;
    server.send(report(invite, 4, 200));
    await server.response(481);
    await clock.advance(32_000); // timer M
    assert.equal(clock.pending, 0, 'nothing is left behind');
  });

  it('a peer that hangs up and never says how it went: timeout, after 64·T1', async () => {
    const { server, invite, refer, transfer, clock } = await referring();
    server.respond(refer, 202);
    server.send(report(invite, 1, 100));
    server.send(towards('BYE', invite, 2));
    const failed = failure(transfer);
    await clock.advance(32_000);
    const error = await failed;
    assert.equal(error.code, 'timeout');
    assert.match(error.message, /did not say/);
    assert.equal(clock.pending, 0);
  });

  it('RFC 6665 §4.1.2.4: no NOTIFY within timer N', async () => {
    const { call, server, refer, transfer, clock } = await referring();
    server.respond(refer, 202);
    const failed = failure(transfer);
    await clock.advance(31_999);
    assert.equal(call.state, 'confirmed');
    await clock.advance(1);
    assert.deepInclude(await failed, { code: 'timeout', status: 408 });
    assert.equal(call.state, 'confirmed');
  });

  it('a subscription that runs out without a final status', async () => {
    const { server, invite, refer, transfer, clock } = await referring();
    server.respond(refer, 202);
    server.send(report(invite, 1, 180, { state: 'active;expires=60' }));
    const failed = failure(transfer);
    await clock.advance(60_000 + 32_000);
    assert.equal((await failed).code, 'timeout');
  });

  for (const reason of ['noresource', 'timeout']) {
    it(`a last NOTIFY that says ${reason} and nothing final: the outcome is not known`, async () => {
      const { call, server, invite, refer, transfer } = await referring();
      server.respond(refer, 202);
      server.send(report(invite, 1, 180, { state: `terminated;reason=${reason}` }));
      const error = await failure(transfer);
      assert.equal(error.code, 'rejected');
      assert.isUndefined(error.status);
      assert.match(error.message, new RegExp(`${reason}.*180`));
      assert.equal(call.state, 'confirmed');
    });
  }

  it('S6: a peer that says terminated in each NOTIFY, and goes on, is listened to', async () => {
    const { server, invite, refer, transfer } = await referring();
    server.respond(refer, 202);
    for (const [i, status] of [100, 180, 200].entries()) {
      server.send(report(invite, i + 1, status, { state: 'terminated' }));
      await server.response(200);
    }
    await transfer;
  });

  it('RFC 3515 §2.4.6: each of several REFERs has its own NOTIFYs, by the number of its CSeq', async () => {
    const { call, server, invite } = await talkingTo();
    const first = call.transfer('201', { hold: false, hangup: false });
    const second = call.transfer('202', { hold: false, hangup: false });
    const refers: SipRequest[] = [];
    while (refers.length < 2) {
      await server.arrival();
      const refer = await server.request('REFER');
      server.respond(refer, 202);
      refers.push(refer);
    }
    const [a, b] = refers.map((refer) => read(refer, CSeq)!.sequence);
    server.send(report(invite, 1, 200, { id: b! }));
    server.send(report(invite, 2, 486));
    const isFirst = headerValue(refers[0]!, 'Refer-To')!.includes('201');
    assert.propertyVal(await failure(isFirst ? first : second), 'status', 486);
    await (isFirst ? second : first);
    server.send(report(invite, 3, 200, { id: a! + 100 }));
    await server.response(200);
    await server.response(200);
    await server.response(481);
  });

  it('a challenge gives the REFER another number: NOTIFYs may name it', async () => {
    const { server, invite, refer, transfer } = await referring();
    server.respond(refer, 407, { headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth"'] });
    const again = await server.request('REFER');
    server.respond(again, 202);
    server.send(report(invite, 1, 200, { id: read(again, CSeq)!.sequence }));
    await transfer;
  });

  it('RFC 4488: subscription: false resolves with the 2xx', async () => {
    const { server, refer, transfer } = await referring({ subscription: false });
    assert.equal(headerValue(refer, 'Refer-Sub'), 'false');
    assert.include(headerValue(refer, 'Supported'), 'norefersub');
    server.respond(refer, 200, { headers: ['Refer-Sub: false'] });
    await transfer;
    await server.request('BYE');
  });

  it('RFC 4488 §4: a peer that makes a subscription all the same is listened to', async () => {
    const { call, server, invite, refer, transfer } = await referring({ subscription: false });
    server.respond(refer, 202);
    server.send(report(invite, 1, 486));
    assert.propertyVal(await failure(transfer), 'status', 486);
    assert.equal(call.state, 'confirmed');
  });

  it('an AbortSignal ends the watching: 481 to what is still reported, and the call stays as it is', async () => {
    const abort = new AbortController();
    const { call, server, invite, refer, transfer } = await referring({ signal: abort.signal });
    server.respond(refer, 202);
    server.send(report(invite, 1, 100));
    await server.response(200);
    abort.abort();
    assert.equal((await failure(transfer)).code, 'aborted');
    server.send(report(invite, 2, 180));
    await server.response(481);
    assert.equal(call.state, 'confirmed');
    await server.nothing();
  });

  it('a signal that has aborted before: nothing is sent', async () => {
    const { call, server } = await talkingTo();
    const transfer = call.transfer('200', { signal: AbortSignal.abort() });
    assert.equal((await failure(transfer)).code, 'aborted');
    await server.nothing();
  });

  it('headers of the app go into the REFER; a line break in one is refused, and so are unknown options', async () => {
    const { server, refer } = await referring({ headers: [{ name: 'X-Queue', value: 'sales' }] });
    assert.equal(headerValue(refer, 'X-Queue'), 'sales');
    const { call } = await talkingTo();
    const broken = [{ name: 'X-A', value: 'b\r\nX-C: d' }];
    assert.match((await failure(call.transfer('200', { headers: broken }))).message, /X-A/);
    assert.match((await failure(call.transfer('200', { hangUp: false } as object))).message, /hangUp/);
    assert.match((await failure(call.transfer('200', { hold: 'no' } as object))).message, /hold/);
    assert.equal((await failure(call.transfer('mailto:x@y.z'))).code, 'invalidTarget');
    assert.equal((await failure(call.transfer(undefined as unknown as string))).code, 'invalidTarget');
    await server.nothing();
  });

  it('NOTIFYs of another event get 489; without a REFER of ours, 481', async () => {
    const { server, invite } = await referring();
    server.send(report(invite, 1, 100, { headers: { Event: 'presence' } }));
    assert.equal(headerValue(await server.response(489), 'Allow-Events'), 'refer');
    const plain = await talkingTo();
    plain.server.send(report(plain.invite, 1, 100));
    await plain.server.response(481);
    assert.equal(plain.call.state, 'confirmed');
  });

  it('only a call that is confirmed can be transferred', async () => {
    const { call, server, invite } = await talkingTo();
    server.send(towards('BYE', invite, 1));
    await server.response(200);
    assert.throws(() => void call.transfer('200'), /disconnected/);
  });
});

/** Two calls of one phone: the peer's, and one of ours to Carol. */
async function consulting(
  contact = '<sip:carol@10.0.0.7:5060>',
): Promise<Phone & { call: Call; consult: Call; invite: SipRequest; ok: Awaited<ReturnType<typeof talking>>['ok'] }> {
  const stage = await talking({}, { callPolicy: 'mix' });
  const consult = stage.account.call('carol');
  const invite = await stage.server.request('INVITE');
  stage.server.respond(invite, 200, {
    headers: ['Content-Type: application/sdp', `Contact: ${contact}`],
    body: peerSdp(),
    toTag: 'carol',
  });
  await stage.server.request('ACK');
  await consult.answered;
  return { ...stage, consult, invite };
}

describe('CALL-41: attended transfer', () => {
  it("Refer-To is the other peer's Contact, with Replaces as that peer sees the dialog; both legs end after success", async () => {
    const { call, consult, server, invite, ok } = await consulting();
    const transfer = call.transfer(consult, { hold: false });
    await server.arrival();
    const refer = await server.request('REFER');
    const ourTag = parseAddress(headerValue(invite, 'From')!).params.get('tag');
    assert.deepEqual(asked(refer), {
      uri: 'sip:carol@10.0.0.7:5060',
      headers: { replaces: `${consult.callId};to-tag=carol;from-tag=${ourTag}` },
    });
    assert.notMatch(headerValue(refer, 'Refer-To')!, /[;=]carol;/, 'escaped');
    server.respond(refer, 202);
    server.send(
      inDialog(
        'NOTIFY',
        ok,
        2,
        { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource', 'Content-Type': 'message/sipfrag' },
        'SIP/2.0 200 OK\r\n',
      ),
    );
    await transfer;
    await server.response(200);
    const byes = [await server.request('BYE'), await server.request('BYE')].map((bye) => headerValue(bye, 'Call-ID'));
    assert.sameMembers(byes, [call.callId, consult.callId]);
    assert.deepEqual([call.end?.cause, consult.end?.cause], ['transferred', 'transferred']);
  });

  it("the target's BYE to the replaced leg may come first", async () => {
    const { call, consult, server, invite, ok } = await consulting();
    const transfer = call.transfer(consult, { hold: false });
    await server.arrival();
    server.respond(await server.request('REFER'), 202);
    server.send(towards('BYE', invite, 1, {}, '', 'carol'));
    await server.response(200);
    server.send(inDialog('BYE', ok, 2));
    await server.response(200);
    server.send(
      inDialog(
        'NOTIFY',
        ok,
        3,
        { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource', 'Content-Type': 'message/sipfrag' },
        'SIP/2.0 200 OK\r\n',
      ),
    );
    await transfer;
    await server.response(200);
    await server.nothing();
  });

  it('a GRUU leads to one device', async () => {
    const { call, consult, server } = await consulting('<sip:carol@example.com;gr=urn:uuid:1>');
    void call.transfer(consult, { hold: false });
    await server.arrival();
    assert.equal(asked(await server.request('REFER')).uri, 'sip:carol@example.com;gr=urn:uuid:1');
  });

  it('RFC 5589 §7.3: a Contact that leads nowhere is left out for the address, and Replaces is required', async () => {
    const { call, consult, server } = await consulting('<sip:x1@abc.invalid;transport=ws>');
    void call.transfer(consult, { hold: false });
    await server.arrival();
    const { uri, headers } = asked(await server.request('REFER'));
    assert.equal(uri, 'sip:carol@example.com');
    assert.equal(headers.require, 'replaces');
  });

  it('requireReplaces has the last word', async () => {
    const { call, consult, server } = await consulting();
    void call.transfer(consult, { hold: false, requireReplaces: true });
    await server.arrival();
    assert.equal(asked(await server.request('REFER')).headers.require, 'replaces');
    const other = await consulting('<sip:x1@abc.invalid;transport=ws>');
    void other.call.transfer(other.consult, { hold: false, requireReplaces: false });
    await other.server.arrival();
    assert.notProperty(asked(await other.server.request('REFER')).headers, 'require');
  });

  it('a call of another account can be the other one', async () => {
    const { call, server, ua } = await talking({}, { callPolicy: 'mix' });
    const second = ua.addAccount({ uri: 'sip:alice@other.example', register: false });
    const consult = second.call('dave');
    const invite = await server.request('INVITE');
    server.respond(invite, 200, { headers: described, body: peerSdp(), toTag: 'dave' });
    await server.request('ACK');
    void call.transfer(consult, { hold: false });
    await server.arrival();
    assert.match(asked(await server.request('REFER')).headers.replaces ?? '', /to-tag=dave/);
  });

  it('when it fails, both calls go on', async () => {
    const { call, consult, server } = await consulting();
    const transfer = call.transfer(consult, { hold: false });
    await server.arrival();
    server.respond(await server.request('REFER'), 603);
    assert.propertyVal(await failure(transfer), 'status', 603);
    assert.deepEqual([call.state, consult.state], ['confirmed', 'confirmed']);
    await server.nothing();
  });

  it('RFC 5589 §7.6: a call that still rings is given up, and its callee called anew (semi-attended)', async () => {
    const { call, server, account } = await talking({}, { callPolicy: 'mix' });
    const consult = account.call('carol');
    const invite = await server.request('INVITE');
    server.respond(invite, 180, { toTag: 'carol' });
    await settle();
    void call.transfer(consult, { hold: false });
    await server.arrival();
    await server.request('CANCEL');
    const { uri, headers } = asked(await server.request('REFER'));
    assert.equal(uri, 'sip:carol@example.com');
    assert.deepEqual(headers, {}, 'RFC 3891 §4: no Replaces of an early dialog that the target did not begin');
    assert.equal(consult.state, 'disconnected');
  });

  it('not to itself, not to a call that is over, not to one that rings here', async () => {
    const { call, consult, server, ua } = await consulting();
    assert.match((await failure(call.transfer(call))).message, /itself/);
    consult.hangup();
    await server.request('BYE');
    const over = await failure(call.transfer(consult));
    assert.equal(over.code, 'invalidState');
    assert.match(over.message, /over/);
    const ringing = ua.once('incomingCall');
    server.send(peerRequest('INVITE', { 'Call-ID': 'call-2' }, peerOffer()));
    const error = await failure(call.transfer((await ringing).call));
    assert.equal(error.code, 'invalidState');
    assert.match(error.message, /answer it first/);
    await server.response(180);
    await server.nothing();
  });
});
