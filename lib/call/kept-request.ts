/** The INVITE of a call, for as long as that lasts: soon few ask for it, and then it is kept as its text alone. */
import { headerValue, parseMessage, writeMessage } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';

type Reference = Pick<WeakRef<SipRequest>, 'deref'>;

export class KeptRequest {
  readonly #refer: (request: SipRequest) => Reference;
  #request: SipRequest | undefined;
  #text: string | Uint8Array = '';
  #hasLength = true;
  /** Whether the app has been given it. */
  #isShown = false;
  /** To what was read last, for as long as somebody has it. */
  #known: Reference | undefined;

  constructor(request: SipRequest, refer = (to: SipRequest): Reference => new WeakRef(to)) {
    this.#request = request;
    this.#refer = refer;
  }

  /** For the app: the same object for as long as somebody has it. */
  get shown(): SipRequest {
    this.#isShown = true;
    return this.message;
  }

  /** To be read and let go: another object, perhaps, the next time. */
  get message(): SipRequest {
    const known = this.#request ?? this.#known?.deref();
    if (known) return known;
    const { headers, ...rest } = parseMessage(this.#text) as SipRequest; // we wrote it
    const kept = this.#hasLength ? headers : headers.filter(({ name }) => name !== 'Content-Length');
    const request = { ...rest, headers: kept };
    this.#known = this.#refer(request);
    return request;
  }

  /** From now on few ask for it. */
  fold(): void {
    const request = this.#request;
    if (!request) return;
    try {
      this.#text = writeMessage(request);
    } catch {
      return; // one that is too odd to be written stays as it is
    }
    this.#hasLength = headerValue(request, 'Content-Length') !== undefined;
    if (this.#isShown) this.#known = this.#refer(request); // of a young object it is a strong one, until the whole heap is looked through
    this.#request = undefined;
  }
}
