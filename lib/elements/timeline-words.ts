/** What the timeline says of what the library tells. */
import type { CallEnd, DevicesChange, IpChangeProgress, Rung } from '../index.js';
import { secondsText } from './connection-story.js';

const rungWords: Readonly<Record<Rung, string>> = {
  dialog: 'the other side knows where we are',
  offer: 'the other side knows where we are, and what has changed',
  media: 'the sound takes a new path',
  rebuild: 'the sound has a new connection',
  replace: 'it goes on in the place of its old self',
};

/** Undefined for what is told by other words. @param who whom a call is with */
export function progressText(progress: IpChangeProgress, who: (call: ProgressCall) => string): string | undefined {
  switch (progress.step) {
    case 'shutdownTransport':
    case 'accountTransport':
      return undefined;
    case 'restartTransport':
      return progress.ok
        ? `New connection to ${progress.url} after ${secondsText(progress.duration)}`
        : `No connection to ${progress.url} yet`;
    case 'updateContact':
      if (!progress.register) return 'The server has forgotten our former address';
      return progress.ok
        ? `The server knows our new address after ${secondsText(progress.duration)}`
        : `The server does not know our new address yet${statusText(progress.status)}`;
    case 'hangupCall':
      return `Call with ${who(progress.call)}: ended, for the network has changed`;
    case 'refreshCall':
      if (progress.phase === 'begun') return undefined;
      return progress.ok
        ? `Call with ${who(progress.call)}: ${rungWords[progress.rung]}, after ${secondsText(progress.duration)}`
        : `Call with ${who(progress.call)}: not brought back yet${statusText(progress.status)}`;
    case 'completed':
      return `Network change (${progress.report.reason}) seen to in ${secondsText(progress.report.duration)}`;
  }
}

type ProgressCall = Extract<IpChangeProgress, { readonly step: 'refreshCall' }>['call'];

const statusText = (status: number | undefined): string => (status === undefined ? '' : ` (the answer was ${status})`);

/** How a call was kept while it lasted; undefined where nothing happened to it. */
export function recoveriesText({ recoveries }: CallEnd, who: string): string | undefined {
  if (recoveries.length === 0) return undefined;
  const ways = recoveries.map(({ rung, ok }) => (ok ? rungWords[rung] : 'in vain'));
  return `Call with ${who} was brought back: ${ways.join('; ')}`;
}

export function devicesText({ added, removed, lost }: DevicesChange): string {
  const names = (devices: readonly MediaDeviceInfo[]): string =>
    [...new Set(devices.map(({ label }) => label || 'a device'))].join(', ');
  const parts = [
    ...(added.length > 0 ? [`${names(added)} is there`] : []),
    ...(removed.length > 0 ? [`${names(removed)} is gone${lost.length > 0 ? ', and was in use' : ''}`] : []),
  ];
  return `Sound devices: ${parts.join('; ')}`;
}
