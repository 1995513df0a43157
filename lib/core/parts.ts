/** What requests of peers are answered with: loaded with the first account, ahead of the first that comes. */
export { reasonPhrase } from '../parser/index.js';
export { inspect } from './inspect.js';
