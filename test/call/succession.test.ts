// Another dialog takes the place of one that cannot be reached: what becomes of it when the call is over before it is established.
import { assert } from 'chai';
import { CSeq, headerValue, read } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, talkingTo } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';
import { peerSdp } from '../support/phone.js';

const callIdOf = (request: SipRequest): string => headerValue(request, 'Call-ID')!;

describe('a dialog that is to take the place of another', () => {
  it('answered by another fork than media follow, and not wanted any more: one BYE, however often its 200 comes', async () => {
    const { call, server, clock } = await talkingTo({ headers: ['Allow: INVITE, ACK, BYE, UPDATE'] });
    server.socket.drop();
    await clock.advance(1000);
    server.respond(await server.request('UPDATE'), 481);
    const invite = await server.request('INVITE');
    server.respond(invite, 183, { headers: described, body: peerSdp(), toTag: 'early' });
    const ok = { headers: described.slice(1), toTag: 'other' };
    server.respond(invite, 200, ok);
    await server.request('ACK');
    const offer = await server.request('INVITE');
    assert.equal(callIdOf(offer), callIdOf(invite), 'its media are offered anew');
    call.hangup();
    const byes = [await server.request('BYE'), await server.request('BYE')];
    const bye = byes.find((request) => callIdOf(request) === callIdOf(invite))!;
    assert.equal(read(bye, CSeq)!.sequence, 3);
    server.respond(invite, 200, ok);
    await server.request('ACK');
    await settle();
    await server.nothing();
  });
});
