/**
 * Watches the addresses of the machine while it matters: the only witness of a network that changes without a word
 * (make-before-break, a new default route). A connection without servers gathers host candidates, and nothing leaves.
 */
import type { Clock } from '../base/clock.js';
import { sleep } from '../base/clock.js';
import type { Signal } from '../base/lifetime.js';
import type { MediaEnvironment } from './environment.js';

/** Milliseconds that gathering may take: about 5 in Firefox, 125 in Chromium, more where the processor is busy. */
const patience = 1000;

/**
 * Tells the addresses, and each change of them or of their order, until `signal` aborts. Without permission for a microphone
 * browsers show names instead of addresses (RFC 8828 §5.2): then only their number can be compared. @param interval
 * milliseconds between two looks
 */
export async function watchAddresses(
  env: Pick<MediaEnvironment, 'RTCPeerConnection'>,
  clock: Clock,
  tell: (addresses: readonly string[]) => void,
  signal: Signal,
  interval = 250,
): Promise<void> {
  let known: string | undefined;
  let pc: RTCPeerConnection | undefined;
  const isOver = (): boolean => signal.aborted;
  try {
    for (let look = 0; !isOver(); look++) {
      // browsers count connections, the closed ones too: one serves for many looks, by an ICE restart each
      if (look % renewal === 0) pc = renewed(pc, env);
      const addresses = await hostAddresses(pc!, clock).catch(() => 'spoilt' as const);
      if (isOver()) return;
      const isSpoilt = addresses === 'spoilt';
      if (isSpoilt) look = -1;
      else if (addresses && addresses.join(' ') !== known) {
        known = addresses.join(' ');
        tell(addresses);
      }
      await sleep(clock, isSpoilt ? 20 * interval : interval, signal).catch(() => undefined);
    }
  } catch {
    // no connection can be made: the calls have other witnesses
  } finally {
    pc?.close();
  }
}

/** Looks after which another connection is made. */
const renewal = 400;

function renewed(
  former: RTCPeerConnection | undefined,
  { RTCPeerConnection }: Pick<MediaEnvironment, 'RTCPeerConnection'>,
): RTCPeerConnection {
  former?.close();
  const pc = new RTCPeerConnection();
  pc.createDataChannel('');
  return pc;
}

/** Nothing where that took too long: half a list is no news. Of each network interface its address, the one of the default route first: that of the highest priority (RFC 8445 §5.1.2). */
async function hostAddresses(pc: RTCPeerConnection, clock: Clock): Promise<readonly string[] | undefined> {
  const found = new Map<string, number>();
  const gathered = new Promise<boolean>((resolve) => {
    const cancel = clock.after(patience, () => {
      resolve(false);
    });
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) note(found, candidate);
      else {
        cancel();
        resolve(true);
      }
    };
  });
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  const isWhole = await gathered;
  pc.onicecandidate = null;
  if (!isWhole) return undefined;
  return [...found].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([address]) => address);
}

function note(found: Map<string, number>, { address, priority, protocol }: RTCIceCandidate): void {
  if (!address || protocol !== 'udp') return;
  // a new name for each connection says nothing
  const name = address.endsWith('.local') ? `interface ${found.size}` : address;
  found.set(name, Math.max(found.get(name) ?? 0, priority ?? 0));
}
