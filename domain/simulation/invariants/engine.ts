import { isDeepStrictEqual } from 'node:util';
import { TASK_PREFIX, type TaskRecord } from '../../tasks/task-record.ts';
import { MODELS } from '../world/models.ts';
import { valuesOf } from '../world/simulated-engine.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';

/** Every stored task with what its engine has of it. */
function* pairs(world: World) {
  const { engine } = world.engine;
  for (const { key, value: record } of world.disk.readAll<TaskRecord>(TASK_PREFIX)) {
    const name = world.engineNameOf(key);
    yield { name, record, held: engine?.look(name) };
  }
}

export const engineConverges: Invariant = {
  name: 'engine-converges',
  claim: 'In bounded time after the last fault the engine has every task that is to play, playing, at its revision.',
  begin: () => ({
    settled: (world) => {
      for (const { name, record, held } of pairs(world)) {
        if (!record.isPlaying) continue;
        if (!held) return `${name} is to play, and is not loaded`;
        if (!held.transport.playing) return `${name} is to play, and stands`;
        if (held.revision !== record.revision) return `${name} is at ${held.revision}, wanted ${record.revision}`;
      }
      return undefined;
    },
  }),
};

export const engineHasNothingElse: Invariant = {
  name: 'engine-has-nothing-else',
  claim: 'In bounded time after the last fault nothing plays that is not to, and no task is loaded that is not stored.',
  begin: () => ({
    settled: (world) => {
      const stored = new Map([...pairs(world)].map(({ name, record }) => [name, record]));
      for (const name of world.engine.engine?.tasks ?? []) {
        const record = stored.get(name);
        if (!record) return `${name} is loaded, and was deleted`;
        const held = world.engine.engine!.look(name)!;
        if (held.transport.playing && !record.isPlaying) return `${name} plays, and is not to`;
        if (held.revision !== record.revision) return `${name} is at ${held.revision}, wanted ${record.revision}`;
      }
      return undefined;
    },
  }),
};

export const engineHasTheValues: Invariant = {
  name: 'engine-has-the-values',
  claim: 'In bounded time after the last fault every loaded task has the values and the loop that are stored.',
  begin: () => ({
    settled: (world) => {
      for (const { name, record, held } of pairs(world)) {
        if (!held) continue;
        const [have, want] = [valuesOf(MODELS, held.graph), valuesOf(MODELS, record.graph)];
        const other = Object.keys({ ...have, ...want }).find((place) => !isDeepStrictEqual(have[place], want[place]));
        if (other) return `${name} has ${other} = ${JSON.stringify(have[other])}, wanted ${JSON.stringify(want[other])}`;
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
  claim: 'One process of the domain never has two loads of a task under way.',
  begin: () => ({
    stepped: ({ engine: { engine } }) => {
      for (const [task, loads] of engine?.loads ?? []) if (loads > 1) return `${loads} loads of ${task} are under way`;
      return undefined;
    },
  }),
};
