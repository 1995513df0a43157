import { assert } from 'chai';
import type { ClientEvent, ServerEvent } from '../../lib/transaction/effects.js';
import { inviteClient } from '../../lib/transaction/invite-client.js';
import { inviteServer } from '../../lib/transaction/invite-server.js';
import { nonInviteClient } from '../../lib/transaction/non-invite-client.js';
import { nonInviteServer } from '../../lib/transaction/non-invite-server.js';

const clientEvents: ClientEvent[] = [
  'start',
  'provisional',
  'success',
  'failure',
  'timeout',
  'linger',
  'cancelled',
  'giveUp',
  'transportError',
  'connectionLost',
];
const serverEvents: ServerEvent[] = [
  'request',
  'ack',
  'sendProvisional',
  'sendSuccess',
  'sendFailure',
  'timeout',
  'linger',
];

describe('INVITE client transaction (§17.1.1, RFC 6026 §8.4)', () => {
  it('sends the request and starts timer B', () => {
    assert.deepEqual(inviteClient('calling', 'start'), ['calling', ['sendRequest', 'startB']]);
  });
  it('timer B ends "calling", but in "proceeding" the callee may ring for minutes', () => {
    assert.deepEqual(inviteClient('calling', 'timeout'), ['terminated', ['failTimeout']]);
    assert.deepEqual(inviteClient('proceeding', 'timeout'), ['proceeding', []]);
  });
  it('64·T1 after its CANCEL it is given up, for a callee of RFC 2543 may send no 487 (§9.1)', () => {
    assert.deepEqual(inviteClient('proceeding', 'cancelled'), ['proceeding', ['startGiveUp']]);
    assert.deepEqual(inviteClient('proceeding', 'giveUp'), ['terminated', ['failTimeout']]);
  });
  for (const state of ['calling', 'proceeding'] as const) {
    it(`in "${state}" a 1xx goes up, a 2xx is accepted, a 3xx-6xx is acknowledged and ends it`, () => {
      assert.deepEqual(inviteClient(state, 'provisional'), ['proceeding', ['deliver']]);
      assert.deepEqual(inviteClient(state, 'success'), ['accepted', ['startM', 'deliver']]);
      assert.deepEqual(inviteClient(state, 'failure'), ['terminated', ['sendAck', 'deliver']]);
      assert.deepEqual(inviteClient(state, 'transportError'), ['terminated', ['failTransport']]);
    });
  }
  for (const state of ['calling', 'proceeding'] as const) {
    it(`"${state}" on a connection that is gone has failed, and lingers: a 2xx that finds the next connection goes up, a 3xx-6xx gets its ACK`, () => {
      assert.deepEqual(inviteClient(state, 'connectionLost'), ['lost', ['startM', 'failTransport']]);
    });
  }
  it('… until timer M', () => {
    assert.deepEqual(inviteClient('lost', 'success'), ['accepted', ['startM', 'deliver']]);
    assert.deepEqual(inviteClient('lost', 'failure'), ['terminated', ['sendAck']]);
    assert.deepEqual(inviteClient('lost', 'linger'), ['terminated', []]);
    for (const event of ['provisional', 'timeout', 'cancelled', 'connectionLost'] as const)
      assert.deepEqual(inviteClient('lost', event), ['lost', []]);
  });
  it('in "accepted" every further 2xx goes up, until timer M; anything else is dropped', () => {
    assert.deepEqual(inviteClient('accepted', 'success'), ['accepted', ['deliver']]);
    assert.deepEqual(inviteClient('accepted', 'linger'), ['terminated', []]);
    for (const event of ['provisional', 'failure', 'timeout', 'transportError'] as const) {
      assert.deepEqual(inviteClient('accepted', event), ['accepted', []]);
    }
  });
});

describe('non-INVITE client transaction (§17.1.2)', () => {
  it('sends the request and starts timer F, which also ends "proceeding"', () => {
    assert.deepEqual(nonInviteClient('trying', 'start'), ['trying', ['sendRequest', 'startF']]);
    assert.deepEqual(nonInviteClient('proceeding', 'timeout'), ['terminated', ['failTimeout']]);
  });
  it('any final response ends it', () => {
    for (const state of ['trying', 'proceeding'] as const) {
      assert.deepEqual(nonInviteClient(state, 'success'), ['terminated', ['deliver']]);
      assert.deepEqual(nonInviteClient(state, 'failure'), ['terminated', ['deliver']]);
    }
  });
});

describe('INVITE server transaction (§17.2.1, RFC 6026 §8.5-8.7)', () => {
  it('hands the request up; a repeat gets the last response again', () => {
    assert.deepEqual(inviteServer(undefined, 'request'), ['proceeding', ['deliver']]);
    assert.deepEqual(inviteServer('proceeding', 'request'), ['proceeding', ['resendResponse']]);
    assert.deepEqual(inviteServer('completed', 'request'), ['completed', ['resendResponse']]);
  });
  it('after a 2xx repeats of the request are absorbed and ACKs go up, until timer L (RFC 6026 §7.1)', () => {
    assert.deepEqual(inviteServer('proceeding', 'sendSuccess'), ['accepted', ['sendResponse', 'startL']]);
    assert.deepEqual(inviteServer('accepted', 'request'), ['accepted', []]);
    assert.deepEqual(inviteServer('accepted', 'ack'), ['accepted', ['deliver']]);
    assert.deepEqual(inviteServer('accepted', 'sendSuccess'), ['accepted', ['sendResponse']]);
    assert.deepEqual(inviteServer('accepted', 'linger'), ['terminated', []]);
  });
  it('after a 3xx-6xx it waits for the ACK, at most timer H', () => {
    assert.deepEqual(inviteServer('proceeding', 'sendFailure'), ['completed', ['sendResponse', 'startH']]);
    assert.deepEqual(inviteServer('completed', 'ack'), ['terminated', []]);
    assert.deepEqual(inviteServer('completed', 'timeout'), ['terminated', ['failNoAck']]);
  });
  it('a second final response is ignored', () => {
    assert.deepEqual(inviteServer('completed', 'sendSuccess'), ['completed', []]);
    assert.deepEqual(inviteServer('accepted', 'sendFailure'), ['accepted', []]);
  });
});

describe('non-INVITE server transaction (§17.2.2)', () => {
  it('a repeat before any response is dropped, after a 1xx it gets that again', () => {
    assert.deepEqual(nonInviteServer('trying', 'request'), ['trying', []]);
    assert.deepEqual(nonInviteServer('proceeding', 'request'), ['proceeding', ['resendResponse']]);
  });
  it('a final response ends it: timer J is 0 on a reliable transport', () => {
    assert.deepEqual(nonInviteServer('trying', 'sendFailure'), ['terminated', ['sendResponse']]);
  });
});

describe('every machine', () => {
  it('stays terminated, whatever comes', () => {
    for (const event of clientEvents) {
      assert.deepEqual(inviteClient('terminated', event), ['terminated', []]);
      assert.deepEqual(nonInviteClient('terminated', event), ['terminated', []]);
    }
    for (const event of serverEvents) {
      assert.deepEqual(inviteServer('terminated', event), ['terminated', []]);
      assert.deepEqual(nonInviteServer('terminated', event), ['terminated', []]);
    }
  });
});
