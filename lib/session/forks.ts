/**
 * The early dialogs of an INVITE of ours, one for each To tag of a provisional response (RFC 3261 §12.1), and the description
 * that media follow before the 2xx: there is one RTCPeerConnection, so the first fork that has one gets it.
 */
import { dialogOfResponse } from '../core/dialog.js';
import type { Dialog } from '../core/dialog.js';
import { reasonPhrase } from '../parser/index.js';
import type { SipRequest, SipResponse } from '../parser/index.js';
import { remoteTag } from './late-answers.js';
import { Prack } from './prack.js';
import type { SessionContext, SessionUser } from './session-context.js';
import { Session } from './session.js';

export interface Fork {
  readonly session: Session;
  readonly prack: Prack;
}

export interface EarlyMedia {
  readonly tag: string;
  /** Whether it succeeded. */
  readonly applied: Promise<boolean>;
}

export class Forks {
  readonly #context: SessionContext;
  readonly #user: SessionUser;
  readonly #isOffered: boolean;
  readonly #alive = new Map<string, Fork>();
  #ended: Map<string, Dialog> | undefined;
  #early: EarlyMedia | undefined;

  /** @param isOffered whether the offer was in the INVITE */
  constructor(context: SessionContext, user: SessionUser, isOffered: boolean) {
    this.#context = context;
    this.#user = user;
    this.#isOffered = isOffered;
  }

  /** The dialogs that are over, by their tags: what is said in them still goes on with their numbers (§12.2.1.1). */
  get ended(): ReadonlyMap<string, Dialog> | undefined {
    return this.#ended;
  }

  /** The one that media follow, else the latest. */
  get session(): Session | undefined {
    const fork = this.#early && this.#alive.get(this.#early.tag);
    return (fork ?? [...this.#alive.values()].at(-1))?.session;
  }

  get sessions(): readonly Session[] {
    return Array.from(this.#alive.values(), ({ session }) => session);
  }

  /** Of those that are over, the one that media followed, else the latest. */
  get lostDialog(): Dialog | undefined {
    const lost = this.#early && this.#ended?.get(this.#early.tag);
    return lost ?? [...(this.#ended?.values() ?? [])].at(-1);
  }

  /** Which fork media follow. */
  get early(): EarlyMedia | undefined {
    return this.#early;
  }

  /** The early dialog of a response, made with the first one; without a To tag there is none (§12.1). */
  of(response: SipResponse, request: SipRequest): Fork | undefined {
    const tag = remoteTag(response);
    if (tag === '') return undefined;
    let fork = this.#alive.get(tag);
    if (!fork) {
      const session = this.#newSession(response, request);
      session.onForkEnd = () => {
        this.#alive.delete(tag);
        session.dialog.user = undefined;
        (this.#ended ??= new Map<string, Dialog>()).set(tag, session.dialog);
      };
      session.exchange = this.#isOffered ? 'localOffer' : 'remoteOffer'; // RFC 3311 §5.1: this one first
      fork = { session, prack: new Prack(session) };
      this.#alive.set(tag, fork);
    }
    learn(fork.session, response);
    return fork;
  }

  /** The dialog of a 2xx; the others end. */
  win(response: SipResponse, request: SipRequest): Session {
    const tag = remoteTag(response);
    const fork = this.#alive.get(tag);
    this.#alive.delete(tag);
    this.end();
    const session = fork?.session ?? this.#newSession(response, request);
    session.dialog.confirm(response);
    session.onForkEnd = undefined;
    learn(session, response);
    return session;
  }

  end(): void {
    for (const { session } of this.#alive.values())
      session.end({ by: 'local', status: 487, reason: reasonPhrase(487) });
  }

  /** `change` makes media follow the fork of this response. */
  follow(response: SipResponse, change: Promise<unknown>): EarlyMedia {
    const applied = change.then(
      () => true,
      (error: unknown) => {
        this.#context.log.warn(`early media: ${String(error)}`); // the 2xx has another chance
        this.#early = undefined;
        return false;
      },
    );
    return (this.#early = { tag: remoteTag(response), applied });
  }

  /** Resolves with whether it is this response's description that media follow now. */
  takeEarly(response: SipResponse, description: string): Promise<boolean> {
    const early = this.#early ?? this.follow(response, this.#context.negotiator.applyAnswer(description));
    return early.tag === remoteTag(response) ? early.applied : Promise.resolve(false);
  }

  #newSession(response: SipResponse, request: SipRequest): Session {
    const { flow } = this.#context;
    const dialog = this.#ended?.get(remoteTag(response)) ?? dialogOfResponse(request, response, flow);
    return new Session(this.#context, dialog, true, this.#user);
  }
}

function learn(session: Session, response: SipResponse): void {
  session.learn(response);
  session.learnPackages(response);
}
