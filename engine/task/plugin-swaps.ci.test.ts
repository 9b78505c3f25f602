import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { audio, DrivenTask, joined, RATE, steepest } from '../../test/driven-task.ts';
import { watPackage } from '../plugin/fixtures/wat-package.ts';
import { assemble, watModel, watPlugin } from '../plugin/fixtures/wat-plugin.ts';
import { Registry } from '../registry/registry.ts';

const HZ = 440;
const graph: Task = {
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sine', startSeconds: 0 }] } },
  instances: { one: { model: watModel.id } },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'one' } },
    b: { from: { node: 'one' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

t.test('100 swaps under a sine make no step above 1.1 times its own', async (t) => {
  const wave = Float32Array.from({ length: RATE * 40 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * HZ * n) / RATE));
  const builds = [0, 1].map((build) => assemble(watPlugin({ more: `(global $build i32 (i32.const ${build}))` })));
  const folder = watPackage(t, {}, { bytes: builds[0]! });
  let registry = Registry.open([folder]);
  const driven = new DrivenTask(graph, { registry, media: { sine: audio(wave) } });
  driven.play();
  const own = 0.5 * 2 * Math.sin((Math.PI * HZ) / RATE);
  const sound: Float32Array[] = [driven.render(20)[0]!];
  for (let swap = 1; swap <= 100; swap++) {
    writeFileSync(join(folder, 'plugin.wasm'), builds[swap % 2]!);
    registry = Registry.open([folder], registry);
    driven.renderer.update(driven.task.adopt(registry)!);
    // some while the swap before still fades
    sound.push(driven.render(swap % 3 === 0 ? 2 : 40)[0]!);
    driven.settle();
  }
  for (let i = 0; i < 20; i++) {
    driven.settle();
    sound.push(driven.render(4)[0]!);
  }
  const whole = joined(...sound);
  t.ok(steepest(whole.subarray(1000)) < 1.1 * own, `${steepest(whole.subarray(1000)) / own} times`);
  t.equal(driven.task.state().instances['one']?.faults, 0);
  const memories = driven.task.image.memories.filter(({ module }) => module !== null).length;
  t.ok(memories <= 2, `memories do not pile up: ${memories}`);
  driven.task.dispose();
});
