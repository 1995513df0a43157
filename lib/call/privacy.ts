/** Who we appear to be to those we call or write to: ourselves, or nobody (RFC 3323, RFC 3325). */
import { invalidOption } from '../base/errors.js';
import { checkOneOf } from '../base/options.js';
import type { Header } from '../parser/index.js';

/**
 * What is asked of the servers on the way (RFC 3323 §4.2, RFC 3325 §9.3); `user` is done here: From and Contact tell
 * nobody who we are. `['user', 'id']` withholds a number as telephones do.
 */
export type Privacy = 'id' | 'header' | 'session' | 'user' | 'none' | 'critical';

export interface Appearance {
  /** From value without tag. */
  readonly from: string;
  readonly headers: readonly Header[];
  readonly isAnonymous: boolean;
}

const none: readonly Privacy[] = [];

export function checkPrivacy(list: readonly Privacy[] = none): readonly Privacy[] {
  if (!(Array.isArray as (value: unknown) => boolean)(list)) throw invalidOption('privacy', 'takes a list', list);
  for (const value of list) checkOneOf('privacy', value, ['id', 'header', 'session', 'user', 'none', 'critical']);
  if (list.includes('none') && list.length > 1) throw invalidOption('privacy', 'takes none alone'); // RFC 3323 §4.2
  if (list.includes('critical') && asked(list).length < 2)
    throw invalidOption('privacy', 'takes critical beside id, header or session');
  return list;
}

/**
 * @param address From value of the address of record, without tag.
 * @param first headers that come first.
 */
export function appearance(privacy: readonly Privacy[], address: string, first: readonly Header[] = []): Appearance {
  const isAnonymous = privacy.includes('user');
  const values = asked(privacy);
  const headers = [...first];
  if (values.length > 0) headers.push({ name: 'Privacy', value: values.join(';') });
  if (values.includes('critical')) headers.push({ name: 'Proxy-Require', value: 'privacy' }); // RFC 3323 §4.3
  // RFC 3325 §9.2: the proxy that we trust is to know whom it keeps secret
  if (isAnonymous && values.includes('id') && !first.some(({ name }) => name === 'P-Preferred-Identity'))
    headers.push({ name: 'P-Preferred-Identity', value: address });
  // RFC 3323 §4.1.1.3
  return { from: isAnonymous ? '"Anonymous" <sip:anonymous@anonymous.invalid>' : address, headers, isAnonymous };
}

/** In the order of the grammar, each once. RFC 3323 §4.2: who does what `user` says SHOULD NOT ask for it. */
const asked = (privacy: readonly Privacy[]): Privacy[] =>
  (['none', 'id', 'header', 'session', 'critical'] as const).filter((value) => privacy.includes(value));
