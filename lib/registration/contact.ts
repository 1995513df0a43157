/** Our Contact: where requests for us are sent (RFC 3261 §8.1.1.8, RFC 7118 §5, RFC 5626 §4.3, RFC 5627 §4.4). */
import type { Random } from '../base/random.js';
import { writeAddress } from '../parser/index.js';
import type { Params } from '../parser/index.js';
import type { Binding } from './bindings.js';

/** What the app wants its Contact to be (PJSIP's force_contact, contact_params and their like). */
export interface ContactConfig {
  /** Used as it stands, in place of one that we make. */
  readonly uri: string | undefined;
  /** Parameters outside and inside of `<>`. */
  readonly params: Params;
  readonly uriParams: Params;
  /** The same, in REGISTER only. */
  readonly registerParams: Params;
  readonly registerUriParams: Params;
}

/** Who asks for a Contact: someone whose identity is withheld must not show it there (RFC 5627 §6.1.1). */
export interface ContactPurpose {
  readonly anonymous?: boolean | undefined;
}

export class LocalContact {
  config: ContactConfig;
  /** By it a request is known to be ours, whatever became of the host. */
  readonly user: string;
  readonly #random: Random;
  #host: string;
  /** What the registrar granted last. */
  binding: Binding | undefined;
  /** Former URIs of ours in REGISTER, until a 2xx has confirmed that they are gone. */
  leaving: readonly string[] = [];
  /** Another account's, which stands in for ours. */
  #shared: string | undefined;

  constructor(config: ContactConfig, user: string, random: Random) {
    this.config = config;
    this.user = user;
    this.#random = random;
    this.#host = newHost(random);
  }

  /** Without what only REGISTER carries, and before any GRUU. */
  get uri(): string {
    if (this.#shared !== undefined) return this.#shared;
    const { uri, uriParams } = this.config;
    // RFC 7118 §5: nobody can dial a page; the name under .invalid only has to be ours alone
    return uri ?? `sip:${this.user}@${this.#host};transport=ws${text(uriParams)}`;
  }

  /** The URI in a REGISTER. */
  get registerUri(): string {
    return this.config.uri === undefined && this.#shared === undefined
      ? this.uri + text(this.config.registerUriParams)
      : this.uri;
  }

  /** RFC 5627 §3.1. */
  get publicGruu(): string | undefined {
    return this.binding?.publicGruu;
  }

  /** Whether the registrar keeps one binding per flow (RFC 5626 §4.2.1). */
  get isOutbound(): boolean {
    return this.binding?.isOutbound ?? false;
  }

  get isShared(): boolean {
    return this.#shared !== undefined;
  }

  /** Whether a new connection asks for a new address: not where the registrar knows us by our instance-id, or the app by its own. */
  get isMovable(): boolean {
    return this.config.uri === undefined && !this.isShared && this.publicGruu === undefined && !this.isOutbound;
  }

  /** The header's value outside of REGISTER. */
  value({ anonymous }: ContactPurpose = {}): string {
    const { publicGruu, temporaryGruu, isOutbound } = this.binding ?? {};
    const gruu = anonymous ? (temporaryGruu ?? publicGruu) : publicGruu;
    // §4.3: without a GRUU `ob` asks that requests of the dialog come by this flow
    const uri = gruu ?? (isOutbound ? `${this.uri};ob` : this.uri);
    return writeAddress({ uri, params: this.config.params }, 'Contact');
  }

  /** A new address for a new connection, or the one that the registrar sees us at. */
  renew(host = newHost(this.#random)): void {
    this.#host = host;
  }

  /** It goes with the next 2xx; one that a lost REGISTER brought along may be listed too. */
  leave(uri = this.registerUri): void {
    this.leaving = [...this.leaving, uri].slice(-4);
  }

  /** Whether the registrar sees us somewhere else than our Contact says. */
  isElsewhere(host: string): boolean {
    return this.isMovable && this.#host !== host;
  }

  /** Takes another account's address for ours, or goes back to our own. */
  share(uri: string | undefined): void {
    this.#shared = uri;
  }
}

const newHost = (random: Random): string => `${random.token(12)}.invalid`;

const text = (params: Params): string =>
  [...params].map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)).join('');
