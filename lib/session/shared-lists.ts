/** Lists of tokens that most peers have alike, Allow above all: calls share them, for each has one for as long as it lasts. */
import { detached } from '../base/detached.js';
import { optionalAll } from '../core/optional.js';
import { headerValues } from '../parser/index.js';
import type { HeaderCodec, SipMessage } from '../parser/index.js';

const most = 16;
const lists = new Map<string, readonly string[]>();

/** The same list for the same tokens. */
export function shared(tokens: readonly string[]): readonly string[] {
  const key = tokens.join();
  let list = lists.get(key);
  if (!list) {
    if (lists.size === most) lists.clear();
    lists.set(detached(key), (list = detached(tokens)));
  }
  return list;
}

const lines = new Map<string, readonly string[]>();

/** The values of a list header; a line that says what another has said is not read again. */
export function sharedValues(message: SipMessage, codec: HeaderCodec<string>): readonly string[] {
  const [line, ...others] = headerValues(message, codec.name);
  if (line === undefined || others.length > 0) return shared(optionalAll(message, codec));
  const key = `${codec.name}: ${line}`;
  let list = lines.get(key);
  if (!list) {
    if (lines.size === most) lines.clear();
    lines.set(detached(key), (list = shared(optionalAll(message, codec))));
  }
  return list;
}
