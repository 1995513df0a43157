/** An INVITE that can be refused before anybody hears of it: for what it offers, or demands. */
import type { Refusal } from '../core/inspect.js';
import type { MediaSessionConfig } from '../media/media-session.js';
import { offersAudio } from '../media/sdp.js';
import type { SipRequest } from '../parser/index.js';
import { refuseExtensions } from '../session/extension-tags.js';
import type { ExtensionConfig } from '../session/extensions.js';
import { sessionDescription } from '../session/session-description.js';

export function refuse(
  request: SipRequest,
  media: MediaSessionConfig,
  extensions: ExtensionConfig,
): Refusal | undefined {
  const offer = sessionDescription(request);
  return offer !== undefined && !media.sdp?.incoming && !offersAudio(offer)
    ? { status: 488, headers: [] } // RFC 3261 §13.3.1.3: nothing we could take
    : refuseExtensions(request, extensions);
}
