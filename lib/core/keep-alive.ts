/** OPTIONS as a keep-alive, for servers that take CRLF CRLF in silence (RFC 3261 §11). */
import { newCallId, newTag } from '../base/random.js';
import type { Flow } from '../transport/flow.js';
import type { Core } from './core.js';

/** Any response is a sign of life, which the flow notices by itself. */
export function askForLife(core: Core, flow: Flow): void {
  const host = /\/\/([^/?#]+)/.exec(flow.url)![1]!;
  const plan = {
    method: 'OPTIONS',
    uri: `sip:${host}`,
    from: `<sip:anonymous@anonymous.invalid>;tag=${newTag(core.random)}`, // §8.1.1.3: no account asks
    to: `<sip:${host}>`,
    callId: newCallId(core.random),
    routes: [],
    nextSequence: () => 1,
    maxForwards: 0,
    headers: [],
    body: '',
  };
  core.request(plan, { flow }, { onFinal: () => undefined, onFailure: () => undefined });
}
