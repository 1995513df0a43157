import { assert } from 'chai';
import { headerValue } from '../../lib/parser/index.js';
import { calling, inDialog, talking } from '../support/calls.js';
import { settle } from '../support/fake-clock.js';

describe('requests of the peer in a call', () => {
  it('CALL-14: the app answers an INFO with status, phrase, headers and body', async () => {
    const { call, server, ok } = await talking();
    call.on('request', ({ method, request, respond }) => {
      assert.equal(method, 'INFO');
      assert.equal(request.body, '<x/>');
      respond(202, { reason: 'Fine', headers: [{ name: 'Content-Type', value: 'text/plain' }], body: 'thanks' });
      respond(500);
    });
    server.send(inDialog('INFO', ok, 2, { 'Content-Type': 'application/xml' }, '<x/>'));
    const response = await server.response(202);
    assert.deepEqual([response.reason, response.body], ['Fine', 'thanks']);
    assert.equal(headerValue(response, 'Content-Type'), 'text/plain');
    await server.nothing();
  });

  it('CALL-14: what nobody answers is answered as without a listener', async () => {
    const { call, server, ok } = await talking();
    const seen: string[] = [];
    const digits: string[] = [];
    const texts: unknown[] = [];
    call.on('request', ({ method }) => seen.push(method));
    call.on('dtmf', ({ digit }) => digits.push(digit));
    call.on('message', ({ body }) => texts.push(body));
    const relay = { 'Content-Type': 'application/dtmf-relay' };
    server.send(inDialog('INFO', ok, 2, relay, 'Signal=5\r\nDuration=160\r\n'));
    await server.response(200);
    server.send(inDialog('MESSAGE', ok, 3, { 'Content-Type': 'text/plain' }, 'hello'));
    await server.response(200);
    server.send(inDialog('OPTIONS', ok, 4));
    assert.include(headerValue(await server.response(200), 'Allow'), 'UPDATE');
    server.send(inDialog('INFO', ok, 5, { 'Content-Type': 'application/xml' }, '<x/>'));
    await server.response(415);
    assert.deepEqual(seen, ['INFO', 'MESSAGE', 'OPTIONS', 'INFO']);
    assert.deepEqual([digits, texts], [['5'], ['hello']]);
  });

  it('CALL-14: a listener may take its time', async () => {
    const { call, server, ok } = await talking();
    let done!: () => void;
    const off = call.on('request', ({ respond, waitUntil }) => {
      waitUntil(new Promise<void>((resolve) => (done = resolve)).then(() => respond(200)));
    });
    server.send(inDialog('INFO', ok, 2, { 'Content-Type': 'application/xml' }, '<x/>'));
    await settle();
    await server.nothing();
    done();
    await server.response(200);
    off();
    call.on('request', ({ waitUntil }) => waitUntil(Promise.reject(new Error('lost'))));
    server.send(inDialog('INFO', ok, 3, { 'Content-Type': 'application/xml' }, '<x/>'));
    await server.response(415);
  });

  it('CALL-14: a method that the app allows is in Allow and comes to it; another gets 405 or 501 with Allow', async () => {
    const { call, server, ok } = await talking({}, { account: { allowedMethods: ['KDMQ', 'PUBLISH'] } });
    assert.match(headerValue(ok, 'Allow')!, /UPDATE, KDMQ, PUBLISH$|KDMQ, PUBLISH$/);
    call.on('request', ({ method, respond }) => {
      if (method === 'KDMQ') respond(204);
    });
    server.send(inDialog('KDMQ', ok, 2));
    await server.response(204);
    server.send(inDialog('PUBLISH', ok, 3));
    assert.include(headerValue(await server.response(405), 'Allow'), 'PUBLISH');
    server.send(inDialog('BREW', ok, 4));
    assert.include(headerValue(await server.response(501), 'Allow'), 'INVITE');
    server.send(inDialog('KDMQ', ok, 5, { Require: 'teapot' }));
    await server.response(420);
    assert.throws(() => void call.sendRequest('INVITE'), /method/);
  });

  it('CALL-14: a wrong answer throws and leaves the request to be answered', async () => {
    const { call, server, ok } = await talking();
    call.on('request', ({ respond }) => {
      assert.throws(() => respond(100), /status/);
      assert.throws(() => respond(200, { reason: 'a\r\nb' }), /reason/);
      assert.throws(() => respond(200, { headers: [{ name: 'Via', value: 'x' }] }), /Via/);
    });
    server.send(inDialog('INFO', ok, 2));
    await server.response(200);
  });

  it('CALL-14: what is not a list of methods is refused by name', async () => {
    const { account } = await calling();
    assert.throws(() => account.call('bob', { allowedMethods: ['KD MQ'] }), /allowedMethods/);
  });
});
