import { assert } from 'chai';
import type { AccountOptions, UserAgentOptions } from '../../lib/index.js';
import { EvercallError, UserAgent } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import { phone } from '../support/phone.js';

const servers = 'wss://example.com';

describe('options', () => {
  for (const [option, options] of [
    ['servers', { servers: [] }],
    ['servers', { servers: 'https://example.com' }],
    ['servers', { servers: 17 }],
    ['userAgent', { servers, userAgent: 'a\r\nb' }],
    ['log', { servers, log: 'loud' }],
    ['T1', { servers, T1: 0 }],
    ['connectTimeout', { servers, connectTimeout: '5' }],
    ['keepAlive', { servers, keepAlive: 0 }],
    ['keepAlive', { servers, keepAlive: 'often' }],
    ['failback', { servers, failback: true }],
    ['reconnect.spread', { servers, reconnect: { spread: 0 } }],
    ['spraed', { servers, reconnect: { spraed: 60 } }],
    ['media.iceTransportPolicy', { servers, media: { iceTransportPolicy: 'some' } }],
    ['media.iceServers', { servers, media: { iceServers: 'stun:x' } }],
    ['instanceId', { servers, instanceId: 'x' }],
    ['sockets', { servers, sockets: [] }],
  ] as const) {
    it(`new UserAgent(${JSON.stringify(options)}) throws at once and names ${option}`, () => {
      const error = caught(() => new UserAgent(options as unknown as UserAgentOptions));
      assert.equal(error.code, 'invalidOption');
      assert.isTrue(error.message.startsWith(`${option}:`), error.message);
    });
  }

  for (const [option, options] of [
    ['uri', { uri: 'alice' }],
    ['uri', { uri: 'tel:+49' }],
    ['uri', { uri: 'sip:example.com' }],
    ['expires', { uri: 'sip:a@b', expires: -1 }],
    ['register', { uri: 'sip:a@b', register: 'yes' }],
    ['registrar', { uri: 'sip:a@b', registrar: 'nonsense' }],
    ['servers', { uri: 'sip:a@b', servers: 'http://x' }],
    ['outboundProxies', { uri: 'sip:a@b', outboundProxies: ['<>'] }],
    ['displayName', { uri: 'sip:a@b', displayName: 'x\r\nRoute: <sip:evil>' }],
    ['credentials', { uri: 'sip:a@b', credentials: { username: 'a' } }],
    ['credentials.ha1', { uri: 'sip:a@b', credentials: { username: 'a', ha1: 'short' } }],
    ['instanceId', { uri: 'sip:a@b', instanceId: 'x' }],
    ['registerHeaders: X', { uri: 'sip:a@b', registerHeaders: [{ name: 'X', value: 'a\nb' }] }],
    ['pasword', { uri: 'sip:a@b', pasword: 'x' }],
  ] as const) {
    it(`addAccount(${JSON.stringify(options)}) throws at once and names ${option}`, () => {
      const ua = new UserAgent({ servers, environment: { webSocket: () => assert.fail('no socket') } });
      const error = caught(() => ua.addAccount(options as unknown as AccountOptions));
      assert.isTrue(error.message.startsWith(`${option}:`), error.message);
      assert.deepEqual(ua.accounts, []);
    });
  }

  it('a wrong password option never shows its value', () => {
    const ua = new UserAgent({ servers, environment: { webSocket: () => assert.fail('no socket') } });
    const error = caught(() => ua.addAccount({ uri: 'sip:a@b', credentials: { username: 'a', ha1: 'supersecret' } }));
    assert.notInclude(error.message, 'supersecret');
  });

  it('construction is synchronous and does no I/O', () => {
    new UserAgent({
      servers,
      environment: { webSocket: () => assert.fail('no socket'), getUserMedia: () => assert.fail('no microphone') },
    });
  });
});

