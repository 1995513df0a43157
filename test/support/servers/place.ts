// Where the programs of a test run: on the loopback, or in a network namespace of their own.

export interface Place {
  /** The address that they listen on; we reach it too. */
  readonly host: string;
  /** As well, where there is one. */
  readonly host6?: string;
  /** What is put before each command so that it runs there. */
  readonly enter: readonly string[];
}

export const loopback: Place = { host: '127.0.0.1', enter: [] };
