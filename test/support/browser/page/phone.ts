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
/** A second call, to ask whether a transfer is welcome. */
let consultation: Evercall.Call | undefined;
/** The call that went before the current one: it was transferred, or replaced. */
let former: Evercall.Call | undefined;

function theCall(): Evercall.Call {
  if (!current) throw new Error('there is no call');
  return current;
}

/** Takes a call for the current one; where that goes on as another, so do we. */
function take(call: Evercall.Call): Evercall.Call {
  current = call;
  const follow = ({ call: next }: { readonly call: Evercall.Call }): void => {
    next.answered.then(
      () => {
        former = call;
        take(next);
      },
      () => undefined,
    );
  };
  call.on('referredCall', follow);
  call.on('replaced', follow);
  return call;
}

/** Adds the account; resolves with the outcome of its registration. */
export async function start(options: PhoneOptions): Promise<{ state: string; status: number | undefined }> {
  const { servers, user, password = `pw${user}`, register = true, tone } = options;
  const { UserAgent } = (await import(bundle)) as typeof Evercall;
  userAgent = new UserAgent({ servers, log: 'debug', environment: { getUserMedia: toneMicrophone(tone) } });
  userAgent.on('incomingCall', ({ call }) => {
    take(call);
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
  take(account!.call(target));
}

/** A call beside the current one, which is held; resolves when it is answered. */
export async function consult(target: string): Promise<void> {
  await theCall().hold();
  consultation = account!.call(target);
  await consultation.answered;
}

/** Transfers the current call, to a number or to whom we consult; resolves with what the peer reported. */
export async function transfer(target?: string): Promise<number[]> {
  const statuses: number[] = [];
  for await (const { status } of theCall().transfer(target ?? consultation!)) statuses.push(status);
  return statuses;
}

/** As `ended`, of the call that was consulted. */
export function consulted(): Promise<Ending> {
  return endingOf(consultation!);
}

/** As `ended`, of the call that went on as another: resolves when that is confirmed, and the old one over. */
export async function moved(): Promise<Ending> {
  await until(() => former !== undefined);
  await reached('confirmed');
  return endingOf(former!);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
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

export function ended(): Promise<Ending> {
  return endingOf(theCall());
}

async function endingOf(call: Evercall.Call): Promise<Ending> {
  const { cause, status, by } = await call.ended;
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
