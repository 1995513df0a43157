import { assert } from 'chai';
import { Deferred } from '../../lib/base/deferred.js';
import type { Call, IncomingRefer } from '../../lib/index.js';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, inDialog, talking } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone, toTagOf } from '../support/phone.js';
import type { Phone } from '../support/phone.js';
import { refers, said } from '../support/referring.js';

/** Messages that came next, by method or status, whatever their order. */
async function next({ server }: Phone, ...methods: string[]): Promise<Record<string, SipRequest>> {
  const found: Record<string, SipRequest> = {};
  while (Object.keys(found).length < methods.length) {
    await server.arrival();
    const method = methods.find((name) => !(name in found) && server.isNext(name));
    assert(method, `one of ${methods.join(', ')}`);
    found[method] = await server.request(method);
  }
  return found;
}

describe('CALL-42: REFER in a call', () => {
  it('accepted when nobody decides: 200, NOTIFY 100, the call by the same account, NOTIFY 18x and the final one', async () => {
    const stage = await talking();
    const { call, server, ok, account } = stage;
    const referred = call.once('referredCall');
    server.send(refers(ok, 2));
    await server.arrival();
    const response = await server.response(200); // RFC 7647 §5: not 202
    assert.match(headerValue(response, 'Contact') ?? '', /transport=ws/);
    const { INVITE, NOTIFY } = await next(stage, 'NOTIFY', 'INVITE');
    assert.deepEqual(said(NOTIFY!), ['refer', 'active;expires=600', 'SIP/2.0 100 Trying']);
    assert.equal(headerValue(NOTIFY!, 'Content-Type'), 'message/sipfrag;version=2.0');
    assert.equal(NOTIFY!.uri, 'sip:bob@bob.invalid;transport=ws');
    server.respond(NOTIFY!, 200);
    assert.equal(INVITE!.uri, 'sip:carol@example.com');
    assert.equal(headerValue(INVITE!, 'Referred-By'), '<sip:bob@example.com>');
    const second = (await referred).call;
    assert.isTrue(account.calls.has(second));
    assert.deepEqual(second.referredBy, { uri: 'sip:bob@example.com', displayName: undefined });
    server.respond(INVITE!, 180, { reason: 'Ringing' });
    const ringing = await server.request('NOTIFY');
    assert.deepEqual(said(ringing), ['refer', 'active;expires=600', 'SIP/2.0 180 Ringing']);
    server.respond(ringing, 200);
    server.respond(INVITE!, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    const final = await server.request('NOTIFY');
    assert.deepEqual(said(final), ['refer', 'terminated;reason=noresource', 'SIP/2.0 200 OK']);
    server.respond(final, 200);
    await server.nothing();
    assert.equal(call.state, 'confirmed', "the transferor ends it, or the app does: it is not the library's");
    server.send(inDialog('BYE', ok, 3));
    await server.response(200);
    assert.equal(second.state, 'confirmed');
  });

  it('S6: only the last NOTIFY says terminated; a refusal is told as it came', async () => {
    const stage = await talking();
    const { server, ok } = stage;
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(200);
    const { INVITE, NOTIFY } = await next(stage, 'NOTIFY', 'INVITE');
    server.respond(NOTIFY!, 200);
    server.respond(INVITE!, 486, { reason: 'Busy Here' });
    await server.request('ACK');
    assert.deepEqual(said(await server.request('NOTIFY')), [
      'refer',
      'terminated;reason=noresource',
      'SIP/2.0 486 Busy Here',
    ]);
    assert.equal(stage.call.state, 'confirmed');
  });

  it('NOTIFYs go on after the BYE, until the last; a second one must not overtake the first', async () => {
    const stage = await talking();
    const { server, ok } = stage;
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(200);
    const { INVITE, NOTIFY } = await next(stage, 'NOTIFY', 'INVITE');
    server.send(inDialog('BYE', ok, 3));
    await server.response(200);
    server.respond(INVITE!, 180);
    await server.nothing();
    server.respond(NOTIFY!, 200);
    const second = await server.request('NOTIFY');
    assert.equal(read(second, CSeq)!.sequence, read(NOTIFY!, CSeq)!.sequence + 1);
    server.respond(second, 200);
    server.respond(INVITE!, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    const last = await server.request('NOTIFY');
    assert.match(String(last.body), /200/);
    server.send(inDialog('INFO', ok, 4));
    await server.response(481);
    server.respond(last, 200);
    await settle();
    server.send(inDialog('NOTIFY', ok, 5, { Event: 'refer' }));
    await server.response(481);
  });

  it('a 481 to a NOTIFY ends the reports, not the call (RFC 5057 §5.1)', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(200);
    const { INVITE, NOTIFY } = await next(stage, 'NOTIFY', 'INVITE');
    server.respond(NOTIFY!, 481);
    server.respond(INVITE!, 180);
    await server.nothing();
    assert.equal(call.state, 'confirmed');
  });

  it('RFC 4488: Refer-Sub: false is agreed to, and no NOTIFY sent', async () => {
    const { server, ok } = await talking();
    server.send(refers(ok, 2, '<sip:carol@example.com>', { 'Refer-Sub': 'false', Supported: 'norefersub' }));
    await server.arrival();
    assert.equal(headerValue(await server.response(200), 'Refer-Sub'), 'false');
    server.respond(await server.request('INVITE'), 180);
    await server.nothing();
  });

  it('RFC 3515 §2.4.6: the NOTIFYs of a second REFER carry its number', async () => {
    const stage = await talking();
    const { server, ok } = stage;
    const ids: unknown[] = [];
    for (const sequence of [2, 3]) {
      server.send(refers(ok, sequence));
      await server.arrival();
      await server.response(200);
      const { NOTIFY, INVITE } = await next(stage, 'NOTIFY', 'INVITE');
      ids.push(headerValue(NOTIFY!, 'Event'));
      server.respond(NOTIFY!, 200);
      server.respond(INVITE!, 404);
      await server.request('ACK');
      const last = await server.request('NOTIFY');
      ids.push(headerValue(last, 'Event'));
      server.respond(last, 200);
    }
    assert.deepEqual(ids, ['refer', 'refer', 'refer;id=3', 'refer;id=3']);
  });

  it('an attended transfer: Replaces and Require of the Refer-To are headers of the INVITE', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    const heard = call.once('refer');
    server.send(
      refers(ok, 2, '"Carol" <sip:carol@10.0.0.7?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>'),
    );
    await server.arrival();
    await server.response(200);
    const { INVITE } = await next(stage, 'NOTIFY', 'INVITE');
    assert.equal(INVITE!.uri, 'sip:carol@10.0.0.7');
    assert.equal(headerValue(INVITE!, 'Replaces'), 'a@b;to-tag=1;from-tag=2');
    assert.equal(headerValue(INVITE!, 'Require'), 'replaces');
    const refer = await heard;
    assert.deepInclude(refer.replaces, { callId: 'a@b', toTag: '1', fromTag: '2' });
    assert.equal(refer.displayName, 'Carol');
    assert.equal(refer.target, 'sip:carol@10.0.0.7');
    assert.deepEqual(refer.referredBy, { uri: 'sip:bob@example.com', displayName: undefined });
  });

  it('the app may refuse, or accept with options of its own', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    const off = call.on('refer', (refer) => {
      refer.reject(480);
    });
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(480);
    off();
    let second: Call | undefined;
    call.on('refer', (refer) => {
      second = refer.accept({ headers: [{ name: 'X-Queue', value: 'sales' }], data: 7 });
      assert.throws(() => {
        refer.reject();
      }, /answered/);
    });
    server.send(refers(ok, 3));
    await server.arrival();
    await server.response(200);
    const { INVITE } = await next(stage, 'NOTIFY', 'INVITE');
    assert.equal(headerValue(INVITE!, 'X-Queue'), 'sales');
    assert.equal(second?.data, 7);
  });

  it('RFC 3515 §2.4.7: who has to be asked first may wait: pending, then active or rejected', async () => {
    for (const verdict of ['accept', 'reject'] as const) {
      const stage = await talking();
      const { call, server, ok } = stage;
      const asked: IncomingRefer[] = [];
      call.on('refer', (refer) => {
        refer.waitUntil(new Promise(() => undefined));
        asked.push(refer);
      });
      server.send(refers(ok, 2));
      await server.arrival();
      await server.response(200);
      const pending = await server.request('NOTIFY');
      assert.deepEqual(said(pending), ['refer', 'pending;expires=600', 'SIP/2.0 100 Trying']);
      server.respond(pending, 200);
      await server.nothing();
      asked[0]![verdict]();
      if (verdict === 'accept') {
        await server.request('INVITE');
      } else {
        const last = await server.request('NOTIFY');
        assert.deepEqual(said(last), ['refer', 'terminated;reason=rejected', 'SIP/2.0 603 Decline']);
      }
    }
  });

  it('and when what it waits for is settled without a word, it is as if nobody had listened', async () => {
    const stage = await talking();
    const { call, server, ok } = stage;
    const asked = new Deferred<void>();
    call.on('refer', (refer) => {
      refer.waitUntil(asked.promise);
    });
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(200);
    server.respond(await server.request('NOTIFY'), 200);
    asked.reject(new Error('the dialog was closed'));
    await server.request('INVITE');
  });

  it('a REFER that nobody decides on runs out', async () => {
    const { call, server, ok, clock } = await talking();
    call.on('refer', (refer) => {
      refer.waitUntil(new Promise(() => undefined));
    });
    server.send(refers(ok, 2));
    await server.arrival();
    await server.response(200);
    server.respond(await server.request('NOTIFY'), 200);
    await clock.advance(600_000);
    assert.deepEqual(said(await server.request('NOTIFY')), [
      'refer',
      'terminated;reason=timeout',
      'SIP/2.0 100 Trying',
    ]);
  });

  for (const [what, referTo, status] of [
    ['a method other than INVITE', '<sip:carol@example.com;method=SUBSCRIBE>', 603],
    ['another scheme', '<http://example.com/>', 416],
    ['something that is no URI', '<sip:@>', 400],
    ['two targets', '<sip:a@example.com>, <sip:b@example.com>', 400],
    ['a header with a line break', '<sip:carol@example.com?Subject=a%0D%0AX-B%3A%20c>', 400],
    ['an extension we do not have', '<sip:carol@example.com?Require=precondition>', 400],
    ['a Replaces that is none', '<sip:carol@example.com?Replaces=a>', 400],
  ] as const) {
    it(`a Refer-To with ${what} gets ${status}`, async () => {
      const { call, server, ok } = await talking();
      call.on('refer', () => assert.fail('not announced'));
      server.send(refers(ok, 2, referTo));
      await server.arrival();
      await server.response(status);
      await server.nothing();
    });
  }

  it('RFC 3515 §2.4.2: none, or two of them, gets 400', async () => {
    const { server, ok } = await talking();
    server.send(refers(ok, 2).replace(/Refer-To: .*\r\n/, ''));
    await server.arrival();
    await server.response(400);
    server.send(refers(ok, 3).replace(/(Refer-To: .*\r\n)/, '$1$1'));
    await server.arrival();
    await server.response(400);
  });

  it('§19.1.5: headers that would forge who, where or what we are are left out', async () => {
    const stage = await talking();
    const { server, ok } = stage;
    const hostile = 'From=x&Via=y&Route=%3Csip%3Aevil%3E&Contact=z&Allow=A&Content-Type=text%2Fplain&body=hello';
    server.send(refers(ok, 2, `<sip:carol@example.com?${hostile}&Subject=lunch&X-Note=1>`));
    await server.arrival();
    await server.response(200);
    const { INVITE } = await next(stage, 'NOTIFY', 'INVITE');
    assert.equal(headerValue(INVITE!, 'Subject'), 'lunch');
    assert.equal(headerValue(INVITE!, 'X-Note'), '1');
    assert.isUndefined(headerValue(INVITE!, 'Route'));
    assert.equal(INVITE!.headers.filter(({ name }) => name === 'From' || name === 'Via').length, 2);
    assert.match(String(INVITE!.body), /^v=0/);
  });

  it('a tel URI is called by way of our domain (§19.1.6)', async () => {
    const stage = await talking();
    stage.server.send(refers(stage.ok, 2, '<tel:+4930123456>'));
    await stage.server.arrival();
    await stage.server.response(200);
    const { INVITE } = await next(stage, 'NOTIFY', 'INVITE');
    assert.equal(INVITE!.uri, 'sip:+4930123456@example.com;user=phone');
  });
});

