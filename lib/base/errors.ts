/** What the public API rejects with and throws: one class, one literal `code`. */
import type { errorCatalogue } from './error-catalogue.js';

/** The codes of the catalogue. */
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

/** Whether an error is one of ours, or of another copy of the library in the same page. */
export const isEvercallError = (error: unknown): error is EvercallError =>
  error instanceof Error && error.name === 'EvercallError';

/** The error for a final response of 300 or above. */
export function rejected(response: { readonly status: number; readonly reason: string }): EvercallError {
  const { status, reason } = response;
  return new EvercallError('rejected', `${status} ${reason}`, { status });
}

/** Throws for a final response of 300 or above. */
export function mustSucceed(response: { readonly status: number; readonly reason: string }): void {
  if (response.status >= 300) throw rejected(response);
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
export function abortError(signal: { readonly reason: unknown }): EvercallError {
  const reason: unknown = signal.reason;
  return reason instanceof EvercallError ? reason : new EvercallError('aborted', 'aborted', { cause: reason });
}
