import { TASK_PREFIX } from '../../tasks/task-address.ts';
import type { TaskRecord } from '../../tasks/task-record.ts';
import type { KnownTask } from '../clients/known-task.ts';
import { valueAt } from '../clients/maker.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { eventsOf } from './log.ts';

/** A value set live is stored within this time; see RecordKeeper. A disk that does well needs a little more. */
export const KNOB_MS = 250;

const PRESETS = 'preset/';

/** The record of a task as it is on the disk. */
export function storedTask(world: World, task: KnownTask): TaskRecord | undefined {
  return world.disk.read<TaskRecord>(world.keyOf(TASK_PREFIX, task));
}

/** What of a task is stored otherwise than it may be. */
function faultOf(world: World, task: KnownTask, graceMs: number): string | undefined {
  const record = storedTask(world, task);
  const { elapsedMs } = world.clock;
  if (!task.exists.possible.includes(record !== undefined))
    return `${task.exists.what} is ${record ? 'there' : 'gone'}, wanted ${task.exists.possible}`;
  if (!record) return undefined;
  if (!task.isPlaying.possible.includes(record.isPlaying) && !world.hasStopped.has(task.id))
    return `${task.isPlaying.what} is ${record.isPlaying}, wanted ${task.isPlaying.possible}`;
  for (const [name, part] of task.parts) {
    const isThere = record.graph.instances?.[name] !== undefined;
    if (!part.possible.includes(isThere)) return `${part.what} is ${isThere ? 'there' : 'gone'}`;
  }
  for (const [place, knob] of task.knobs) {
    const value = valueAt(record.graph, place);
    if (value !== undefined && !knob.mayBeStored(value, elapsedMs, graceMs))
      return `${knob.what} is ${value}, wanted ${knob.possible.join(' or ')}`;
  }
  return undefined;
}

/** What is on the disk is from now on all that is known. */
function learn(world: World, task: KnownTask): void {
  const record = storedTask(world, task);
  if (!record) return;
  for (const [place, knob] of task.knobs) {
    const value = valueAt(record.graph, place);
    if (value !== undefined) knob.stored(value);
  }
}

export const acknowledgedIsNeverLost: Invariant = {
  name: 'acknowledged-is-never-lost',
  claim: 'Whenever the domain is killed or ends, all that it acknowledged is on the disk, and nothing that it refused.',
  begin: () => {
    const all = (world: World, graceMs: number): string | undefined => {
      for (const task of world.tasks.values()) {
        const fault = faultOf(world, task, graceMs);
        if (fault) return fault;
      }
      for (const [place, preset] of world.presets) {
        const [application = '', id = ''] = place.split('/');
        const stored = world.disk.read<{ preset: { content: { parameters: { gain: number } } } }>(
          world.keyOf(PRESETS, { application, id }),
        );
        const gain = stored?.preset.content.parameters.gain;
        if (!preset.possible.includes(gain)) return `${preset.what} is ${gain}, wanted ${preset.possible.join(' or ')}`;
      }
      return undefined;
    };
    return {
      committed: (commits, world) => {
        for (const event of eventsOf(commits)) {
          const isTaken = event.type === 'task.transport' && event.data.error?.code === 'FIXED_INSTANCE_UNAVAILABLE';
          if (isTaken && world.technician.hasCome) world.hasStopped.add(event.task);
        }
        return undefined;
      },
      ended: (world, isInOrder) => {
        const graceMs = isInOrder ? 0 : world.knobGraceMs(KNOB_MS);
        const fault = all(world, graceMs);
        if (!isInOrder) for (const task of world.tasks.values()) learn(world, task);
        return fault;
      },
      settled: (world) => all(world, world.knobGraceMs(KNOB_MS)),
    };
  },
};

export const knobStoredInTime: Invariant = {
  name: 'knob-stored-in-time',
  claim: `A value that was set live is on the disk ${KNOB_MS} ms later, while the disk does well.`,
  begin: () => {
    let nextMs = 0;
    return {
      stepped: (world) => {
        const { elapsedMs } = world.clock;
        // Often enough to find one that is late, seldom enough to cost nothing.
        if (elapsedMs < nextMs || !world.domain.core || world.knobGraceMs(0) > 0) return undefined;
        nextMs = elapsedMs + 100;
        for (const task of world.tasks.values()) {
          if (task.exists.known !== true) continue;
          const record = storedTask(world, task);
          for (const [place, knob] of record ? task.knobs : []) {
            const value = valueAt(record!.graph, place);
            if (value !== undefined && !knob.mayBeStored(value, elapsedMs, KNOB_MS))
              return `${knob.what} is still ${value}, wanted ${knob.possible.join(' or ')}`;
          }
        }
        return undefined;
      },
    };
  },
};
