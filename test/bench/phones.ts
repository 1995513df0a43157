/** One phone of each contender with the same few verbs, each in the words of its library. */
import { createRequire } from 'node:module';
import type * as Evercall from '../../lib/index.js';
import { FakeServer } from './fake-server.js';
import { installFakeBrowser } from './fake-browser.js';
import type { Contender } from './row.js';

/** What a phone's library calls an established call. */
type Session = object;

export interface Phone {
  /** The Request-URI it is reached by. */
  readonly target: string;
  /** The server knows when it is done. */
  register(): void;
  /** Calls; resolves when established. */
  dial(): Promise<Session>;
  /** Answers the next call; resolves when established. */
  take(): Promise<Session>;
  /** Resolves when the phone takes the call for ended. */
  hangUp(session: Session): Promise<void>;
  /** Answers the next call; resolves when the caller has hung up. */
  takeUntilEnd(): Promise<void>;
  /** Resolves when the peer has taken it. */
  sendMessage(): Promise<void>;
}

/** A phone with a server of its own. */
export interface Line {
  readonly phone: Phone;
  readonly server: FakeServer;
}

const url = 'ws://server.example';
const alice = 'sip:alice@example.com';
const bob = 'sip:bob@biloxi.example';

/** Puts the fake browser in place and connects a phone through it. */
export async function openLine(contender: Contender): Promise<Line> {
  const server = new FakeServer();
  installFakeBrowser(server);
  return { phone: await open[contender](), server };
}

const open: Readonly<Record<Contender, () => Promise<Phone>>> = {
  async evercall() {
    const shipped = '../../dist/evercall.js';
    const { UserAgent, silentLogger } = (await import(shipped)) as typeof Evercall;
    const ua = new UserAgent({ servers: url, log: silentLogger, callPolicy: 'mix' });
    const account = ua.addAccount({ uri: alice, password: 'secret', register: false });
    if (!account.connected) await account.once('connectionChanged');
    ua.on('message', () => {});
    const answered = async (): Promise<Evercall.Call> => {
      const { call } = await ua.once('incomingCall');
      await call.answer();
      return call;
    };
    return {
      target: account.contact,
      register: () => void account.register(),
      async dial() {
        const call = account.call(bob);
        await call.answered;
        return call;
      },
      take: answered,
      async hangUp(session) {
        const call = session as Evercall.Call;
        call.hangup();
        await call.ended;
      },
      async takeUntilEnd() {
        const call = await answered();
        await call.ended;
      },
      sendMessage: () => account.sendMessage(bob, 'hello'),
    };
  },

  async JsSIP() {
    const { UA, WebSocketInterface } = createRequire(import.meta.url)('jssip') as JsSip;
    const ua = new UA({
      sockets: [new WebSocketInterface(url)],
      uri: alice,
      password: 'secret',
      register: false,
      session_timers: false,
    });
    ua.on('newMessage', () => {}); // without it a MESSAGE is refused with 405
    const media = { mediaConstraints: { audio: true, video: false } };
    await new Promise<void>((resolve) => {
      ua.once('connected', () => resolve());
      ua.start();
    });
    const once = (session: JsSipSession, event: string): Promise<void> =>
      new Promise((resolve) => session.once(event, () => resolve()));
    const established = async (session: JsSipSession): Promise<JsSipSession> => {
      await once(session, 'confirmed');
      return session;
    };
    const incoming = (): Promise<JsSipSession> =>
      new Promise((resolve) => {
        ua.once('newRTCSession', ({ session }) => {
          session.answer(media);
          resolve(session);
        });
      });
    return {
      target: String(ua.contact.uri),
      register: () => ua.register(),
      dial: () => established(ua.call(bob, media)),
      take: async () => established(await incoming()),
      async hangUp(session) {
        const ended = once(session as JsSipSession, 'ended');
        (session as JsSipSession).terminate();
        await ended;
      },
      takeUntilEnd: async () => once(await incoming(), 'ended'),
      sendMessage: () =>
        new Promise((resolve, reject) => {
          const failed = (): void => reject(new Error('JsSIP: MESSAGE failed'));
          ua.sendMessage(bob, 'hello', { eventHandlers: { succeeded: () => resolve(), failed } });
        }),
    };
  },

  async 'SIP.js'() {
    const { Inviter, Messager, Registerer, SessionState, UserAgent } = await import('sip.js');
    type Invitation = Parameters<NonNullable<NonNullable<UserAgentOptions['delegate']>['onInvite']>>[0];
    type UserAgentOptions = NonNullable<ConstructorParameters<typeof UserAgent>[0]>;
    type SipJsSession = InstanceType<typeof Inviter> | Invitation;
    let onInvite: (invitation: Invitation) => void = () => undefined;
    const ua = new UserAgent({
      uri: UserAgent.makeURI(alice)!,
      authorizationUsername: 'alice',
      authorizationPassword: 'secret',
      transportOptions: { server: url, traceSip: false },
      logBuiltinEnabled: false,
      delegate: {
        onInvite: (invitation) => {
          onInvite(invitation);
        },
        onMessage: (message) => void message.accept(),
      },
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: {} },
    });
    await ua.start();
    const registerer = new Registerer(ua);
    const target = UserAgent.makeURI(bob)!;
    const reaches = (session: SipJsSession, wanted: string): Promise<void> =>
      new Promise((resolve) => {
        const listener = (state: string): void => {
          if (state !== wanted) return;
          session.stateChange.removeListener(listener);
          resolve();
        };
        session.stateChange.addListener(listener);
      });
    const established = async (session: SipJsSession, start: () => Promise<unknown>): Promise<SipJsSession> => {
      const up = reaches(session, SessionState.Established);
      await start();
      await up;
      return session;
    };
    const incoming = (): Promise<Invitation> => new Promise((resolve) => (onInvite = resolve));
    return {
      target: ua.contact.uri.toString(),
      register: () => void registerer.register(),
      dial() {
        const inviter = new Inviter(ua, target);
        return established(inviter, () => inviter.invite());
      },
      async take() {
        const invitation = await incoming();
        return established(invitation, () => invitation.accept());
      },
      async hangUp(session) {
        const down = reaches(session as SipJsSession, SessionState.Terminated);
        await (session as SipJsSession).bye();
        await down;
      },
      async takeUntilEnd() {
        const invitation = await incoming();
        const down = reaches(invitation, SessionState.Terminated);
        await invitation.accept();
        await down;
      },
      sendMessage: () =>
        new Promise((resolve, reject) => {
          const onReject = (): void => reject(new Error('SIP.js: MESSAGE failed'));
          const requestDelegate = { onAccept: () => resolve(), onReject };
          void new Messager(ua, target, 'hello').message({ requestDelegate });
        }),
    };
  },
};

/** JsSIP's own declarations want the browser's types of another age: this is what is used of it. */
interface JsSip {
  readonly UA: new (options: object) => JsSipUa;
  readonly WebSocketInterface: new (url: string) => object;
}
interface JsSipUa {
  readonly contact: { readonly uri: unknown };
  on(event: string, listener: () => void): void;
  once(event: string, listener: (data: { readonly session: JsSipSession }) => void): void;
  start(): void;
  register(): void;
  call(target: string, options: object): JsSipSession;
  sendMessage(target: string, body: string, options: object): void;
}
interface JsSipSession {
  once(event: string, listener: () => void): void;
  answer(options: object): void;
  terminate(): void;
}
