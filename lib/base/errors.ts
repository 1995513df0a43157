/** What the public API rejects with and throws: one class, one literal `code`, and the catalogue of all codes. */

/** Every code with its cause and its remedy; the reference documentation is generated from this. */
export const errorCatalogue = {
  invalidOption: ['An option has a wrong type or value.', 'The message names the option and what it takes.'],
  invalidState: ['The operation does not fit the present state.', 'Await the state change the message names.'],
  invalidTarget: ['The call target is no SIP or tel URI.', 'Pass `sip:user@host`, `tel:+…`, or a user name.'],
  aborted: ['The AbortSignal of the operation fired, or its owner was disposed.', 'None: this was asked for.'],
  rejected: ['The peer answered with a final response of 300 or above.', 'Look at `status` and the reason phrase.'],
  timeout: ['No final response came in time (408).', 'Check that the server is reachable and answers.'],
  transport: ['The request could not be sent, or its connection was lost (503).', 'It is retried by recovery.'],
  authentication: ['The server refused the credentials.', 'Check user name, authentication user and password.'],
  cancelled: ['The call was cancelled before it was answered.', 'None: one of the sides asked for it.'],
  protocol: ['The peer broke the protocol in a way that ended the operation.', 'The message says what came.'],
  negotiation: ['Offer and answer found no common media.', 'Compare the codecs and media of both sides.'],
  mediaDenied: ['The user or a policy denied the microphone.', 'Explain why it is needed, let the user allow it.'],
  mediaDismissed: ['The permission prompt was closed without a choice.', 'Ask again from a user gesture.'],
  mediaAbsent: ['No microphone (or none that fits the constraints).', 'Plug one in, or call receive-only.'],
  mediaBusy: ['The device exists but cannot be opened.', 'Close the program that uses it, then retry.'],
  mediaUnsupported: [
    'The environment has no WebRTC or no getUserMedia.',
    'Use https or localhost and a current browser.',
  ],
} as const satisfies Record<string, readonly [cause: string, remedy: string]>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Branch on `code`; `status` is there when a SIP response, or what RFC 3261 §8.1.3.1 equates a failure with, stands behind it. */
export class EvercallError extends Error {
  override readonly name = 'EvercallError';
  readonly code: ErrorCode;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, details: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
  }
}

/** The error for a final response of 300 or above. */
export function rejected(response: { readonly status: number; readonly reason: string }): EvercallError {
  const { status, reason } = response;
  return new EvercallError('rejected', `${status} ${reason}`, { status });
}

/** The error for a wrong option: names the option, what it takes and what it got (never the value of a secret). */
export function invalidOption(option: string, takes: string, got?: unknown): EvercallError {
  const shown = got === undefined ? '' : `, got ${show(got)}`;
  return new EvercallError('invalidOption', `${option}: ${takes}${shown}`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'an array'
      : 'an object'
    : String(value);
}

/** What an operation rejects with when `signal` aborts; a reason that is an `EvercallError` is kept. */
export function abortError(signal: AbortSignal): EvercallError {
  const reason: unknown = signal.reason;
  return reason instanceof EvercallError ? reason : new EvercallError('aborted', 'aborted', { cause: reason });
}
