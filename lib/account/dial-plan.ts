/** Telephone numbers as people type them, made those that the server takes (Linphone's dial prefix and + escape): an entry of its own. */
import { invalidOption } from '../base/errors.js';
import { checkKnown } from '../base/options.js';

/** Digits, all of them. */
export interface DialPlanOptions {
  /** Of the country where numbers are at home: `33`. Without it, national numbers stay as they are. */
  readonly countryCode?: string;
  /** What stands before a number of the same country; empty where there is nothing. @default '0' */
  readonly nationalPrefix?: string;
  /** What stands in for `+`. @default '00' */
  readonly internationalPrefix?: string;
  /** How many digits a whole national number has without its prefix: as many are one without the prefix too, fewer none. */
  readonly nationalLength?: number;
  /** Sends `internationalPrefix` in place of `+`, for servers that do not know it. @default false */
  readonly escapePlus?: boolean;
  /** What a switchboard wants to hear before an outside number; `+` is escaped then. @default none */
  readonly outsidePrefix?: string;
}

const known: ReadonlySet<string> = new Set<keyof DialPlanOptions>([
  'countryCode', 'nationalPrefix', 'internationalPrefix', 'nationalLength', 'escapePlus', 'outsidePrefix',
]); // prettier-ignore

/**
 * A function for an account's `normalize`. Whole numbers become `+` and country code; extensions, short numbers, codes
 * with `*` or `#`, names and SIP URIs stay as they are. Throws `invalidOption`.
 */
export function dialPlan(options: DialPlanOptions = {}): (typed: string) => string {
  checkKnown(options, known);
  const { countryCode = '', nationalPrefix = '0', internationalPrefix = '00', outsidePrefix = '' } = options;
  const { nationalLength, escapePlus = outsidePrefix !== '' } = options;
  for (const [name, digits] of Object.entries({ countryCode, nationalPrefix, internationalPrefix, outsidePrefix }))
    if (typeof digits !== 'string' || !/^\d*$/.test(digits)) throw invalidOption(name, 'takes digits', digits);
  if (internationalPrefix === '') throw invalidOption('internationalPrefix', 'takes digits', internationalPrefix);
  const plus = outsidePrefix + (escapePlus ? internationalPrefix : '+');

  return (typed) => {
    const text = typed.trim().replace(/^tel:([^;]*)$/i, '$1'); // RFC 3966; with parameters it is the server's to read
    if (!/^\+?[\d\s().\-/]+$/.test(text)) return typed;
    const number = text.replace(`(${nationalPrefix})`, isGlobal(text) ? '' : nationalPrefix).replace(/[^\d+]/g, '');
    if (number.startsWith('+')) return plus + number.slice(1);
    if (isGlobal(number)) return plus + number.slice(internationalPrefix.length);
    const isPrefixed = nationalPrefix !== '' && number.startsWith(nationalPrefix);
    const rest = isPrefixed ? number.slice(nationalPrefix.length) : number;
    const isNational = nationalLength === undefined ? isPrefixed && rest.length > 4 : rest.length === nationalLength;
    if (!isNational) return number;
    return countryCode === '' ? outsidePrefix + number : plus + countryCode + rest;
  };

  function isGlobal(text: string): boolean {
    return (
      text.startsWith('+') || (text.startsWith(internationalPrefix) && text.length > internationalPrefix.length + 4)
    );
  }
}
