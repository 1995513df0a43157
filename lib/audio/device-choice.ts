/** Which of the present devices is meant: ids change when permissions are reset, names do not. */
import { invalidOption } from '../base/errors.js';

/** A device as the app remembers it; an entry of `enumerateDevices()` fits. */
export interface DevicePreference {
  readonly deviceId?: string;
  readonly label?: string;
  /** Tells two of the same name apart. */
  readonly groupId?: string;
}

export type DeviceKind = 'audioinput' | 'audiooutput';

type Device = Pick<MediaDeviceInfo, 'deviceId' | 'groupId' | 'label' | 'kind'>;

/**
 * By id, then by label and group, then by label; undefined where none of these is there, or none is preferred: the system's
 * default is taken then.
 */
export function chooseDevice<D extends Device>(
  devices: readonly D[],
  kind: DeviceKind,
  preference: DevicePreference | undefined,
): D | undefined {
  if (!preference) return undefined;
  const { deviceId, label, groupId } = preference;
  const alike = devices.filter((device) => device.kind === kind);
  const named = label ? alike.filter((device) => device.label === label) : [];
  return (
    (deviceId ? alike.find((device) => device.deviceId === deviceId) : undefined) ??
    named.find((device) => groupId !== undefined && device.groupId === groupId) ??
    named[0]
  );
}

/** What stands for the system's default: it changes when the user plugs in a headset. */
export const defaultGroup = (devices: readonly Device[], kind: DeviceKind): string | undefined =>
  devices.find((device) => device.kind === kind && device.deviceId === 'default')?.groupId;

/** What has come and gone between two lists. */
export function compareDevices<D extends Device>(
  before: readonly D[],
  now: readonly D[],
): { readonly added: readonly D[]; readonly removed: readonly D[] } {
  const without = (list: readonly D[], others: readonly D[]): D[] =>
    list.filter((one) => !others.some(({ deviceId, kind }) => deviceId === one.deviceId && kind === one.kind));
  return { added: without(now, before), removed: without(before, now) };
}

export function checkPreference(option: string, preference: unknown): void {
  const isObject = typeof preference === 'object' && preference !== null;
  const { deviceId, label, groupId } = (isObject ? preference : {}) as Record<string, unknown>;
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  if (!isObject || ![deviceId, label, groupId].every(isText))
    throw invalidOption(option, 'takes { deviceId, label, groupId }', preference);
}
