// The demo server's WebSockets: RFC 7118, and the ping of RFC 5626 §4.4.1.
import { assert } from 'chai';
import { WebSocket } from 'ws';
import { within } from '../support/servers/deadline.js';
import { Setting } from './servers.js';

const setting = new Setting();

/** What a handshake ends with. */
function handshake(protocols: string[], options: { origin?: string } = {}): Promise<string> {
  const socket = new WebSocket(setting.server.url.replace('http', 'ws'), protocols, options);
  const outcome = new Promise<string>((resolve) => {
    socket.once('open', () => {
      resolve(`open ${socket.protocol}`);
    });
    socket.once('error', (error) => {
      resolve(error.message);
    });
  });
  return within(2000, 'the handshake', outcome).finally(() => {
    socket.terminate();
  });
}

describe('demo server: WebSockets', () => {
  setting.hooks();

  it('speaks the subprotocol sip, and nothing else (RFC 7118 §4)', async () => {
    assert.equal(await handshake(['other', 'sip']), 'open sip');
    assert.match(await handshake([]), /400/);
    assert.match(await handshake(['other']), /400/);
  });

  it('pages of this machine may come in, those of other sites may not', async () => {
    assert.equal(await handshake(['sip'], { origin: setting.server.url.slice(0, -1) }), 'open sip');
    assert.equal(await handshake(['sip'], { origin: 'http://localhost:5173' }), 'open sip');
    assert.match(await handshake(['sip'], { origin: 'https://elsewhere.test' }), /403/);
    assert.match(await handshake(['sip'], { origin: 'null' }), /403/);
  });

  it('CRLF CRLF is answered by CRLF (RFC 5626 §4.4.1)', async () => {
    const alice = await setting.open('alice');
    alice.send('\r\n\r\n');
    assert.equal(await alice.next(''), '\r\n');
  });

  it('a binary frame is a message as well (RFC 7118 §5)', async () => {
    const alice = await setting.open('alice');
    const text = alice.request('OPTIONS', 'sip:evercall.test');
    await alice.next('SIP/2.0 200');
    alice.socket.send(Buffer.from(text.replace('branch=z9hG4bK', 'branch=z9hG4bKx')));
    await alice.next('SIP/2.0 200');
  });
});
