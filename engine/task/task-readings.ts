import { ERRORS, type InstanceState, type Meters } from '@audiocloud/api';
import { INSTANCE_RECORD, METER_RECORD, MUTED_BY } from '../render/program.ts';
import type { NodePlace } from './compile-plan.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';

/** Levels since the last call. [control] */
export function takeMeters(
  memories: TaskMemories,
  places: ReadonlyMap<string, NodePlace>,
  instances: ReadonlyMap<string, TaskInstance>,
): Meters['meters'] {
  const meters: Meters['meters'] = {};
  for (const [name, { memory, channels }] of places) {
    const { f32, f64, u32 } = memories.list[memory]!.views;
    const peak: number[] = [];
    const rms: number[] = [];
    for (const record of channels) {
      const frames = u32[(record + METER_RECORD.frames) >>> 2]!;
      peak.push(f32[(record + METER_RECORD.peak) >>> 2]!);
      rms.push(frames > 0 ? Math.sqrt(f64[(record + METER_RECORD.sumOfSquares) >>> 3]! / frames) : 0);
      f64[(record + METER_RECORD.sumOfSquares) >>> 3] = 0;
      f32[(record + METER_RECORD.peak) >>> 2] = 0;
      u32[(record + METER_RECORD.frames) >>> 2] = 0;
    }
    meters[name] = { peak, rms };
  }
  for (const [name, instance] of instances) meters[name] = { peak: [instance.takePeak()] };
  return meters;
}

/** Public reports of the instances that have some. [control] */
export function readReports(instances: ReadonlyMap<string, TaskInstance>): Meters['reports'] {
  const reports: Meters['reports'] = {};
  for (const [name, instance] of instances) if (instance.model.reports.length) reports[name] = instance.reports();
  return reports;
}

/** What became of an instance. [control] */
export function instanceState(name: string, instance: TaskInstance): InstanceState {
  const isMuted = instance.recordWord(INSTANCE_RECORD.muted) !== 0;
  const mutedBy = instance.recordWord(INSTANCE_RECORD.mutedBy);
  const cause = MUTED_BY[mutedBy] ?? 'trap';
  const { advice, retry } = ERRORS.INSTANCE_FAILED;
  return {
    state: isMuted ? 'failed' : 'running',
    // an error status is counted when the instance is reset
    faults: instance.recordWord(INSTANCE_RECORD.faults) + (isMuted && mutedBy === 0 ? 1 : 0),
    nonFinite: instance.recordWord(INSTANCE_RECORD.nonFinite),
    latencyFrames: instance.latencyFrames,
    ...(isMuted
      ? {
          error: {
            code: 'INSTANCE_FAILED' as const,
            message: `Instance '${name}' (${instance.model.id}) is muted: ${cause}`,
            advice,
            retry,
            details: { instance: name, cause },
          },
        }
      : {}),
  };
}
