/** A call of ours while what calls are made of is on its way: nothing is sent yet, and nothing agreed on. */
import type { EvercallError } from '../base/errors.js';
import { firstPhrase } from '../transaction/first-phrases.js';
import type { Call } from './call.js';
import type { CallInfo } from './call-info.js';
import { callExtensions, mediaConfig } from './call-config.js';
import type { CallContext, CallOrigin } from './call-context.js';
import type { HangupOptions } from './call-options.js';
import type { CallEnd } from './end-cause.js';
import type { Fate } from './fate.js';
import { callLimits } from './limit-options.js';
import { addedHeaders } from './user-to-user.js';

type Outgoing = Extract<CallOrigin, { direction: 'outgoing' }>;

const none: readonly never[] = [];

export class PendingLeg {
  readonly context: CallContext;
  readonly callId: string;
  readonly direction = 'outgoing';
  readonly peer;
  readonly media = {
    session: {
      muted: false as boolean,
      localHold: false,
      remoteHold: false,
      state: 'new' as const,
      localVideo: undefined,
      remoteStream: undefined,
      peerConnection: undefined,
      setMuted(muted: boolean): void {
        this.muted = muted;
      },
    },
    lines: none,
    offerer: undefined,
  };

  readonly connection = 'connected';
  readonly isRinging = false;
  readonly pendingDigits = '';
  readonly duration = 0;
  readonly request = undefined;
  readonly sessionId = undefined;
  readonly dialled = undefined;
  readonly referrer = undefined;
  readonly session = undefined;
  readonly outgoing = undefined;
  readonly dialogSession = undefined;
  readonly autoAnswer = undefined;
  readonly quality = undefined;
  /** Settles when it goes on as a leg, or is over. */
  begun = Promise.resolve();
  readonly #call: Call;
  readonly #fate: Fate;
  readonly #signal: AbortSignal | undefined;
  readonly #startedAt: number;

  /** Throws `invalidOption`: what is wrong is said at once. */
  constructor(context: CallContext, { target, callId, options }: Outgoing, call: Call, fate: Fate) {
    const { signal } = options;
    callLimits(options);
    callExtensions(context.extensions, options);
    mediaConfig(context.media, options);
    this.context = context;
    this.callId = callId;
    this.peer = {
      remote: { uri: target, displayName: undefined },
      identity: undefined,
      userToUser: none,
      status: 0,
      reason: '',
    } as const;
    this.#call = call;
    this.#fate = fate;
    this.#startedAt = context.clock.wallTime();
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) queueMicrotask(this.#onAbort); // the caller holds the call before it hears of its end
  }

  get state(): Fate['state'] {
    return this.#fate.state;
  }

  get end(): CallEnd | undefined {
    return this.#fate.end;
  }

  get info(): CallInfo {
    const { state, callId, peer, media } = this;
    const { remote, status, reason } = peer;
    return {
      role: 'caller',
      state,
      callId,
      local: undefined,
      remote,
      remoteContact: undefined,
      status,
      reason,
      mediaState: media.session.state,
      localHold: false,
      remoteHold: false,
      muted: media.session.muted,
      offerer: undefined,
      connectDuration: 0,
      totalDuration: (this.end?.at ?? this.context.clock.wallTime()) - this.#startedAt,
    };
  }

  /** The call goes on as a leg, or is over. */
  leave(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  hangUp(options: HangupOptions = {}): void {
    addedHeaders(options); // throws what is wrong with them, as ever
    this.#conclude({ cause: 'cancelled', status: 487, reason: firstPhrase(487), error: undefined });
  }

  fail(error: EvercallError): void {
    this.#conclude({ cause: 'notLoaded', status: 480, reason: firstPhrase(480), error });
  }

  readonly #onAbort = (): void => {
    this.hangUp();
  };

  #conclude(outcome: Pick<CallEnd, 'cause' | 'status' | 'reason' | 'error'>): void {
    if (this.end) return;
    this.leave();
    this.#fate.end = {
      ...outcome,
      by: 'local',
      stage: 'calling',
      startedAt: this.#startedAt,
      at: this.context.clock.wallTime(),
      duration: 0,
      reasons: none,
      q850: undefined,
      message: undefined,
      tried: none,
      recoveries: none,
      contacts: undefined,
      stats: undefined,
    };
    this.#fate.state = 'disconnected';
    this.context.givenUp(this.#call);
    this.#fate.tellEnded('calling');
  }
}
