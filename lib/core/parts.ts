/** What a page that registers can do without for a moment: loaded with the first account, ahead of the first request of a peer's. */
export { reasonPhrase, uriEquals } from '../parser/index.js';
export { inspect } from './inspect.js';
export { acceptHeader, generalAbilities } from './capabilities.js';
