/** Every error code with its cause and its remedy: for the documentation, so that no page has to load the texts. */

export const errorCatalogue = {
  invalidOption: ['An option has a wrong type or value.', 'The message names the option and what it takes.'],
  invalidState: ['The operation does not fit the present state.', 'Await the state change the message names.'],
  invalidTarget: ['The call target is no SIP or tel URI.', 'Pass `sip:user@host`, `tel:+…`, or a user name.'],
  aborted: ['The AbortSignal of the operation fired, or its owner was disposed.', 'None: this was asked for.'],
  rejected: ['The peer answered with a final response of 300 or above.', 'Look at `status` and the reason phrase.'],
  timeout: ['No final response came in time (408).', 'Check that the server is reachable and answers.'],
  transport: ['The request could not be sent, or its connection was lost (503).', 'It is retried by recovery.'],
  bindingMissing: [
    'The registrar said yes, but does not list our Contact.',
    'It is tried again; check that the registrar keeps Contacts of WebSocket clients.',
  ],
  notLoaded: [
    'A part of the library could not be loaded: no network, or a policy of the page forbids it.',
    'It is tried again; serve all files of `dist/`, or use a bundle of one file.',
  ],
  busy: ['The account has calls.', 'Hang up first, or pass `force: true`.'],
  authentication: [
    'The server refused the credentials, or what its algorithm takes cannot be loaded.',
    'Check user name, authentication user and password.',
  ],
  eventUnsupported: [
    'The server knows no such event package (489).',
    'Ask its operator which it serves, or look at Allow-Events.',
  ],
  cancelled: ['The call was cancelled before it was answered.', 'None: one of the sides asked for it.'],
  protocol: ['The peer broke the protocol in a way that ended the operation.', 'The message says what came.'],
  negotiation: ['Offer and answer found no common media.', 'Compare the codecs and media of both sides.'],
  mediaDenied: ['The user or a policy denied the microphone.', 'Explain why it is needed, let the user allow it.'],
  mediaDismissed: ['The permission prompt was closed without a choice.', 'Ask again from a user gesture.'],
  mediaAbsent: ['No microphone (or none that fits the constraints).', 'Plug one in, or call receive-only.'],
  mediaBusy: ['The device exists but cannot be opened.', 'Close the program that uses it, then retry.'],
  cameraDenied: ['The user or a policy denied the camera.', 'Explain why it is needed, or call without video.'],
  cameraDismissed: ['The prompt for the camera was closed without a choice.', 'Ask again from a user gesture.'],
  cameraAbsent: ['No camera (or none that fits the constraints).', "Plug one in, or pass `video: 'recvonly'`."],
  cameraBusy: ['The camera exists but cannot be opened.', 'Close the program that uses it, then retry.'],
  screenDenied: ['The user closed the picker, or a policy forbids to share.', 'None: share again from a user gesture.'],
  screenBusy: ['What was picked cannot be captured.', 'Pick another window, then retry.'],
  noMedia: ['Nothing was received for as long as `noMediaTimeout` allows.', 'Look for what stands between the phones.'],
  mediaUnsupported: [
    'The environment has no WebRTC or no getUserMedia.',
    'Use https or localhost and a current browser.',
  ],
  audioUnavailable: [
    'The browser has no AudioContext, no worklet, or no choice of outputs; or it makes no more of them.',
    'Close what is not needed; look at `capabilities`; serve `evercall/audio-worklet` where blobs are forbidden.',
  ],
  recordingRefused: ['The `consent` of a recorder said no.', 'None: this was asked for.'],
  audioFormat: ['What is to be played is no audio, or none that this browser reads.', 'Use WAV, MP3 or Opus.'],
} as const satisfies Record<string, readonly [cause: string, remedy: string]>;
