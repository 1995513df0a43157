/** What an account can do without for a moment: what calls are made of, what takes those that come, what changes its options. */
export * from '../call/parts.js';
export { applyChange } from './changes.js';
export { followMaster } from './follow-master.js';
export { IncomingCalls } from './incoming-calls.js';
export { incomingMessage } from './incoming-message.js';
export { sendStandAlone } from './stand-alone-request.js';
