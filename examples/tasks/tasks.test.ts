import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, Task } from '@audiocloud/api';
import { describeMedia, openTaskMedia, Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { buildWasm } from '../../scripts/build-wasm.ts';

const folder = import.meta.dirname;

interface StockModel {
  id: string;
  inputs: { id: string }[];
  outputs: { id: string }[];
  parameters: { id: string; scope?: { kind: string; count?: number } }[];
  mediaSlots?: { id: string }[];
}
const models = new Map<string, StockModel>(
  globSync(join(folder, '../../plugins/*/model.json')).map((path) => {
    const model = JSON.parse(readFileSync(path, 'utf8')) as StockModel;
    return [model.id, model];
  }),
);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  t.test(`${file} is a task of known models, ports, parameters and files`, async (t) => {
    const task = check(Task, JSON.parse(readFileSync(join(folder, file), 'utf8')), file, 'TASK_INVALID');
    const { media = {}, tracks = {}, buses = {}, instances = {}, connections = {}, sinks = {} } = task;
    for (const [name, { path }] of Object.entries(media)) {
      t.ok(existsSync(join(folder, path)), `media ${name}`);
      t.equal((await describeMedia(join(folder, path))).sampleRate, task.sampleRate, `media ${name}: rate`);
    }
    for (const [name, track] of Object.entries(tracks))
      for (const clip of track.clips) t.ok(media[clip.media], `track ${name}: ${clip.media}`);
    for (const [name, instance] of Object.entries(instances)) {
      const model = models.get(instance.model)!;
      t.ok(model, `${name}: ${instance.model}`);
      for (const [id, value] of Object.entries(instance.parameters ?? {})) {
        const parameter = model.parameters.find((known) => known.id === id);
        t.ok(parameter, `${name}: parameter ${id}`);
        if (Array.isArray(value)) t.equal(value.length, parameter?.scope?.count, `${name}: as many values of ${id}`);
      }
      for (const [slot, given] of Object.entries(instance.media ?? {})) {
        t.ok(
          model.mediaSlots?.some(({ id }) => id === slot),
          `${name}: slot ${slot}`,
        );
        for (const piece of [given].flat()) if (piece !== null) t.ok(media[piece], `${name}: ${piece}`);
      }
      const ports = [...model.inputs, ...model.outputs].map((port) => port.id);
      for (const port of Object.keys(instance.widths ?? {})) t.ok(ports.includes(port), `${name}: port ${port}`);
    }
    const nodes = Object.keys({ ...tracks, ...buses, ...instances, ...sinks });
    for (const [name, { from, to }] of Object.entries(connections))
      t.ok(nodes.includes(from.node) && nodes.includes(to.node), `connection ${name}`);
    for (const node of nodes) {
      const ends = Object.values(connections).filter(({ from, to }) => from.node === node || to.node === node);
      t.ok(ends.length > 0, `${node} is connected`);
    }
    t.match(sinks['main'], { kind: 'stream', channels: 2 });
  });
}

t.test('in the hall the lead sounds on, and only with its response', async (t) => {
  await buildWasm({ ifMissing: true });
  const registry = Registry.open([join(folder, '../../plugins')]);
  const task = JSON.parse(readFileSync(join(folder, 'in-a-hall.json'), 'utf8')) as Task;
  const media = await openTaskMedia(task, { folder, sampleRate: task.sampleRate });
  const wetOnly = {
    ...task,
    connections: {
      a: task.connections!['lead-hall']!,
      b: { ...task.connections!['mix-main']!, from: { node: 'hall' } },
    },
  };
  const power = async (graph: Task) => {
    const { data } = await renderTask({ task: graph, media, registry, toSeconds: 4 });
    return data.map((channel) => channel.reduce((sum, x) => sum + x * x, 0) / channel.length);
  };
  const [left, right] = await power(wetOnly);
  t.ok(left! > 1e-6 && right! > 1e-6 && left !== right, `${left} and ${right}: other on either side`);
  const { hall } = task.instances!;
  const bare = { ...wetOnly, instances: { hall: { ...hall!, media: {} } } };
  t.same(await power(bare), [0, 0]);
});

t.test('the example loops over whole clips, and its master is a gain', async (t) => {
  const task = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8')) as Task;
  t.same(task.loop, { startSeconds: 0, endSeconds: 16 });
  t.equal(task.instances?.['master']?.model, 'audiocloud:gain');
  for (const [name, track] of Object.entries(task.tracks ?? {})) {
    let covered = 0;
    for (const clip of track.clips) {
      const { frames, sampleRate } = await describeMedia(join(folder, task.media![clip.media]!.path));
      covered += frames / sampleRate;
    }
    t.equal(covered, 16, `${name} fills the loop`);
  }
});
