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
  mediaSlots?: { id: string; count?: number }[];
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
    const { media = {}, tracks = {}, buses = {}, instances = {}, connections = {}, sinks = {}, notes = {} } = task;
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
      for (const [id, names] of Object.entries(instance.media ?? {})) {
        const slot = model.mediaSlots?.find((known) => known.id === id);
        t.ok(slot, `${name}: slot ${id}`);
        for (const piece of [names].flat()) t.ok(piece === null || media[piece], `${name}: media ${piece}`);
      }
      const ports = [...model.inputs, ...model.outputs].map((port) => port.id);
      for (const port of Object.keys(instance.widths ?? {})) t.ok(ports.includes(port), `${name}: port ${port}`);
    }
    for (const [name, { instance }] of Object.entries(notes)) t.ok(instances[instance], `notes ${name}: ${instance}`);
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

t.test('the sampler example: a stroke of its kit is a piece of the drum loop, at the frame of its note', async (t) => {
  await buildWasm({ ifMissing: true });
  const task = JSON.parse(readFileSync(join(folder, 'sampler.json'), 'utf8')) as Task;
  const media = await openTaskMedia(task, { folder, sampleRate: task.sampleRate });
  const render = async (task: Task) =>
    (await renderTask({ task, media, registry: Registry.open([join(folder, '../../plugins')]), threads: 1 })).data;
  const { kit } = task.instances!;
  const { 'kit-mix': a, 'mix-main': b } = task.connections!;
  const alone = await render({
    ...task,
    instances: { kit: kit! },
    notes: { kit: task.notes!['kit']! },
    connections: { a: a!, b: b! },
  });
  // key 37 at 0.375 s, velocity 64: place 4 from 0.386667 s on, half right, falling by 60 dB within 220 ms
  const [from, start] = [0.375 * 48000, Math.round(0.386667 * 48000)];
  let worst = 0;
  for (let n = 0; n < 4000; n++) {
    const fall = 1 - (1 - Math.exp((-Math.log(1000) * n) / (0.22 * 48000))) / (1 - 1e-3);
    const level = (64 / 127) ** 2 * fall * media['drums']!.data[0]![start + n]!;
    for (const [c, gain] of [Math.cos(0.375 * Math.PI), Math.sin(0.375 * Math.PI)].entries())
      worst = Math.max(worst, Math.abs(alone[c]![from + n]! - gain * level));
  }
  t.ok(worst < 1e-6, `${worst}`);
  const all = await render(task);
  for (const [c, channel] of all.entries()) {
    t.equal(channel.length, 8 * 48000);
    const peak = channel.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    t.ok(peak > 0.3 && peak < 1, `channel ${c}: peak ${peak}`);
  }
  t.ok(
    all[0]!.subarray(96000, 98000).some((x, n) => Math.abs(x - alone[0]![96000 + n]!) > 0.01),
    'bass and pad sound',
  );
});
