import { assert } from 'chai';
import { EvercallError } from '../../lib/base/errors.js';
import { callState } from '../../lib/call/call-state.js';
import { endCause } from '../../lib/call/end-cause.js';
import { parseDtmf, writeDtmfRelay } from '../../lib/session/dtmf-relay.js';
import { headerValue } from '../../lib/parser/index.js';
import { calling, inDialog, talking } from '../support/calls.js';

const withReason = (value: string) => ({
  method: 'CANCEL',
  uri: 'sip:x',
  headers: [{ name: 'Reason', value }],
  body: '',
});

describe('end cause', () => {
  it('CALL-15: a CANCEL with a SIP Reason tells who else took or declined the call (RFC 3326 §3.1)', () => {
    const cancelled = { by: 'remote', status: 487, reason: '' } as const;
    assert.equal(
      endCause({ ...cancelled, message: withReason('SIP;cause=200;text="Call completed elsewhere"') }),
      'answeredElsewhere',
    );
    assert.equal(endCause({ ...cancelled, message: withReason('SIP;cause=603') }), 'declinedElsewhere');
    assert.equal(endCause({ ...cancelled, message: withReason('Q.850;cause=16') }), 'cancelled');
    assert.equal(
      endCause({ ...cancelled, message: withReason(';;;') }),
      'cancelled',
      'a Reason that cannot be read says nothing',
    );
  });

  it('a BYE is a hang-up, whatever its Reason', () => {
    assert.equal(endCause({ by: 'remote', status: 200, reason: 'OK', message: withReason('SIP;cause=200') }), 'hangup');
  });

  it('our own errors say more than the status they equate to (§8.1.3.1)', () => {
    const by = 'network' as const;
    assert.equal(endCause({ by, status: 408, reason: '', error: new EvercallError('timeout', '') }), 'timeout');
    assert.equal(endCause({ by, status: 503, reason: '', error: new EvercallError('transport', '') }), 'transport');
    assert.equal(
      endCause({ by: 'local', status: 480, reason: '', error: new EvercallError('mediaBusy', '') }),
      'media',
    );
  });
});

describe('call state', () => {
  it('CALL-2: nothing leads out of disconnected, and nothing but an answer into connecting', () => {
    for (const event of ['progress', 'accepted', 'confirmed', 'ended'] as const) {
      assert.equal(callState('disconnected', event), 'disconnected');
    }
    assert.equal(callState('calling', 'confirmed'), 'calling');
    assert.equal(callState('incoming', 'accepted'), 'connecting');
  });
});

describe('digits by INFO', () => {
  it('are read in the spellings that gateways use, and written in the usual one', () => {
    assert.deepEqual(parseDtmf('application/dtmf-relay', 'Signal= 5\r\nDuration= 160'), { digit: '5', duration: 160 });
    assert.deepEqual(parseDtmf('application/dtmf-relay', 'signal=a\nduration=40\n'), { digit: 'A', duration: 40 });
    assert.deepEqual(parseDtmf('application/dtmf', '#'), { digit: '#', duration: 250 });
    assert.isUndefined(parseDtmf('application/dtmf-relay', 'Signal=x'));
    assert.deepEqual(parseDtmf('application/dtmf-relay', writeDtmfRelay({ digit: '*', duration: 100 })), {
      digit: '*',
      duration: 100,
    });
  });
});

describe('what ended a call', () => {
  it('is one object: cause, status, by whom, when, how long, the message and its Reasons with the Q.850 code (RFC 3326)', async () => {
    const { call, server, ok, clock } = await talking();
    await clock.advance(7000);
    const Reason = 'Q.850;cause=16;text="Normal call clearing", SIP;cause=200, X;broken';
    server.send(inDialog('BYE', ok, 2, { Reason, 'User-to-User': '6f6b' }));
    const end = await call.ended;
    assert.deepInclude(end, { cause: 'hangup', status: 200, by: 'remote', duration: 7000, q850: 16, tried: [] });
    assert.equal(end.at, clock.wallTime());
    assert.deepEqual(end.reasons, [
      { protocol: 'Q.850', cause: 16, text: 'Normal call clearing' },
      { protocol: 'SIP', cause: 200, text: undefined },
      { protocol: 'X', cause: undefined, text: undefined },
    ]);
    assert.equal(end.message && 'method' in end.message && end.message.method, 'BYE');
  });

  it('CALL-13: a refusal is there with its headers and body', async () => {
    const { call, server, invite } = await calling();
    server.respond(invite, 503, {
      headers: ['X-Why: maintenance', 'Reason: Q.850;cause=38', 'Content-Type: text/plain'],
      body: 'later',
    });
    const { message, q850, tried, cause } = await call.ended;
    assert(message && 'status' in message);
    assert.deepEqual([headerValue(message, 'X-Why'), message.body], ['maintenance', 'later']);
    assert.deepEqual([q850, cause], [38, 'rejected']);
    assert.deepEqual(tried, [{ target: 'sip:bob@example.com', server: 'ws://server.example/ws', status: 503 }]);
  });

  it('has no message where we ended it, and the media statistics that were asked for last', async () => {
    const { call } = await talking();
    const stats = await call.getStats();
    call.hangup();
    assert.deepInclude(call.end, { by: 'local', message: undefined, q850: undefined, stats });
    assert.deepEqual(call.end?.reasons, []);
    const other = await talking();
    other.call.hangup();
    assert.isUndefined(other.call.end?.stats);
  });
});
