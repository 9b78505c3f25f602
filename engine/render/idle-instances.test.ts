import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { audio, DrivenTask, openRegistry } from '../../test/driven-task.ts';
import { assemble, watModel, watPlugin } from '../plugin/fixtures/wat-plugin.ts';
import { INSTANCE_RECORD } from './program.ts';

/*
 * Idle instances cost nothing because they are not called at all. The plugin is out = in, sleeps when its input is
 * silent, and counts its calls in a word of the layout that is free.
 */
const SILENT_IN = 84;
const CALLS = 112;
const process = `
  (i32.store offset=${CALLS} (local.get $at) (i32.add (i32.load offset=${CALLS} (local.get $at)) (i32.const 1)))
  (if (i32.and (i32.load offset=${SILENT_IN} (local.get $at)) (i32.const 1)) (then (return (i32.const 4))))`;
const folder = mkdtempSync(join(tmpdir(), 'audiocloud-idle-'));
writeFileSync(join(folder, 'plugin.wasm'), assemble(watPlugin({ start: { ac_process: process } })));
const models = [{ ...watModel, id: 'test:counted' }];
writeFileSync(
  join(folder, 'audiocloud.json'),
  JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models }),
);
const registry = await openRegistry(folder);
rmSync(folder, { recursive: true });

const COUNT = 100;
/** One chain and a row side by side, so that both single instances and batches are there. */
function graph(): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = {};
  for (let i = 0; i < COUNT; i++) {
    instances[`row${i}`] = { model: 'test:counted' };
    instances[`chain${i}`] = { model: 'test:counted' };
    connections[`r${i}`] = { from: { node: 'source' }, to: { node: `row${i}` } };
    connections[`c${i}`] = { from: { node: i === 0 ? 'source' : `chain${i - 1}` }, to: { node: `chain${i}` } };
    connections[`m${i}`] = { from: { node: `row${i}` }, to: { node: 'mix' } };
  }
  connections['end'] = { from: { node: `chain${COUNT - 1}` }, to: { node: 'mix' } };
  connections['out'] = { from: { node: 'mix' }, to: { node: 'main' } };
  return {
    sampleRate: 48000,
    tracks: { source: { channels: 1, clips: [{ media: 'sound', startSeconds: 0.1 }] } },
    instances,
    connections,
    buses: { mix: { inputChannels: 1 } },
    sinks: { main: { kind: 'stream', channels: 1 } },
    lengthSeconds: 10,
  };
}

t.test('instances that hear silence are called once, and then not until sound comes', async (t) => {
  const sound = new Float32Array(4800).fill(0.5);
  const driven = new DrivenTask(graph(), { registry, media: { sound: audio(sound) } });
  const { image } = driven.task;
  const calls = (): number[] =>
    image.instances.map(({ memory, record }) => {
      const words = new Int32Array(image.memories[memory]!.memory.buffer);
      return words[(words[(record + INSTANCE_RECORD.layout) >> 2]! + CALLS) >> 2]!;
    });
  driven.play();
  driven.render(1);
  t.same(new Set(calls()), new Set([1]), 'the first block: each is asked once whether it sleeps');
  driven.render(30);
  t.same(new Set(calls()), new Set([1]), '30 silent blocks: nobody was called');
  const heard = driven.render(20)[0]!;
  t.ok(
    heard.some((x) => x === 0.5 * (COUNT + 1)),
    'then sound comes, and all work',
  );
  for (const count of calls()) t.ok(count > 10, `${count} calls`);
  driven.render(40); // the clip, and the last sound with it, is over
  const before = calls();
  driven.render(1000);
  t.same(calls(), before, '1,000 silent blocks: nobody was called');
  driven.task.dispose();
});

t.test('instances that sleep are in the levels when they fall asleep, and every 300th time', async (t) => {
  const sound = new Float32Array(4800).fill(0.5);
  const driven = new DrivenTask(graph(), { registry, media: { sound: audio(sound) } });
  const names = driven.task.image.instances.map(({ name }) => name);
  const told = (turn?: number): string[] =>
    Object.keys(driven.task.meters(turn).meters).filter((n) => names.includes(n));
  driven.play();
  driven.render(10);
  t.equal(told(0).length, 2 * COUNT, 'all fell asleep');
  const each = new Map(names.map((name) => [name, 0]));
  for (let turn = 1; turn <= 300; turn++) for (const name of told(turn)) each.set(name, each.get(name)! + 1);
  t.same(new Set(each.values()), new Set([1]), 'then each once in 300');
  t.equal(told().length, 2 * COUNT, 'who does not count gets all');
  driven.render(40);
  const heard = new Set([301, 302, 303, 304].flatMap(told));
  t.equal(heard.size, 2 * COUNT, 'those awake are found within four');
  driven.render(1);
  t.equal(told(305).length, 2 * COUNT, 'and told every time');
  driven.task.dispose();
});
