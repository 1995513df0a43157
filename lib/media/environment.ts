/** The only door to the browser's media globals: all of them are replaceable (VDI, tests, Node) and looked up when needed. */
import { EvercallError } from '../base/errors.js';

/** What the library takes from its host to handle media. */
export interface MediaEnvironment {
  readonly RTCPeerConnection: new (config?: RTCConfiguration) => RTCPeerConnection;
  readonly MediaStream: new (tracks?: MediaStreamTrack[]) => MediaStream;
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  /** What the user shares of the screen. */
  getDisplayMedia(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  /** The codecs that can be received; undefined where the browser does not tell. */
  codecs(kind: 'audio' | 'video'): readonly RTCRtpCodec[] | undefined;
  /** What the page may do with the microphone; undefined where the browser does not tell. */
  queryMicrophonePermission?(): Promise<PermissionState | undefined>;
  queryCameraPermission?(): Promise<PermissionState | undefined>;
  /** Makes the element that plays a call; absent where there is nothing to hear with. */
  createAudioElement?(): HTMLAudioElement;
}

/** The media of the page, each part replaced by that of `overrides`; globals are read late, for others wrap them after we load. */
export function browserMediaEnvironment(overrides: Partial<MediaEnvironment> = {}): MediaEnvironment {
  return {
    get RTCPeerConnection() {
      return overrides.RTCPeerConnection ?? present('RTCPeerConnection', globalThis.RTCPeerConnection);
    },
    get MediaStream() {
      return overrides.MediaStream ?? present('MediaStream', globalThis.MediaStream);
    },
    getUserMedia: async (constraints) => {
      if (overrides.getUserMedia) return overrides.getUserMedia(constraints);
      return present('navigator.mediaDevices', host().mediaDevices).getUserMedia(constraints); // absent on http
    },
    getDisplayMedia: async (options) => {
      if (overrides.getDisplayMedia) return overrides.getDisplayMedia(options);
      const devices = host().mediaDevices;
      return present('getDisplayMedia', devices && 'getDisplayMedia' in devices ? devices : undefined).getDisplayMedia(
        options,
      ); // absent on phones
    },
    codecs: (kind) => {
      if (overrides.codecs) return overrides.codecs(kind);
      return typeof RTCRtpReceiver === 'undefined' ? undefined : RTCRtpReceiver.getCapabilities(kind)?.codecs;
    },
    queryMicrophonePermission: async () => {
      if (overrides.queryMicrophonePermission) return overrides.queryMicrophonePermission();
      if (overrides.getUserMedia) return undefined; // the browser's permission is not about a source of the page's own
      return queryPermission('microphone');
    },
    queryCameraPermission: async () => {
      if (overrides.queryCameraPermission) return overrides.queryCameraPermission();
      return overrides.getUserMedia ? undefined : queryPermission('camera');
    },
    ...audioElement(overrides),
  };
}

function audioElement({ createAudioElement }: Partial<MediaEnvironment>): Pick<MediaEnvironment, 'createAudioElement'> {
  if (createAudioElement) return { createAudioElement: () => createAudioElement() };
  return typeof Audio === 'undefined' ? {} : { createAudioElement: () => new Audio() };
}

/** A navigator as it may be: `mediaDevices` is missing outside of secure contexts, `permissions` in older browsers. */
interface Host {
  readonly mediaDevices?: MediaDevices;
  readonly permissions?: Permissions;
}
const host = (): Host => (typeof navigator === 'undefined' ? {} : navigator);

async function queryPermission(name: 'microphone' | 'camera'): Promise<PermissionState | undefined> {
  try {
    return (await host().permissions?.query({ name }))?.state;
  } catch {
    return undefined; // TypeError: this browser knows no such permission
  }
}

function present<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new EvercallError('mediaUnsupported', `${name} is not there: https or localhost?`);
  return value;
}
