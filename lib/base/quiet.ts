/** For promises the app may ignore: their rejection is told to who awaits it, and to nobody else. */

export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined); // an outcome nobody asked for must not be an unhandled rejection
  return promise;
}
