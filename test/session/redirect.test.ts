import { assert } from 'chai';
import type { CallOptions, Redirection } from '../../lib/index.js';
import { CSeq, headerValue, headerValues, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { calling, described } from '../support/calls.js';
import { peerSdp } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

const moved = (...contacts: string[]): { headers: string[] } => ({ headers: [`Contact: ${contacts.join(', ')}`] });

/** Answers with a 3xx; resolves with the INVITE that follows. */
async function redirected({ server }: Phone, invite: SipRequest, ...contacts: string[]): Promise<SipRequest> {
  server.respond(invite, 302, moved(...contacts));
  await server.request('ACK');
  await server.arrival();
  return server.request('INVITE');
}

const follow: CallOptions = { redirect: 'follow' };

describe('CALL-8: 3xx', () => {
  it('is not followed by itself: the end of the call names it and where it leads, the best first', async () => {
    const { call, server, invite } = await calling();
    server.respond(
      invite,
      302,
      moved('<sip:a@a.example>;q=0.1', '"B" <sip:b@b.example>;q=0.9', '<mailto:c@c.example>;q=0.5'),
    );
    await server.request('ACK');
    assert.deepInclude(call.end, {
      cause: 'redirected',
      status: 302,
      contacts: ['sip:b@b.example', 'mailto:c@c.example', 'sip:a@a.example'],
    });
    await server.nothing();
  });

  it('followed in the order of q, with the same Call-ID, From and To, and a higher CSeq (§8.1.3.4)', async () => {
    const stage = await calling(follow);
    const { call, server, invite } = stage;
    const events: unknown[] = [];
    call.on('redirected', ({ target, response }) => events.push([target, response?.status]));
    const second = await redirected(stage, invite, '<sip:a@a.example>;q=0.1', '<sip:b@b.example>;q=0.9');
    assert.equal(second.uri, 'sip:b@b.example');
    for (const name of ['Call-ID', 'From', 'To'])
      assert.equal(headerValue(second, name), headerValue(invite, name), name);
    assert.equal(read(second, CSeq)!.sequence, read(invite, CSeq)!.sequence + 1);
    assert.notEqual(headerValue(second, 'Via'), headerValue(invite, 'Via'));
    assert.equal(second.body, invite.body);
    server.respond(second, 486);
    await server.request('ACK');
    await server.arrival();
    const third = await server.request('INVITE');
    assert.equal(third.uri, 'sip:a@a.example');
    server.respond(third, 200, { headers: described, body: peerSdp() });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(events, [
      ['sip:b@b.example', 302],
      ['sip:a@a.example', 486],
    ]);
  });

  it('no target is tried twice: a loop ends, and so does a chain without end', async () => {
    const loop = await calling(follow);
    const second = await redirected(loop, loop.invite, '<sip:b@b.example>');
    loop.server.respond(second, 302, moved('<sip:bob@example.com>', '<sip:B@B.EXAMPLE>', '<sip:b@B.example>'));
    await loop.server.request('ACK');
    await loop.server.arrival();
    const third = await loop.server.request('INVITE');
    assert.equal(third.uri, 'sip:B@b.example', 'user names differ by their case');
    loop.server.respond(third, 301, moved('<sip:b@b.example>'));
    await loop.server.request('ACK');
    await loop.call.ended;
    assert.deepInclude(loop.call.end, { cause: 'redirected', status: 301 });
    const chain = await calling(follow);
    let { invite } = chain;
    for (let i = 0; i < 5; i++) invite = await redirected(chain, invite, `<sip:${i}@b.example>`);
    chain.server.respond(invite, 302, moved('<sip:9@b.example>'));
    await chain.server.request('ACK');
    await chain.call.ended;
    await chain.server.nothing();
  });

  it('where one of several is sent on, that comes before the rest', async () => {
    const stage = await calling(follow);
    const second = await redirected(stage, stage.invite, '<sip:a@a.example>', '<sip:b@b.example>');
    const third = await redirected(stage, second, '<sip:c@c.example>');
    assert.equal(third.uri, 'sip:c@c.example');
    stage.server.respond(third, 404);
    await stage.server.request('ACK');
    await stage.server.arrival();
    assert.equal((await stage.server.request('INVITE')).uri, 'sip:b@b.example');
  });

  it('§16.7: a 6xx is the last word', async () => {
    const stage = await calling(follow);
    const second = await redirected(stage, stage.invite, '<sip:a@a.example>', '<sip:b@b.example>');
    stage.server.respond(second, 603);
    await stage.server.request('ACK');
    await stage.call.ended;
    assert.equal(stage.call.end?.cause, 'declined');
    assert.deepEqual(
      stage.call.end?.tried.map(({ target, status }) => [target, status]),
      [
        ['sip:bob@example.com', 302],
        ['sip:a@a.example', 603],
      ],
    );
    await stage.server.nothing();
  });

  it('sips is never followed to sip; other schemes and methods are left out', async () => {
    const stage = await calling({}, { account: { redirect: 'follow' } });
    const secure = stage.account.call('sips:bob@example.com');
    const invite = await stage.server.request('INVITE');
    const second = await redirected(stage, invite, '<sip:a@a.example>', '<sips:b@b.example>;q=0.1');
    assert.equal(second.uri, 'sips:b@b.example');
    secure.hangup();
    stage.server.respond(stage.invite, 302, moved('<mailto:a@a.example>', '<sip:a@a.example;method=MESSAGE>'));
    await stage.server.request('ACK');
    await stage.call.ended;
    assert.equal(stage.call.end?.status, 302);
  });

  it('305 and 380 name no place of the callee', async () => {
    for (const status of [305, 380]) {
      const { call, server, invite } = await calling(follow);
      server.respond(invite, status, moved('<sip:a@a.example>'));
      await server.request('ACK');
      await server.nothing();
      assert.equal(call.end?.status, status);
    }
  });

  it('§19.1.5: headers that the target asks for, if they are harmless: Subject in place of ours, others beside them', async () => {
    const headers = [
      { name: 'Subject', value: 'ours' },
      { name: 'Call-Info', value: '<http://ours.example>' },
    ];
    const stage = await calling({ ...follow, headers });
    const second = await redirected(
      stage,
      stage.invite,
      '<sip:a@a.example;x=1;method=INVITE?Subject=theirs&Call-Info=%3Chttp%3A%2F%2Ftheirs.example%3E&Route=%3Csip%3Aevil%3E&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>',
    );
    assert.equal(second.uri, 'sip:a@a.example;x=1');
    assert.deepEqual(headerValues(second, 'Subject'), ['theirs']);
    assert.deepEqual(headerValues(second, 'Call-Info'), ['<http://ours.example>', '<http://theirs.example>']);
    assert.isUndefined(headerValue(second, 'Route'));
    assert.isUndefined(headerValue(second, 'Replaces'));
  });

  it('a target with a line break in a header is left out', async () => {
    const stage = await calling(follow);
    const second = await redirected(
      stage,
      stage.invite,
      '<sip:a@a.example?Subject=a%0D%0AX-B%3A%20c>',
      '<sip:b@b.example>',
    );
    assert.equal(second.uri, 'sip:b@b.example');
  });

  it('the app may choose: some of them, others, or none', async () => {
    const asked: Redirection[] = [];
    const stage = await calling({
      redirect: (redirection) => {
        asked.push(redirection);
        return Promise.resolve(['sip:voicemail@example.com']);
      },
    });
    const second = await redirected(stage, stage.invite, '"A" <sip:a@a.example>;q=0.5');
    assert.equal(second.uri, 'sip:voicemail@example.com');
    assert.deepInclude(asked[0], { status: 302, contacts: [{ uri: 'sip:a@a.example', displayName: 'A', q: 0.5 }] });
    const none = await calling({ redirect: () => [] });
    none.server.respond(none.invite, 302, moved('<sip:a@a.example>'));
    await none.server.request('ACK');
    assert.equal((await none.call.ended).cause, 'redirected');
  });

  it('a call that is hung up while the app chooses goes nowhere', async () => {
    let choose: (targets: string[]) => void = () => undefined;
    let isAsked: () => void;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const { call, server, invite } = await calling({
      redirect: () => {
        isAsked();
        return new Promise((resolve) => (choose = resolve));
      },
    });
    server.respond(invite, 302, moved('<sip:a@a.example>'));
    await server.request('ACK');
    await asked;
    call.hangup();
    choose(['sip:a@a.example']);
    await server.nothing();
    assert.equal(call.end?.cause, 'cancelled');
  });

  it('another value of the option is refused', async () => {
    const { account } = await calling();
    assert.throws(() => account.call('bob', { redirect: 'yes' as 'stop' }), /redirect/);
    assert.throws(() => void account.update({ redirect: 'yes' as 'stop' }), /redirect/);
  });
});
