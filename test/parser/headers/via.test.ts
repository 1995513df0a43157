import { assert } from 'chai';
import { ParseError, Via } from '../../../lib/parser/index.js';

describe('Via (RFC 3261 §20.42)', () => {
  it('reads the examples of the RFC', () => {
    assert.deepEqual(Via.parse('SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7'), {
      protocol: 'SIP',
      version: '2.0',
      transport: 'UDP',
      host: 'erlang.bell-telephone.com',
      port: 5060,
      params: new Map([['branch', 'z9hG4bK87asdks7']]),
    });
    const spaced = Via.parse(
      'SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1',
    );
    assert.deepEqual(
      [spaced.host, spaced.port, spaced.params.get('ttl'), spaced.params.get('maddr')],
      ['first.example.com', 4000, '16', '224.2.0.1'],
    );
  });

  it('reads rport with and without a value (RFC 3581 §3)', () => {
    assert.isNull(Via.parse('SIP/2.0/WS a;rport').params.get('rport'));
    assert.equal(Via.parse('SIP/2.0/WS a;rport=1').params.get('rport'), '1');
  });

  it('has the transport in upper case and the host in lower case', () => {
    const { transport, host } = Via.parse('SIP/2.0/wss DF7jal23ls0d.INVALID');
    assert.deepEqual([transport, host], ['WSS', 'df7jal23ls0d.invalid']);
  });

  it('refuses what is no sent-protocol and sent-by', () => {
    for (const bad of [
      '',
      'SIP/2.0',
      'SIP/2.0/WS',
      'SIP/2.0/WS ',
      'SIP/2.0/WS ;branch=1',
      '/2.0/WS a',
      'SIP/2.0/WS a:',
      'SIP/2.0/WS a:x',
      'SIP/2.0/WS a b',
      'SIP/2.0/WS [::1',
    ]) {
      assert.throws(() => Via.parse(bad), ParseError, undefined, bad);
    }
  });

  it('refuses to write what it would not read', () => {
    const via = Via.parse('SIP/2.0/WS a;branch=1');
    for (const wrong of [{ host: 'a b' }, { host: '' }, { transport: 'W S' }, { port: 70000 }, { port: -1 }]) {
      assert.throws(() => Via.write({ ...via, ...wrong }), TypeError);
    }
  });
});
