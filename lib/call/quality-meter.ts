/** Measures how a call sounds as long as someone listens to `qualityChanged`. Loaded with the first who does. */
import { sleep } from '../base/clock.js';
import { estimateQuality } from '../media/quality.js';
import type { MediaStats } from '../media/media-stats.js';
import type { Leg } from './leg.js';

/** Milliseconds between two looks. */
const interval = 2000;

const measured = new WeakSet<Leg>();

export async function measure(leg: Leg): Promise<void> {
  if (measured.has(leg)) return;
  measured.add(leg);
  const { clock, log } = leg.context;
  let former: MediaStats | undefined;
  try {
    while (!leg.end && leg.events.has('qualityChanged')) {
      const stats = await leg.media.getStats();
      const quality = former && estimateQuality(former, stats);
      former = stats;
      if (quality) {
        leg.quality = quality;
        leg.changed('qualityChanged', quality);
      }
      await sleep(clock, interval, leg.media.session.signal);
    }
  } catch (error) {
    if (!leg.end) log.warn('quality: cannot be measured', error);
  } finally {
    measured.delete(leg);
  }
}
