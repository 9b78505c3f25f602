import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble, watModel, watPlugin } from '../../plugin/fixtures/wat-plugin.ts';
import { compileRenderTwin } from '../../plugin/load-plugin.ts';
import { Registry } from '../../registry/registry.ts';
import { INSTANCE_RECORD } from '../../render/program.ts';
import type { LoadedTask } from '../../task/loaded-task.ts';

/** Places in the layout that the plugin of wat-plugin.ts leaves free. */
const HELD = 112;
const TURNS = 116;
const CALLS = 120;

const process = `(local $left i32)
  (loop $hold
    (i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))
    (br_if $hold (i32.load offset=${HELD} (local.get $at))))
  (if (i32.load offset=${TURNS} (local.get $at)) (then
    (local.set $left (i32.load offset=${TURNS} (local.get $at)))
    (loop $spin
      (i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))
      (br_if $spin (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (i32.store offset=${CALLS} (local.get $at) (i32.add (i32.load offset=${CALLS} (local.get $at)) (i32.const 1)))`;

/**
 * A registry with the stock models and `test:stall`: out = in, and it can be held inside its block, or made to work so and
 * so long, from outside. Its render twin has no fuel, which would end that.
 */
export function stallRegistry(): Registry {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-stall-'));
  try {
    writeFileSync(join(folder, 'plugin.wasm'), assemble(watPlugin({ start: { ac_process: process } })));
    const models = [{ ...watModel, id: 'test:stall' }];
    const manifest = { kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models };
    writeFileSync(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
    const registry = Registry.open([folder, fileURLToPath(new URL('../../../plugins', import.meta.url))]);
    const { plugin } = registry.find('test:stall');
    Object.assign(plugin!.module, { render: compileRenderTwin(plugin!, { fuel: false }) });
    return registry;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Holds an instance of `test:stall` in the next block, until it is let go. */
export function hold(task: LoadedTask, name: string, isHeld: boolean): void {
  poke(task, name, HELD, isHeld ? 1 : 0);
}

/** Lets an instance of `test:stall` turn so many times in a loop in each block: a fraction of a nanosecond to some. */
export function work(task: LoadedTask, name: string, turns: number): void {
  poke(task, name, TURNS, turns);
}

/** How many blocks an instance of `test:stall` has rendered since it was made. */
export function calls(task: LoadedTask, name: string): number {
  const [words, layout] = place(task, name);
  return Atomics.load(words, (layout + CALLS) >> 2);
}

function poke(task: LoadedTask, name: string, offset: number, value: number): void {
  const [words, layout] = place(task, name);
  Atomics.store(words, (layout + offset) >> 2, value);
}

/** The memory of an instance, and its layout in it. */
function place(task: LoadedTask, name: string): [words: Int32Array, layout: number] {
  const { memory, record } = task.image.instances.find((one) => one.name === name)!;
  const words = new Int32Array(task.image.memories[memory]!.memory.buffer);
  return [words, words[(record + INSTANCE_RECORD.layout) >>> 2]!];
}
