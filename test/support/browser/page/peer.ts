// Runs in the page: one RTCPeerConnection without signalling, to try the ears and the microphone on.
import { hears, toneMicrophone } from './harness.js';
import type { HeardTone } from './harness.js';

const connection = new RTCPeerConnection();
const remote = new Promise<MediaStream>((resolve) => {
  connection.ontrack = ({ streams }) => {
    resolve(streams[0]!);
  };
});

/** The microphone hears a tone, by the browser's own getUserMedia when none is given. */
export async function useMicrophone(hertz?: number): Promise<void> {
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await (hertz === undefined
    ? navigator.mediaDevices.getUserMedia({ audio: raw })
    : toneMicrophone(hertz)());
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
}

async function gathered(): Promise<string> {
  if (connection.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') resolve();
      };
    });
  }
  return connection.localDescription!.sdp;
}

export async function offer(): Promise<string> {
  await connection.setLocalDescription();
  return gathered();
}

export async function answer(sdp: string): Promise<string> {
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription();
  return gathered();
}

export async function accept(sdp: string): Promise<void> {
  await connection.setRemoteDescription({ type: 'answer', sdp });
}

export async function hearsRemote(hertz: number, ms?: number): Promise<HeardTone> {
  return hears(await remote, hertz, ms);
}
