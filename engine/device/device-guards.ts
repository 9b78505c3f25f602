import type { GuardCounters } from '@audiocloud/api';
import { guardMemory } from '../guard/guard-memory.ts';
import type { Wake } from '../thread/wake.ts';
import type { DeviceGuardImages } from './guarded-mix.ts';

/**
 * The guards of a device's outputs, behind the mix of all tasks: each output for itself, as different hardware may hang on each.
 * They live as long as the engine. [control]
 */
export class DeviceGuards {
  readonly images: DeviceGuardImages;

  /** ceilingsDb: see EngineSettings. Throws PLUGIN_MISSING, TOO_LARGE. */
  constructor({ channels, blockFrames, maxBlocks, sampleRate }: Wake, ceilingsDb: readonly number[]) {
    const memory = guardMemory();
    const maxFrames = blockFrames * maxBlocks;
    const addresses = Array.from({ length: channels }, (_, output) => {
      const ceilingDb = ceilingsDb[Math.min(output, ceilingsDb.length - 1)]!;
      return memory.make({ channels: 1, maxFrames, sampleRate, ceilingDb });
    });
    this.images = { image: memory.image, addresses, maxFrames };
  }

  /** What those of some outputs have done; without a list, of all. */
  counts(outputs?: readonly number[]): GuardCounters {
    const sum = { limitedBlocks: 0, nonFinite: 0, jumps: 0, offsets: 0 };
    const { addresses } = this.images;
    for (const address of outputs ? outputs.map((output) => addresses[output]!) : addresses) {
      const counts = guardMemory().counts(address);
      for (const name of Object.keys(sum) as (keyof GuardCounters)[]) sum[name] += counts[name];
    }
    return sum;
  }
}
