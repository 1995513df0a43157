/** Date and Timestamp: RFC 3261 §20.17, §20.38. */
import type { HeaderCodec } from '../header.js';
import type { Scanner } from '../scanner.js';
import { codec } from './field.js';

/** RFC 1123 with "GMT" and nothing else (RFC 4475 §3.1.2.12). */
const rfc1123 = /^[a-z]{3}, \d{2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/i;

/** RFC 3261 §20.17. */
export const Date: HeaderCodec<globalThis.Date> = /* @__PURE__ */ codec<globalThis.Date>(
  'Date',
  (scanner) => {
    const { text } = scanner;
    const date = new globalThis.Date(text);
    if (!rfc1123.test(text) || Number.isNaN(date.getTime())) scanner.fail('expected a date in GMT');
    scanner.pos = text.length;
    return date;
  },
  (value) => {
    if (Number.isNaN(value.getTime())) throw new TypeError('Date: invalid');
    return value.toUTCString();
  },
);

export interface TimestampValue {
  readonly timestamp: number;
  /** Seconds the responder took. */
  readonly delay?: number | undefined;
}

/** RFC 3261 §20.38. */
export const Timestamp = /* @__PURE__ */ codec<TimestampValue>(
  'Timestamp',
  (scanner) => ({ timestamp: decimal(scanner), delay: scanner.done() ? undefined : decimal(scanner) }),
  ({ timestamp, delay }) => [timestamp, ...(delay === undefined ? [] : [delay])].map(writeDecimal).join(' '),
);

function decimal(scanner: Scanner): number {
  const start = scanner.pos;
  const text = scanner.run(/[^ \t\r\n]*/y);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) scanner.fail('expected a number', start);
  return Number(text);
}

function writeDecimal(value: number): string {
  const text = `${value}`;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new TypeError(`Timestamp: ${text}`);
  return text;
}
