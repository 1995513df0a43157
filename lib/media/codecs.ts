/** Which codecs a call may use, in which order, by setCodecPreferences (W3C WebRTC §5.4). Loaded where the app has a wish. */
import type { Logger } from '../base/log.js';
import type { MediaEnvironment } from './environment.js';

/** Codecs by name, the preferred first (`opus`, `PCMA`, `VP8`); those that are not named are not used. */
export interface CodecPreferences {
  readonly audio?: readonly string[];
  readonly video?: readonly string[];
}

/** Formats that are no codecs: they serve others, and stay where the browser puts them. */
const helpers: ReadonlySet<string> = new Set(['telephone-event', 'rtx', 'red', 'cn', 'ulpfec', 'flexfec-03']);

/** Applies to the transceiver's next offer or answer. A codec that this browser lacks is left out, with a warning that names it. */
export function preferCodecs(
  transceiver: RTCRtpTransceiver,
  preferences: CodecPreferences,
  env: MediaEnvironment,
  log: Logger,
): void {
  const kind = transceiver.receiver.track.kind as 'audio' | 'video';
  const names = preferences[kind];
  const known = env.codecs(kind);
  if (!names || !known) return;
  const chosen = names.flatMap((name) => {
    const found = known.filter((codec) => nameOf(codec) === name.toLowerCase());
    if (found.length === 0) log.warn(`codecs.${kind}: this browser has no ${name}`);
    return found;
  });
  if (chosen.length === 0) return; // none of the wishes can be had: a call is worth more than they are
  const rates = new Set(chosen.filter((codec) => !helpers.has(nameOf(codec))).map(({ clockRate }) => clockRate));
  const served = (codec: RTCRtpCodec): boolean =>
    helpers.has(nameOf(codec)) &&
    !chosen.includes(codec) &&
    (kind === 'video' || rates.has(codec.clockRate) || nameOf(codec) === 'telephone-event');
  try {
    transceiver.setCodecPreferences([...chosen, ...known.filter(served)]);
  } catch (error) {
    log.warn(`codecs.${kind}: the browser refuses`, error);
  }
}

const nameOf = ({ mimeType }: RTCRtpCodec): string => mimeType.slice(mimeType.indexOf('/') + 1).toLowerCase();