describe('call targets', () => {
  for (const [target, uri] of [
    ['bob', 'sip:bob@example.com'],
    ['bob@biloxi.example', 'sip:bob@biloxi.example'],
    ['sip:bob@biloxi.example;transport=ws', 'sip:bob@biloxi.example;transport=ws'],
    ['sips:bob@biloxi.example', 'sips:bob@biloxi.example'],
    ['"Bob" <sip:bob@biloxi.example>', 'sip:bob@biloxi.example'],
    ['+49 (30) 123-456', 'sip:+4930123456@example.com'],
    ['*43#', 'sip:*43%23@example.com'],
    ['tel:+49-30-123456', 'sip:+4930123456@example.com;user=phone'],
    ['john doe', 'sip:john%20doe@example.com'],
    ['jürgen+1;x=\u{1F600}"\ud800', 'sip:j%C3%BCrgen+1;x=%F0%9F%98%80%22%EF%BF%BD@example.com'],
  ] as const) {
    it(`${target} calls ${uri}`, async () => {
      const { account, server } = await phone();
      account.call(target);
      const invite = await server.request('INVITE');
      assert.equal(invite.uri, uri);
      assert.equal(headerValue(invite, 'To'), `<${uri}>`);
    });
  }

  for (const target of ['', 'sip:', 'sip:bob@', 'bob\r\nRoute: <sip:evil>@x', 'http://bob'] as const) {
    it(`${JSON.stringify(target)} throws invalidTarget, and nothing is sent`, async () => {
      const { account, server } = await phone();
      assert.equal(caught(() => account.call(target)).code, 'invalidTarget');
      await server.nothing();
      assert.equal(account.calls.size, 0);
    });
  }

  it('CALL-13: a header of the app with a line break, or one of the library’s own, throws and names it', async () => {
    const { account, server } = await phone();
    assert.match(
      caught(() => account.call('bob', { headers: [{ name: 'X-Key', value: 'a\r\nb' }] })).message,
      /^headers: X-Key:/,
    );
    assert.match(
      caught(() => account.call('bob', { headers: [{ name: 'Via', value: 'x' }] })).message,
      /^headers: Via:/,
    );
    await server.nothing();
    account.call('bob', { headers: [{ name: 'X-Key', value: '42' }] });
    assert.equal(headerValue(await server.request('INVITE'), 'X-Key'), '42');
  });
});

describe('microphone', () => {
  for (const [name, code] of [
    ['NotAllowedError', 'mediaDenied'],
    ['NotFoundError', 'mediaAbsent'],
    ['NotReadableError', 'mediaBusy'],
  ] as const) {
    it(`ENV-6: ${name} is ${code}: no INVITE leaves, and the call says why`, async () => {
      const { account, server, media } = await phone();
      media.microphoneError = new DOMException(name === 'NotAllowedError' ? 'Permission denied' : '', name);
      const call = account.call('bob');
      const end = await call.ended;
      assert.equal(end.cause, 'media');
      assert.propertyVal(await call.answered.catch((e: unknown) => e), 'code', code);
      await server.nothing();
    });
  }

  it('ENV-6: dismissed is not denied', async () => {
    const { account, media } = await phone();
    media.microphoneError = new DOMException('Permission dismissed', 'NotAllowedError');
    assert.propertyVal(await account.call('bob').answered.catch((e: unknown) => e), 'code', 'mediaDismissed');
  });

  it('ENV-6: receive-only if the option says so', async () => {
    const { account, server, media } = await phone({ media: { receiveOnlyWithoutMicrophone: true } });
    media.microphoneError = new DOMException('', 'NotFoundError');
    account.call('bob');
    assert.match(String((await server.request('INVITE')).body), /a=recvonly/);
  });
});

function caught(run: () => unknown): EvercallError {
  try {
    run();
  } catch (error) {
    assert.instanceOf(error, EvercallError);
    return error;
  }
  return assert.fail('nothing was thrown');
}
