import { isDeepStrictEqual } from 'node:util';
import type { Task } from '@audiocloud/api';
import { TASK_PREFIX } from '../../tasks/task-address.ts';
import type { TaskRecord } from '../../tasks/task-record.ts';
import { MODELS } from '../world/models.ts';
import { valuesOf } from '../world/simulated-engine.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';

/** Every stored task with what its engine has of it. */
function* pairs(world: World) {
  for (const { key, value: record } of world.disk.readAll<TaskRecord>(TASK_PREFIX)) {
    const name = world.engineNameOf(key);
    const host = world.engines.find((engine) => engine.name === record.engine);
    yield { name, record, held: host?.engine?.look(name) };
  }
}

/** What hardware is for: it plays only when it has a unit for each instance that asks for one. */
const fixedOf = ({ graph }: TaskRecord): string[] =>
  Object.values(graph.instances ?? {}).flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed]));

/** Whether all units that a task asks for are in order and with nobody. */
function couldHaveUnits(world: World, record: TaskRecord): boolean {
  const taken = new Set([...pairs(world)].flatMap(({ record: other }) => (other.isPlaying ? unitsOf(other) : [])));
  const free = world.engines
    .flatMap(({ hardware }) => hardware.ids.filter((id) => !hardware.look(id)!.isBroken))
    .filter((id) => !taken.has(id));
  return fixedOf(record).every((fixed) => (fixed === 'any' ? free.length > 0 : free.includes(fixed)));
}

export const engineConverges: Invariant = {
  name: 'engine-converges',
  claim: 'In bounded time after the last fault every task that is to play does so on its engine, at its revision.',
  begin: () => ({
    settled: (world) => {
      for (const { name, record, held } of pairs(world)) {
        if (!record.isPlaying) continue;
        if (!held) return `${name} is to play, and is not loaded on ${record.engine}`;
        if (held.revision !== record.revision) return `${name} is at ${held.revision}, wanted ${record.revision}`;
        if (held.transport.playing) continue;
        if (fixedOf(record).length === 0 || couldHaveUnits(world, record)) return `${name} is to play, and stands`;
      }
      return undefined;
    },
  }),
};

export const engineHasNothingElse: Invariant = {
  name: 'engine-has-nothing-else',
  claim: 'In bounded time after the last fault nothing plays that is not to, and each task is on one engine at most.',
  begin: () => ({
    settled: (world) => {
      const stored = new Map([...pairs(world)].map(({ name, record }) => [name, record]));
      for (const host of world.engines)
        for (const name of host.engine?.tasks ?? []) {
          const record = stored.get(name);
          if (!record) return `${name} is on ${host.name}, and was deleted`;
          if (record.engine !== host.name) return `${name} is on ${host.name}, and belongs to ${record.engine}`;
          const held = host.engine!.look(name)!;
          if (held.transport.playing && !record.isPlaying) return `${name} plays, and is not to`;
          if (held.revision !== record.revision) return `${name} is at ${held.revision}, wanted ${record.revision}`;
        }
      return undefined;
    },
  }),
};

/**
 * The values that a graph keeps to, by place; without those that lanes move. What is set by hand beside a lane lasts until its next
 * point, so an engine that has another value there is not sent the stored one, which would be heard in the place of the lane's.
 */
function lastingValues({ lanes = {}, ...graph }: Task): Record<string, unknown> {
  const moved = new Set(Object.values(lanes).map(({ instance, parameter }) => `${instance}.${parameter}`));
  return Object.fromEntries(Object.entries(valuesOf(MODELS, graph)).filter(([place]) => !moved.has(place)));
}

export const engineHasTheValues: Invariant = {
  name: 'engine-has-the-values',
  claim:
    'In bounded time after the last fault every loaded task has the values and the loop that are stored, but for values that lanes move.',
  begin: () => ({
    settled: (world) => {
      for (const { name, record, held } of pairs(world)) {
        if (!held) continue;
        const [have, want] = [lastingValues(held.graph), lastingValues(record.graph)];
        const other = Object.keys({ ...have, ...want }).find((place) => !isDeepStrictEqual(have[place], want[place]));
        if (other)
          return `${name} has ${other} = ${JSON.stringify(have[other])}, wanted ${JSON.stringify(want[other])}`;
        const loop = record.loop === undefined ? (record.graph.loop ?? null) : record.loop;
        if (!isDeepStrictEqual(held.transport.loop, loop))
          return `${name} loops ${JSON.stringify(held.transport.loop)}, wanted ${JSON.stringify(loop)}`;
      }
      return undefined;
    },
  }),
};

export const oneLoadAtATime: Invariant = {
  name: 'one-load-at-a-time',
  claim: 'A domain never has two loads of a task under way on one engine.',
  begin: () => ({
    stepped: ({ engines }) => {
      for (const { loadedTwice } of engines)
        if (loadedTwice.length > 0) return `two loads of ${loadedTwice[0]} are under way`;
      return undefined;
    },
  }),
};

/** What a task has of hardware, as the domain stored it; without those of instances that are gone. */
function unitsOf({ units = {}, graph }: TaskRecord): string[] {
  return Object.entries(units).flatMap(([instance, unit]) =>
    graph.instances?.[instance]?.fixed === undefined ? [] : [unit],
  );
}

export const unitsAreExclusive: Invariant = {
  name: 'units-are-exclusive',
  claim: 'No two tasks play with one unit of hardware.',
  begin: () => ({
    plays: (name, world) => {
      const all = [...pairs(world)];
      const own = all.flatMap((pair) => (pair.name === name ? unitsOf(pair.record) : []));
      for (const pair of all) {
        if (pair.name === name || !pair.held?.transport.playing) continue;
        const both = unitsOf(pair.record).find((unit) => own.includes(unit));
        if (both) return `${name} begins to play with ${both}, with which ${pair.name} plays`;
      }
      return undefined;
    },
  }),
};

/** Until a domain heard of a unit that broke. */
const NOTICE_MS = 15_000;

export const powerIsConfirmed: Invariant = {
  name: 'power-is-confirmed',
  claim: 'No task begins to play before it has all its units, and each has confirmed its power.',
  begin: () => ({
    plays: (name, world) => {
      for (const pair of pairs(world)) {
        if (pair.name !== name) continue;
        const units = unitsOf(pair.record);
        const missing = fixedOf(pair.record).length - units.length;
        if (missing > 0) return `${name} begins to play, and has ${missing} units too few`;
        for (const id of units) {
          const unit = world.engines.flatMap(({ hardware }) => hardware.look(id) ?? [])[0]!;
          const isOn = unit.state.power === true && unit.state.state === 'ready';
          if (!isOn && world.clock.elapsedMs - unit.brokenMs > NOTICE_MS)
            return `${name} begins to play, and ${id} is ${unit.state.state}, power ${unit.state.power}`;
        }
      }
      return undefined;
    },
  }),
};
