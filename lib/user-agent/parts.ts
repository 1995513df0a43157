/** What a page that waits for calls can do without for a moment: what calls are made of, and what brings them back. */
export * from '../account/parts.js';
export { browserMediaEnvironment } from '../media/environment.js';
export { logStatus } from './call-log-status.js';
export { ExclusiveCalls } from './call-policy.js';
export { IpChange } from './ip-change.js';
export { takeRequest } from './new-request.js';
