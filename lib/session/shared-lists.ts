/** Lists of tokens that most peers have alike, Allow above all: calls share them, for each has one for as long as it lasts. */
import { detached } from '../base/detached.js';

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
