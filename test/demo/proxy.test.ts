// The demo server's proxy, seen by its frames: RFC 3261 §16, RFC 3326, RFC 4320, RFC 5626 §5.
import { assert } from 'chai';
import { authorize, startLine, statusOf, tagOf, valueOf, valuesOf } from './raw-client.js';
import type { RawClient } from './raw-client.js';
import { Setting } from './servers.js';

const setting = new Setting();
const bob = 'sip:bob@evercall.test';

/** Alice calls Bob; resolves with her INVITE and what each of his phones gets. */
async function calls(alice: RawClient, phones: readonly RawClient[]): Promise<{ sent: string; invites: string[] }> {
  const sent = await alice.authorized('INVITE', bob);
  await alice.next('SIP/2.0 100');
  const invites = await Promise.all(phones.map((phone) => phone.next('INVITE')));
  return { sent, invites };
}

describe('demo server: proxy', () => {
  setting.hooks();

  describe('what it forwards', () => {
    it('takes one from Max-Forwards, adds Via and Record-Route, and takes the proof of identity away (§16.6, §22.3)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { invites } = await calls(alice, [phone]);
      const invite = invites[0]!;
      assert.equal(startLine(invite), `INVITE ${phone.contact} SIP/2.0`);
      assert.equal(valueOf(invite, 'Max-Forwards'), '69');
      assert.match(valuesOf(invite, 'Via')[0]!, /^SIP\/2\.0\/WS evercall\.test;branch=z9hG4bK/);
      assert.match(valuesOf(invite, 'Via')[1]!, /alice\.invalid.*;received=127\.0\.0\.1/);
      assert.lengthOf(valuesOf(invite, 'Record-Route'), 2);
      assert.isUndefined(valueOf(invite, 'Proxy-Authorization'));
    });

    it('a response goes back without our Via, and 100 does not go back at all (§16.7 steps 3 and 5)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 100);
      phone.respond(invites[0]!, 180);
      const ringing = await alice.next('SIP/2.0 180');
      assert.lengthOf(valuesOf(ringing, 'Via'), 1);
    });

    it('a MESSAGE to a user arrives, and its 200 comes back (RFC 3428 §6)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      await alice.authorized('MESSAGE', bob, { 'Content-Type': 'text/plain' }, 'Grüße');
      const message = await phone.next('MESSAGE');
      assert.match(message, /\r\n\r\nGrüße$/);
      phone.respond(message, 200);
      await alice.next('SIP/2.0 200');
    });

    it('a request that comes twice is forwarded once and gets its answer again (§16.2, §17.2)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { sent, invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 180);
      await alice.next('SIP/2.0 180');
      alice.send(sent);
      await alice.next('SIP/2.0 180');
      assert.isEmpty(phone.unread);
    });
  });

  describe('who may call, and whom', () => {
    it('a caller who is not known is challenged: 407 (§22.3)', async () => {
      const alice = await setting.open('alice');
      alice.request('INVITE', bob);
      assert.lengthOf(valuesOf(await alice.next('SIP/2.0 407'), 'Proxy-Authenticate'), 2);
    });

    it('a caller whose From is somebody else: 403', async () => {
      const alice = await setting.open('alice');
      const headers = { From: '<sip:carol@evercall.test>;tag=1' };
      alice.request('MESSAGE', bob, headers);
      const challenge = await alice.next('SIP/2.0 407');
      const proof = authorize(challenge, { method: 'MESSAGE', uri: bob, user: 'alice' });
      alice.request('MESSAGE', bob, { ...headers, 'Proxy-Authorization': proof });
      await alice.next('SIP/2.0 403');
    });

    for (const [uri, status, why] of [
      ['sip:nobody@evercall.test', 404, 'a user that does not exist (§16.5)'],
      ['sip:bob@elsewhere.test', 404, 'a domain that is not ours'],
      ['sip:carol@evercall.test', 480, 'a user who is not registered (§16.5)'],
      ['sip:busy@evercall.test', 486, 'the number that is always busy'],
    ] as const) {
      it(`${status}: ${why}`, async () => {
        const alice = await setting.open('alice');
        const invite = await alice.authorized('INVITE', uri);
        const response = await alice.next(/^SIP\/2\.0 (1(?!00)|[2-6])|^SIP\/2\.0 100/);
        const final = statusOf(response) === 100 ? await alice.next('SIP/2.0') : response;
        assert.equal(statusOf(final), status);
        assert.isDefined(tagOf(valueOf(final, 'To')));
        alice.acknowledge(invite, final);
      });
    }

    it('483: no hop is left (§16.3 step 3)', async () => {
      const alice = await setting.open('alice');
      alice.request('INVITE', bob, { 'Max-Forwards': '0' });
      await alice.next('SIP/2.0 483');
    });

    it('420 with Unsupported: a Proxy-Require that we do not know (§16.3 step 5)', async () => {
      const alice = await setting.open('alice');
      alice.request('INVITE', bob, { 'Proxy-Require': 'teleport' });
      assert.equal(valueOf(await alice.next('SIP/2.0 420'), 'Unsupported'), 'teleport');
    });

    it('416: a scheme that is not ours (§16.3 step 2)', async () => {
      const alice = await setting.open('alice');
      alice.request('INVITE', 'http://evercall.test/');
      await alice.next('SIP/2.0 416');
    });

    it('400: a mandatory header is missing; and the connection goes on (§16.3 step 1)', async () => {
      const alice = await setting.open('alice');
      alice.request('MESSAGE', bob, { 'Call-ID': '' });
      await alice.next('SIP/2.0 400');
      alice.send('not SIP at all');
      alice.request('OPTIONS', 'sip:evercall.test');
      await alice.next('SIP/2.0 200');
    });

    it('OPTIONS to the server: 200 with Allow, without a challenge (§11.2)', async () => {
      const alice = await setting.open('alice');
      alice.request('OPTIONS', 'sip:evercall.test');
      assert.include(valueOf(await alice.next('SIP/2.0 200'), 'Allow'), 'INVITE');
    });
  });

  describe('forking', () => {
    it('all contacts ring; the first 2xx wins, and the others are cancelled with the reason (§16.7 step 10, RFC 3326)', async () => {
      const alice = await setting.open('alice');
      const phones = [
        await setting.registered('bob'),
        await setting.registered('bob'),
        await setting.registered('bob'),
      ];
      const [one, two, three] = phones as [RawClient, RawClient, RawClient];
      const { sent, invites } = await calls(alice, phones);
      one.respond(invites[0]!, 180);
      two.respond(invites[1]!, 180);
      await alice.next('SIP/2.0 180');
      await alice.next('SIP/2.0 180');
      two.respond(invites[1]!, 200);
      const ok = await alice.next('SIP/2.0 200');
      assert.equal(valueOf(ok, 'Contact'), `<${two.contact}>`);

      const cancel = await one.next('CANCEL');
      assert.equal(valueOf(cancel, 'Via'), valuesOf(invites[0]!, 'Via')[0]);
      assert.equal(valueOf(cancel, 'Reason'), 'SIP;cause=200;text="Call completed elsewhere"');
      one.respond(cancel, 200);
      one.respond(invites[0]!, 487);
      assert.equal(valueOf(await one.next('ACK'), 'CSeq'), valueOf(sent, 'CSeq')!.replace('INVITE', 'ACK'));
      // §9.1: who has not said anything yet is cancelled when they do
      assert.isEmpty(three.unread);
      three.respond(invites[2]!, 180);
      await three.next('CANCEL');
      three.respond(invites[2]!, 487);
      await three.next('ACK');
      assert.isEmpty(alice.unread);
    });

    it('the best of the refusals goes back when all have refused (§16.7 step 6)', async () => {
      const alice = await setting.open('alice');
      const phones = [
        await setting.registered('bob'),
        await setting.registered('bob'),
        await setting.registered('bob'),
      ];
      const { sent, invites } = await calls(alice, phones);
      for (const [index, status] of [503, 486, 500].entries()) {
        phones[index]!.respond(invites[index]!, status);
        await phones[index]!.next('ACK');
      }
      const response = await alice.next('SIP/2.0 486');
      alice.acknowledge(sent, response);
      alice.request('OPTIONS', 'sip:evercall.test'); // a round trip later
      await alice.next('SIP/2.0 200');
      for (const phone of phones) assert.isEmpty(phone.unread, 'the ACK ends at the proxy (§17.2.1)');
    });

    it('a 503 of the only contact becomes 500 (§16.7 step 6)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 503);
      await alice.next('SIP/2.0 500');
    });

    it('a 6xx stops the others (§16.7 step 5)', async () => {
      const alice = await setting.open('alice');
      const phones = [await setting.registered('bob'), await setting.registered('bob')];
      const [one, two] = phones as [RawClient, RawClient];
      const { invites } = await calls(alice, phones);
      two.respond(invites[1]!, 180);
      await alice.next('SIP/2.0 180');
      one.respond(invites[0]!, 603);
      await one.next('ACK');
      assert.match(valueOf(await two.next('CANCEL'), 'Reason')!, /cause=603/);
      two.respond(invites[1]!, 487);
      await alice.next('SIP/2.0 603');
    });
  });

  describe('CANCEL and time', () => {
    it('the CANCEL of the caller is answered, reaches the callee, and ends with 487 (§16.10)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { sent, invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 180);
      await alice.next('SIP/2.0 180');
      alice.request('CANCEL', bob, {
        Via: valueOf(sent, 'Via')!,
        CSeq: valueOf(sent, 'CSeq')!.replace('INVITE', 'CANCEL'),
        Contact: '',
        Reason: 'SIP;cause=600',
      });
      assert.match(valueOf(await alice.next('SIP/2.0 200'), 'CSeq')!, /CANCEL/);
      assert.equal(valueOf(await phone.next('CANCEL'), 'Reason'), 'SIP;cause=600');
      phone.respond(invites[0]!, 487);
      await phone.next('ACK');
      await alice.next('SIP/2.0 487');
    });

    it('a CANCEL of nothing: 481 (§9.2)', async () => {
      const alice = await setting.open('alice');
      alice.request('CANCEL', bob);
      await alice.next('SIP/2.0 481');
    });

    it('408 when it rings in vain, and the phone stops ringing (timer C, §16.8)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 180);
      await alice.next('SIP/2.0 180');
      await setting.clock.advance(60_000);
      await alice.next('SIP/2.0 408');
      await phone.next('CANCEL');
    });

    it('408 when a phone says nothing at all (timer B)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      await calls(alice, [phone]);
      await setting.clock.advance(32_000);
      await alice.next('SIP/2.0 408');
    });

    it('no 408 for a request that is no INVITE: its sender has given up by itself (RFC 4320 §4.2)', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      await alice.authorized('MESSAGE', bob);
      await phone.next('MESSAGE');
      await setting.clock.advance(32_000);
      alice.request('OPTIONS', 'sip:evercall.test');
      await alice.next('SIP/2.0 200');
    });

    it('480 when the page of the callee closes while it rings and does not come back', async () => {
      const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
      const { invites } = await calls(alice, [phone]);
      phone.respond(invites[0]!, 180);
      await alice.next('SIP/2.0 180');
      const closed = new Promise((resolve) => phone.socket.once('close', resolve));
      phone.close();
      await closed;
      const observer = await setting.open('carol'); // a round trip, so that the server has seen it too
      observer.request('OPTIONS', 'sip:evercall.test');
      await observer.next('SIP/2.0 200');
      await setting.clock.advance(10_000);
      await alice.next('SIP/2.0 480');
    });
  });
});
