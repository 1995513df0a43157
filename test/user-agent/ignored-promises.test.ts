import { assert } from 'chai';
import { isRequest } from '../../lib/parser/index.js';
import { settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, phone } from '../support/phone.js';

describe('promises that the app ignores', () => {
  it('never become unhandled rejections, whatever fails', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener);
    try {
      const { ua, account, server, clock, media } = await phone();
      ua.on('incomingCall', ({ call }) => {
        media.microphoneError = new DOMException('Permission denied', 'NotAllowedError');
        void call.answer();
      });
      server.send(peerRequest('INVITE', {}, peerSdp().replace('setup:active', 'setup:actpass')));
      await settle();
      const failing = account.call('bob');
      void failing.answered;
      await settle();
      media.microphoneError = undefined;
      const call = account.call('bob');
      await server.skip();
      const invite = server.received.filter(isRequest).at(-1);
      assert(invite);
      server.respond(invite, 200, {
        headers: ['Content-Type: application/sdp', 'Contact: <sip:b@b>'],
        body: peerSdp(),
      });
      await call.answered;
      void call.hold();
      void call.resume();
      void call.sendDtmf('1', { method: 'info' });
      void call.sendMessage('x');
      void account.sendMessage('bob', 'x');
      void account.register();
      void account.registered;
      void account.once('message', { signal: AbortSignal.abort() });
      server.refused.add('ws://server.example/ws');
      server.socket.drop();
      await clock.advance(100_000);
      await ua.stop({ unregister: false });
      await clock.advance(100_000);
      assert.equal(clock.pending, 0);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
    }
    assert.deepEqual(unhandled, []);
  });
});
