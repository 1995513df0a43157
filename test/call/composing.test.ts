// Who is writing a message in a call (RFC 3994).
import { assert } from 'chai';
import type { Call } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { calling, inDialog, talking } from '../support/calls.js';
import { imported } from '../support/fake-clock.js';

const type = 'application/im-iscomposing+xml';
const isComposing = (state: string, refresh = ''): string =>
  `<?xml version="1.0"?><x:isComposing xmlns:x="urn:ietf:params:xml:ns:im-iscomposing"><x:state> ${state} </x:state>${refresh}</x:isComposing>`;

function heard(call: Call): boolean[] {
  const all: boolean[] = [];
  call.on('composing', ({ active }) => all.push(active));
  return all;
}

describe('CALL-44: who is writing', () => {
  before(() => import('../../lib/call/composing.js'));

  it('the peer is told with the first key, a minute later again, and after 15 s without a key (RFC 3994 §3.2)', async () => {
    const { call, server, clock } = await talking();
    const said = async (state: string): Promise<void> => {
      const message = await server.request('MESSAGE');
      assert.equal(headerValue(message, 'Content-Type'), type);
      assert.include(String(message.body), `<state>${state}</state>`);
      server.respond(message, 200);
    };
    call.composing();
    await imported();
    await said('active');
    for (let key = 0; key < 7; key++) {
      await clock.advance(10_000);
      call.composing();
      await imported();
      if (key === 5) await said('active');
      else await server.nothing();
    }
    await clock.advance(15_000);
    await said('idle');
    await clock.advance(60_000);
    await server.nothing();
  });

  it('a message that is sent needs no word, one that is refused is the last, and a call that is over leaves no timer', async () => {
    const { call, server, clock } = await talking();
    call.composing();
    await imported();
    server.respond(await server.request('MESSAGE'), 415);
    const sent = call.sendMessage('hello');
    server.respond(await server.request('MESSAGE'), 200);
    await sent;
    call.composing();
    await imported();
    await clock.advance(15_000);
    await server.nothing();
    call.composing();
    await imported();
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    await clock.advance(40_000);
    assert.equal(clock.pending, 0);
    assert.throws(() => {
      call.composing();
    }, /composing: the call is disconnected/);
    const early = await calling();
    assert.throws(() => {
      early.call.composing();
    }, /the call is calling/);
  });

  it("the peer's word is an event, until it says otherwise, sends its message, or is silent for as long as it said", async () => {
    const { call, server, clock, ok } = await talking();
    const all = heard(call);
    let messages = 0;
    call.on('message', () => messages++);
    let sequence = 1;
    const message = async (body: string, contentType = type): Promise<void> => {
      server.send(inDialog('MESSAGE', ok, ++sequence, { 'Content-Type': contentType }, body));
      await server.response(200);
      await imported();
    };
    await message(isComposing('active'));
    await message(isComposing('active'));
    assert.deepEqual(all, [true]);
    await message(isComposing('idle'));
    assert.deepEqual(all.splice(0), [true, false]);
    await message(isComposing('active'));
    await message('hello', 'text/plain');
    assert.deepEqual(all.splice(0), [true, false]);
    assert.equal(messages, 1);
    await message(isComposing('active', '<x:refresh>60</x:refresh>'));
    await clock.advance(59_999);
    assert.deepEqual(all, [true]);
    await clock.advance(1);
    assert.deepEqual(all.splice(0), [true, false]);
    for (const body of ['', 'nonsense', '<state>', isComposing('x'.repeat(9000))]) await message(body);
    assert.isEmpty(all);
    assert.equal(messages, 1);
  });
});
