// Runs in the page: one account of the library, its microphone a known tone, one call at a time.
import type * as Evercall from '../../../../lib/index.js';
import { hears, toneMicrophone } from './harness.js';
import type { HeardTone } from './harness.js';

export interface PhoneOptions {
  readonly servers: string;
  readonly user: string;
  /** @default "pw" and the user */
  readonly password?: string;
  /** @default true */
  readonly register?: boolean;
  /** Hertz that the microphone hears. */
  readonly tone: number;
}

export interface Ending {
  readonly cause: string;
  readonly status: number;
  readonly by: string;
}

const bundle = '/dist/evercall.js';
let userAgent: Evercall.UserAgent | undefined;
let account: Evercall.Account | undefined;
let current: Evercall.Call | undefined;

function theCall(): Evercall.Call {
  if (!current) throw new Error('there is no call');
  return current;
}

/** Adds the account; resolves with the outcome of its registration. */
export async function start(options: PhoneOptions): Promise<{ state: string; status: number | undefined }> {
  const { servers, user, password = `pw${user}`, register = true, tone } = options;
  const { UserAgent } = (await import(bundle)) as typeof Evercall;
  userAgent = new UserAgent({ servers, log: 'debug', environment: { getUserMedia: toneMicrophone(tone) } });
  userAgent.on('incomingCall', ({ call }) => {
    current = call;
  });
  const added = userAgent.addAccount({ uri: `sip:${user}@example.test`, password, register });
  account = added;
  if (!register) return { state: 'none', status: undefined };
  return new Promise((resolve) => {
    added.on('registrationChanged', ({ state, status }) => {
      if (state === 'registered' || state === 'failed') resolve({ state, status });
    });
  });
}

export function call(target: string): void {
  current = account!.call(target);
}

/** Resolves when the call of this page is in a state, at once if it is; rejects when it ends before. */
export function reached(state: Evercall.CallState): Promise<void> {
  const call = theCall();
  if (call.state === state) return Promise.resolve();
  return new Promise((resolve, reject) => {
    call.on('stateChanged', (change) => {
      if (change.state === state) resolve();
    });
    call.on('ended', (end) => {
      if (state !== 'disconnected') reject(new Error(`ended before ${state}: ${JSON.stringify(end)}`));
    });
  });
}

/** Resolves with the caller's URI when an incoming call rings here. */
export function incoming(): Promise<string> {
  if (current?.direction === 'incoming' && current.state === 'incoming') return Promise.resolve(current.remote.uri);
  return new Promise((resolve) => {
    userAgent!.on('incomingCall', ({ call }) => {
      resolve(call.remote.uri);
    });
  });
}

export function answer(): Promise<void> {
  return theCall().answer();
}

export function reject(status?: number): void {
  theCall().reject(status);
}

export function hangup(): void {
  theCall().hangup();
}

export async function ended(): Promise<Ending> {
  const { cause, status, by } = await theCall().ended;
  return { cause, status, by };
}

/** Finds a tone in what the other side sends. */
export async function hearsTone(hertz: number): Promise<HeardTone> {
  const stream = theCall().remoteStream;
  if (!stream) throw new Error('the call has no remote stream');
  return hears(stream, hertz);
}

export async function stop(): Promise<void> {
  await userAgent?.stop();
}
