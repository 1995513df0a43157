/** What calls are made of: one piece, loaded ahead of the first call. `Call` finds its verbs here. */
export * from '../core/parts.js';
export { answerCall, rejectCall, ringCall } from './answering.js';
export { begin } from './begin.js';
export { callDialogs, callInfo } from './call-info.js';
export { setDirection } from './direction.js';
export { sendDigits } from './dtmf.js';
export { hangUp } from './hangup.js';
export { resume, setHold } from './hold.js';
export { reinviteCall, requestInDialog, sendInfo, sendMessage, updateCall } from './in-dialog.js';
export { Leg } from './leg.js';
export { tellComposing } from './peer-requests.js';
export { transferCall } from './transfer.js';
