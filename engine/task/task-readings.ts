import type { Meters, TaskCounters } from '@audiocloud/api';
import type { MemoryViews } from '../plugin/memory-views.ts';
import { hiddenName, isHidden } from '../plan/hidden-names.ts';
import { INSTANCE_RECORD, METER_RECORD } from '../render/program.ts';
import type { NodePlace } from './compile-plan.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';

type Instances = ReadonlyMap<string, TaskInstance>;
export type Level = Meters['meters'][string];

/** Of several instances at once: the view of a memory is taken once, since that asks for the size of the memory. */
function viewer(memories: TaskMemories): (instance: TaskInstance) => MemoryViews {
  const views: MemoryViews[] = [];
  return ({ memory }) => (views[memory] ??= memories.list[memory]!.views);
}

/** How often it is looked whether an instance that slept is awake: at every fourth call, 130 ms. */
const LOOK_TURNS = 4;
/** How often one that sleeps is told of, for who has come since: 10 s. */
const TELL_TURNS = 300;

/**
 * Instances with something to tell: all but those that sleep, as when they were last told of. [control]
 *
 * turn: counts the calls, 30 in a second; without it all are told of. Thousands that sleep must not cost more than those
 * that sound, so most calls pass them by.
 */
export function toTell(memories: TaskMemories, instances: Instances, turn?: number): TaskInstance[] {
  const viewsOf = viewer(memories);
  const told: TaskInstance[] = [];
  let n = 0;
  for (const instance of instances.values()) {
    n++;
    const isDue = turn === undefined || (n + turn) % TELL_TURNS === 0;
    if (instance.isResting && !isDue && (n + turn) % LOOK_TURNS !== 0) continue;
    const { u32, f32 } = viewsOf(instance);
    const isAsleep =
      u32[(instance.record + INSTANCE_RECORD.isEmpty) >>> 2] === 1 &&
      f32[(instance.record + INSTANCE_RECORD.peak) >>> 2] === 0;
    if (!isAsleep || !instance.isResting || isDue) told.push(instance);
    instance.isResting = isAsleep;
  }
  return told;
}

/**
 * As toTell, of instances that all slept at the calls before and of which none has worked since: those whose turn it is. [control]
 *
 * It does not look at the others, so that thousands that sleep cost next to nothing.
 */
export function toTellOfSleepers(instances: readonly TaskInstance[], turn: number): TaskInstance[] {
  const told: TaskInstance[] = [];
  for (let n = TELL_TURNS - (turn % TELL_TURNS); n <= instances.length; n += TELL_TURNS) told.push(instances[n - 1]!);
  return told;
}

/** Calls of toTell after which it has looked at all instances. */
export const TURNS_TO_SEE_ALL = LOOK_TURNS;

/** Levels since the last call of what the plan meters, by names of the plan, hidden ones too. [control] */
export function takeLevels(memories: TaskMemories, places: ReadonlyMap<string, NodePlace>): Map<string, Level> {
  const levels = new Map<string, Level>();
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
    levels.set(name, { peak, rms });
  }
  return levels;
}

/** What is told of levels, by names of the task: of an instance with a dry path, what is mixed of both. [control] */
export function metersOf(levels: ReadonlyMap<string, Level>, instances: readonly TaskInstance[]): Meters['meters'] {
  const meters: Meters['meters'] = {};
  for (const [name, level] of levels) if (!isHidden(name)) meters[name] = level;
  for (const instance of instances) {
    const own = { peak: [instance.takePeak()] };
    meters[instance.name] = levels.get(hiddenName(instance.name, 'out')) ?? own;
  }
  return meters;
}

/** Public reports of the instances that have some. [control] */
export function readReports(instances: readonly TaskInstance[]): Meters['reports'] {
  const reports: Meters['reports'] = {};
  for (const instance of instances) if (instance.model.reports.length) reports[instance.name] = instance.reports();
  return reports;
}

/** Faults since the task was loaded, of all its instances and of those that had any. */
export type Faults = Pick<TaskCounters, 'faults' | 'instanceFaults' | 'nonFiniteBlocks'>;

/** Faults of all instances, and which had any. [control] */
export function readFaults(memories: TaskMemories, instances: Instances): Faults {
  const viewsOf = viewer(memories);
  const found: Faults = { faults: 0, instanceFaults: {}, nonFiniteBlocks: {} };
  for (const instance of instances.values()) {
    const { name } = instance;
    const { u32 } = viewsOf(instance);
    const faults = u32[(instance.record + INSTANCE_RECORD.faults) >>> 2]!;
    const nonFinite = u32[(instance.record + INSTANCE_RECORD.nonFinite) >>> 2]!;
    if (faults > 0) found.instanceFaults[name] = faults;
    if (nonFinite > 0) found.nonFiniteBlocks[name] = nonFinite;
    found.faults += faults;
  }
  return found;
}

/** A number that changes when an instance fails, works again, or has given twice as many samples that are no numbers. [control] */
export function conditionOf(memories: TaskMemories, instances: Instances): number {
  const viewsOf = viewer(memories);
  let condition = 0;
  for (const instance of instances.values()) {
    const { u32 } = viewsOf(instance);
    const word = instance.record >>> 2;
    const nonFinite = 32 - Math.clz32(u32[word + (INSTANCE_RECORD.nonFinite >> 2)]!); // it may grow with every block
    const failed = 2 * u32[word + (INSTANCE_RECORD.faults >> 2)]! + u32[word + (INSTANCE_RECORD.muted >> 2)]!;
    condition = (Math.imul(condition, 31) + Math.imul(failed, 37) + nonFinite) | 0;
  }
  return condition;
}
