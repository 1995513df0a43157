/** The logger interface and its levels: error gave up, warn recovered, info one line per lifecycle change, debug messages. */

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Where log lines go. `console` fits; so does any object with these four methods. */
export type Logger = { readonly [Level in LogLevel]: (message: string, ...details: unknown[]) => void };

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
const nothing = (): void => undefined;

/** Drops everything. */
export const silentLogger: Logger = { error: nothing, warn: nothing, info: nothing, debug: nothing };

/** The browser's console up to `level`. @default 'warn' */
export function consoleLogger(level: LogLevel = 'warn'): Logger {
  const enabled = (l: LogLevel): boolean => levels.indexOf(l) <= levels.indexOf(level);
  const line =
    (l: LogLevel) =>
    (message: string, ...details: unknown[]): void => {
      console[l](`[evercall] ${message}`, ...details);
    };
  return {
    error: enabled('error') ? line('error') : nothing,
    warn: enabled('warn') ? line('warn') : nothing,
    info: enabled('info') ? line('info') : nothing,
    debug: enabled('debug') ? line('debug') : nothing,
  };
}

/** Whether a debug line would be seen: building a trace of every message is not free. */
export const tracing = (log: Logger): boolean => log.debug !== nothing;

/** A SIP message as it may be logged: credentials are struck out, whatever scheme they are of (RFC 3261 §22, RFC 8898). */
export function redact(message: string): string {
  return message.replace(
    /^((?:proxy-)?authorization|(?:proxy-)?authentication-info)([ \t]*:[ \t]*(?:[\w-]+[ \t])?)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim,
    '$1$2[redacted]',
  );
}
