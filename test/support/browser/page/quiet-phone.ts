// Runs in the page: the phone of phone.ts, whose sound device is opened when the test says so; and what was asked of the browser.
import { theCall, theUserAgent } from './phone.js';

export * from './phone.js';

/** What was asked for since the page began: the test has put spies there before anything was loaded. */
export function asked(): readonly string[] {
  return (globalThis as unknown as { asked: readonly string[] }).asked;
}

export function activate(): Promise<void> {
  return theUserAgent().audio.activate();
}

const events: string[] = [];

/** Opens the loudspeaker alone, and keeps what is told. */
export async function openSpeaker(): Promise<void> {
  const { audio } = theUserAgent();
  audio.on('activationRequired', () => events.push('activationRequired'));
  await (await audio.load()).openDevice({ mode: 'speakerOnly' });
}

/** The state of the sound device after what was told. */
export async function sound(): Promise<readonly string[]> {
  return [...events, (await theUserAgent().audio.load()).state, theCall().state];
}
