/** Why something was refused, or what is odd about it: RFC 3261 §20.43. */
import { QUOTE, quote } from '../scanner.js';
import { codec, list, writeInteger } from './field.js';

export interface WarningValue {
  readonly code: number;
  readonly agent: string;
  readonly text: string;
}

/** RFC 3261 §20.43. */
export const Warning = /* @__PURE__ */ list(
  codec<WarningValue>(
    'Warning',
    (scanner) => {
      const code = scanner.integer(999);
      scanner.skipLws();
      const agent = scanner.run(/[^ \t\r\n"]*/y);
      scanner.skipLws();
      if (agent === '' || scanner.peek() !== QUOTE) scanner.fail('expected an agent and a quoted text');
      return { code, agent, text: scanner.quoted() };
    },
    ({ code, agent, text }, what) => {
      if (/[\s",]|^$/.test(agent)) throw new TypeError(`${what}: agent ${JSON.stringify(agent)}`);
      return `${writeInteger(code, 999, what).padStart(3, '0')} ${agent} ${quote(text)}`;
    },
  ),
);
