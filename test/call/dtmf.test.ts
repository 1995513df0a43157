import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { inDialog, peerOffer, peerCalls, talking } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import type { Phone } from '../support/phone.js';

const signalOf = (info: SipRequest): string | undefined => /^Signal=(.)/.exec(String(info.body))?.[1];

/** What the browser has played. */
const played = ({ media }: Phone): string => {
  const [audio] = media.connections[0]!.getTransceivers();
  return (audio!.sender.dtmf as unknown as { played: string }).played;
};

/** Answers each INFO at once; resolves with the signals. */
async function signals({ server, clock }: Phone, count: number): Promise<string> {
  let all = '';
  for (let i = 0; i < count; i++) {
    const info = await server.request('INFO');
    assert.equal(headerValue(info, 'Content-Type'), 'application/dtmf-relay');
    all += signalOf(info) ?? '';
    server.respond(info, 200);
    await clock.advance(230);
  }
  return all;
}

describe('digits', () => {
  it('CALL-28: by both ways at once, for gateways that hear only one', async () => {
    const stage = await talking();
    const sent = stage.call.sendDtmf('12', { method: 'both' });
    assert.equal(await signals(stage, 2), '12');
    await sent;
    assert.equal(played(stage), '12');
  });

  it('CALL-28: a hook flash goes by INFO, the digits around it by RTP, in their order', async () => {
    const stage = await talking();
    const sent = stage.call.sendDtmf('1r2');
    await settle();
    assert.equal(played(stage), '1');
    assert.equal(await signals(stage, 1), 'R');
    await sent;
    assert.equal(played(stage), '12');
    assert.throws(() => void stage.call.sendDtmf('1R', { method: 'rtp' }), /no flash by RTP/);
  });

  it('CALL-28: the queue can be read, and empties as they go', async () => {
    const stage = await talking();
    const { call, server, clock } = stage;
    assert.equal(call.dtmfQueue, '');
    void call.sendDtmf('12', { method: 'info' });
    const last = call.sendDtmf('3,4', { method: 'info' });
    assert.equal(call.dtmfQueue, '123,4');
    server.respond(await server.request('INFO'), 200);
    assert.equal(call.dtmfQueue, '23,4');
    await clock.advance(230);
    server.respond(await server.request('INFO'), 200);
    await clock.advance(230);
    server.respond(await server.request('INFO'), 200);
    assert.equal(call.dtmfQueue, ',4');
    await clock.advance(230);
    await clock.advance(2000);
    server.respond(await server.request('INFO'), 200);
    assert.equal(call.dtmfQueue, '');
    await clock.advance(230);
    await last;
  });

  it('CALL-28: what the browser has yet to play is in the queue', async () => {
    const { call } = await talking();
    const sent = call.sendDtmf('567', { method: 'rtp' });
    void call.sendDtmf('8', { method: 'rtp' });
    await Promise.resolve().then(() => undefined);
    await Promise.resolve().then(() => undefined);
    assert.match(call.dtmfQueue, /^5?6?78$/);
    await sent;
    await settle();
    assert.equal(call.dtmfQueue, '');
  });

  it('CALL-28: digits that are refused leave the queue to those after them', async () => {
    const { call, server } = await talking();
    const refused = call.sendDtmf('12', { method: 'info' });
    void call.sendDtmf('3', { method: 'info' });
    server.respond(await server.request('INFO'), 415);
    assert.propertyVal(await refused.catch((error: unknown) => error), 'status', 415);
    assert.equal(signalOf(await server.request('INFO')), '3');
    assert.equal(call.state, 'confirmed');
  });

  it('CALL-28: without telephone-events of the peer’s, both and auto go by INFO', async () => {
    const stage = await peerCalls({}, peerOffer('sendonly'));
    const answered = stage.call.answer();
    await stage.server.response(180);
    const ok = await stage.server.response(200);
    stage.server.send(inDialog('ACK', ok, 1));
    await answered;
    void stage.call.sendDtmf('7', { method: 'both' });
    assert.equal(await signals(stage, 1), '7');
  });

  it('CALL-28: a flash of the peer’s has many names, and digits may come by their numbers', async () => {
    const { call, server, ok } = await talking();
    const seen: string[] = [];
    call.on('dtmf', ({ digit }) => seen.push(digit));
    let sequence = 1;
    const send = async (type: string, body: string): Promise<void> => {
      server.send(inDialog('INFO', ok, ++sequence, { 'Content-Type': type }, body));
      await server.response(200);
    };
    for (const signal of ['R', 'hf', '16', '!', '10', '11', '12', '1', '*'])
      await send('application/dtmf-relay', `Signal=${signal}\r\nDuration=100\r\n`);
    await send('application/hook-flash', '');
    await send('application/dtmf', '#');
    assert.equal(seen.join(''), 'RRRR*#A1*R#');
  });
});