describe('CALL-42: REFER outside of a call', () => {
  const stray = (headers: Record<string, string> = {}): string =>
    peerRequest('REFER', {
      'Refer-To': '<sip:carol@example.com>',
      Contact: '<sip:bob@bob.invalid;transport=ws>',
      'Record-Route': '<sip:p1.example;lr>',
      ...headers,
    });

  it('is declined where nobody decides: a stranger must not make us call others', async () => {
    const { ua, account, server } = await phone();
    const heard: unknown[] = [];
    ua.on('refer', (event) => heard.push(event.account));
    server.send(stray());
    await server.arrival();
    await server.response(603);
    assert.deepEqual(heard, [account]);
    await server.nothing();
  });

  it('accepted by the app: the same NOTIFYs, in the dialog that the REFER has made, which ends with the last', async () => {
    const stage = await phone();
    const { server, account } = stage;
    account.on('refer', ({ refer }) => refer.accept());
    server.send(stray());
    await server.arrival();
    const response = await server.response(200);
    assert.equal(headerValue(response, 'Record-Route'), '<sip:p1.example;lr>');
    const { INVITE, NOTIFY } = await next(stage, 'NOTIFY', 'INVITE');
    assert.deepEqual(said(NOTIFY!), ['refer', 'active;expires=600', 'SIP/2.0 100 Trying']);
    assert.equal(headerValue(NOTIFY!, 'To'), '"Bob" <sip:bob@example.com>;tag=bobtag');
    assert.include(headerValue(NOTIFY!, 'From'), toTagOf(response));
    assert.equal(headerValue(NOTIFY!, 'Route'), '<sip:p1.example;lr>');
    server.respond(NOTIFY!, 200);
    server.respond(INVITE!, 486);
    await server.request('ACK');
    const last = await server.request('NOTIFY');
    assert.match(String(last.body), /486/);
    server.respond(last, 200);
    await settle();
    server.send(inDialog('INFO', response, 2));
    await server.response(481);
  });

  it('for nobody: 404', async () => {
    const { server, ua } = await phone();
    ua.addAccount({ uri: 'sip:alice@other.example', register: false });
    server.send(stray({ uri: 'sip:nobody@example.com', To: '<sip:nobody@example.com>' }));
    await server.response(404);
  });
});
