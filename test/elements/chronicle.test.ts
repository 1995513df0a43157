import { assert } from 'chai';
import type { CallOptions } from '../../lib/index.js';
import { Chronicle } from '../../lib/elements/chronicle.js';
import { Timeline } from '../../lib/elements/timeline.js';
import { described, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { phone } from '../support/phone.js';
import type { Phone, PhoneOptions } from '../support/phone.js';
import { bound, registering } from '../support/registering.js';

const updates = { headers: ['Allow: INVITE, ACK, BYE, UPDATE'] };

interface Stage {
  readonly chronicle: Chronicle;
  readonly said: string[];
  /** What was written since it was last asked for. */
  readonly news: () => string[];
}

function chronicled({ ua, account, clock }: Phone): Stage {
  const said: string[] = [];
  const timeline = new Timeline(clock, () => undefined);
  const chronicle = new Chronicle(timeline, clock, { who: () => 'bob', onNews: (text) => said.push(text) });
  chronicle.attach(ua, account);
  const news = (): string[] => {
    const lines = timeline.entries.map(({ text }) => text);
    timeline.clear();
    return lines;
  };
  return { chronicle, said, news };
}

async function calling(options: PhoneOptions = {}, call: CallOptions = {}): Promise<Phone & Stage & Talking> {
  const stage = await talkingTo(updates, call, options);
  const written = chronicled(stage);
  written.chronicle.follow(stage.call);
  written.news();
  return { ...stage, ...written };
}
type Talking = Pick<Awaited<ReturnType<typeof talkingTo>>, 'call'>;

describe('what the softphone writes down', () => {
  it('5.3: a call that loses its connection says for how long, and then after how long it was back', async () => {
    const { call, chronicle, server, clock, said, news } = await calling();
    assert.equal(chronicle.connectionWords(call), 'Connected');
    server.socket.drop();
    await settle();
    assert.equal(chronicle.connectionWords(call), 'Reconnecting…');
    await clock.advance(1000);
    assert.equal(chronicle.connectionWords(call), 'Reconnecting for 1 s…');
    const update = await server.request('UPDATE');
    await clock.advance(400);
    server.respond(update, 200, { headers: described.slice(1) });
    await settle();
    assert.equal(call.connection, 'connected');
    assert.equal(chronicle.connectionWords(call), 'Connected, back after 1.4 s');
    assert.deepEqual(said, ['Call with bob: reconnecting…', 'Call with bob: back after 1.4 s']);
    const lines = news();
    assert.includeMembers(lines, said);
    assert.match(lines.join('\n'), /^The connection to the server is lost.*\n[^]*Connected to the server again/m);
  });

  it('5.3: ipChangeProgress is told step by step, in plain words', async () => {
    const { ua, server, clock, news } = await calling();
    const report = ua.handleIpChange({ reason: 'the cable was pulled', refresh: 'dialog' });
    const update = await server.request('UPDATE');
    await clock.advance(500);
    server.respond(update, 200, { headers: described.slice(1) });
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) }); // by the run, after the loss itself
    await report;
    const lines = news();
    assert.include(lines, 'Call with bob: the other side knows where we are, after 0.5 s');
    assert.include(lines, 'Network change (the cable was pulled) seen to in 0.5 s');
    assert.match(lines.join('\n'), /^New connection to ws:\/\/server\.example\/ws after 0\.\d s$/m);
  });

  it('hold, mute and the end of a call are written down, and how it was kept meanwhile', async () => {
    const { call, server, clock, news } = await calling();
    call.mute();
    call.unmute();
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 200, { headers: described.slice(1) });
    await settle();
    call.hangup();
    server.respond(await server.request('BYE'), 200);
    await settle();
    const lines = news();
    assert.deepEqual(lines.slice(0, 2), ['Microphone muted', 'Microphone on']);
    assert.deepEqual(lines.slice(-2), [
      'Call with bob was brought back: the other side knows where we are',
      'Call with bob ended',
    ]);
  });

  it('the registration is told when it is news: repeats are not', async () => {
    const stage = await registering();
    const { news } = chronicled(stage);
    stage.server.respond(stage.register, 200, { headers: [bound(stage.register, 60)] });
    await settle();
    assert.deepEqual(news(), ['Signed in']);
    await stage.clock.advance(60_000);
    const again = await stage.server.request('REGISTER');
    stage.server.respond(again, 200, { headers: [bound(again, 60)] });
    await settle();
    assert.equal(stage.account.state, 'registered');
    assert.isEmpty(news());
  });

  it('a registration that fails says what the answer was', async () => {
    const stage = await registering();
    const { news } = chronicled(stage);
    stage.server.respond(stage.register, 503, { reason: 'Service Unavailable' });
    await settle();
    assert.deepEqual(news(), ['Not signed in: 503 Service Unavailable']);
  });

  it('another call is another story', async () => {
    const stage = await phone();
    const { chronicle } = chronicled(stage);
    const call = stage.account.call('bob');
    assert.equal(chronicle.connectionWords(call), '');
    chronicle.follow(call);
    assert.equal(chronicle.connectionWords(call), 'Connected');
  });
});
