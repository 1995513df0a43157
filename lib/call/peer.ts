/** The peer of a call as its messages show it: who it is, what its application tells, what it answered last. */
import { detached } from '../base/detached.js';
import { optional } from '../core/optional.js';
import { From } from '../parser/index.js';
import type { SipMessage, SipRequest, SipResponse } from '../parser/index.js';
import type { CallEvents, RemoteParty } from './call-events.js';
import { identityOf, isTelling, shownParty } from './identity.js';
import type { CallIdentity } from './identity.js';
import { userToUserOf } from './told-by-peer.js';
import type { KeptRequest } from './kept-request.js';
import type { UserToUser } from './user-to-user.js';

/** Who tells the app. */
interface PeerUser {
  changed<K extends keyof CallEvents>(event: K, payload: CallEvents[K]): void;
}

export class Peer {
  /** Of the last response to the INVITE; 0 while there is none. */
  status = 0;
  reason = '';
  readonly #isTrusted: boolean;
  readonly #user: PeerUser;
  #remote: RemoteParty;
  /** The last message that said who the peer is. */
  #telling: { readonly message: SipRequest | SipResponse } | undefined;
  #identity: CallIdentity | undefined;
  #userToUser: readonly UserToUser[] | undefined;

  /** @param origin the INVITE of the peer's, or the URI that we call */
  constructor(origin: KeptRequest | string, isTrusted: boolean, user: PeerUser) {
    this.#isTrusted = isTrusted;
    this.#user = user;
    if (typeof origin === 'string') {
      this.#remote = { uri: origin, displayName: undefined };
    } else {
      this.#telling = origin;
      this.#remote = kept(shownParty(origin.message, isTrusted));
    }
  }

  get remote(): RemoteParty {
    return this.#remote;
  }

  /** Read when somebody asks. */
  get identity(): CallIdentity | undefined {
    return (this.#identity ??= this.#telling && identityOf(this.#telling.message));
  }

  get userToUser(): readonly UserToUser[] {
    return (this.#userToUser ??= this.#telling ? userToUserOf(this.#telling.message) : []);
  }

  /** A response to our INVITE. */
  onResponse(response: SipResponse): void {
    this.onStatus(response);
    this.hear(response);
    if (isTelling(response)) this.#rename(response);
  }

  onStatus({ status, reason }: { readonly status: number; readonly reason: string }): void {
    this.status = status;
    this.reason = reason;
  }

  /** A change of the session that was agreed on: the peer may be another one by now (RFC 4916, RFC 5876). */
  onRefreshed(message: SipRequest | SipResponse): void {
    this.hear(message);
    if (isTelling(message) || ('method' in message && !this.#isKnown(message))) this.#rename(message);
  }

  /** What its application tells. */
  hear(message: SipMessage): void {
    if (message.headers.some(({ name }) => name === 'User-to-User')) this.#userToUser = userToUserOf(message);
  }

  #isKnown(request: SipRequest): boolean {
    const telling = this.#telling?.message;
    const known = telling && 'method' in telling ? optional(telling, From) : this.#remote;
    const from = optional(request, From);
    return from?.uri === known?.uri && from?.displayName === known?.displayName;
  }

  #rename(message: SipRequest | SipResponse): void {
    this.#userToUser = this.userToUser; // read before its message is let go
    const former = JSON.stringify([this.identity, this.#remote]);
    this.#telling = { message };
    this.#identity = undefined;
    const isNamed = 'method' in message || this.#isTrusted;
    if (isNamed) this.#remote = kept(shownParty(message, this.#isTrusted));
    const { remote } = this;
    const identity = this.identity!;
    if (JSON.stringify([identity, remote]) !== former) this.#user.changed('identityChanged', { identity, remote });
  }
}

/** The call log has it for longer than the call lasts. */
const kept = ({ uri, displayName }: RemoteParty): RemoteParty => ({
  uri: detached(uri),
  displayName: displayName && detached(displayName),
});
