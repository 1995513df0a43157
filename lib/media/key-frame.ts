/** A picture that can be understood by itself, asked of our own sender (W3C WebRTC Extensions, RTCSetParameterOptions). */
import type { Logger } from '../base/log.js';

/** A browser that knows nothing of it, ignores it. */
export async function sendKeyFrame(sender: RTCRtpSender, log: Logger): Promise<void> {
  const parameters = sender.getParameters();
  const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
  await sender.setParameters(parameters, options).catch((error: unknown) => {
    log.debug('no key frame can be asked for', error);
  });
}
