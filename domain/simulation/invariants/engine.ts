import { isDeepStrictEqual } from 'node:util';
import type { Task } from '@audiocloud/api';
import type { TaskRecord } from '../../tasks/task-record.ts';
import type { MaintenanceRecord } from '../../booking/reservation-record.ts';
import type { EngineHost } from '../world/engine-host.ts';
import { MODELS } from '../world/models.ts';
import { valuesOf } from '../world/simulated-engine.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';
import { fixedOf, pairs, unitsOf } from './stored-tasks.ts';

const MAINTENANCE = 'maintenance/';

/** Whether all units that a task asks for are in order and with nobody. */
function couldHaveUnits(world: World, record: TaskRecord): boolean {
  const taken = new Set([...pairs(world)].flatMap(({ record: other }) => (other.isPlaying ? unitsOf(other) : [])));
  const nowMs = world.clock.now();
  const maintained = new Set(
    world.disk
      .readAll<MaintenanceRecord & { unit: string }>(MAINTENANCE)
      .flatMap(({ value: { unit, fromMs, toMs } }) => (fromMs <= nowMs && nowMs < toMs ? [unit] : [])),
  );
  const isFree = (id: string) => !taken.has(id) && !maintained.has(id);
  const isThere = ({ hardware }: EngineHost, id: string) => hardware.look(id)?.isBroken === false && isFree(id);
  return fixedOf(record).every((fixed) =>
    world.engines.some((engine) =>
      fixed === 'any' ? engine.hardware.ids.some((id) => isThere(engine, id)) : isThere(engine, fixed),
    ),
  );
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
        if (loadedTwice !== undefined) return `two loads of ${loadedTwice} are under way`;
      return undefined;
    },
  }),
};
