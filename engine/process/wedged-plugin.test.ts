import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskState } from '@audiocloud/api';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { assemble, watModel, watPlugin } from '../plugin/fixtures/wat-plugin.ts';

/*
 * Fuel counts turns of loops. One whose every turn is some hundred square roots, each waiting for the one before, is in
 * its block for seconds until its fuel is used up: a plugin that wedges a thread under the rules, for the watchdog to end.
 */
const roots = '(local.set $x (f64.sqrt (local.get $x)))'.repeat(400);
const process = `(local $x f64)
  (if (i32.load offset=48 (local.get $at)) (then ;; an event came
    (local.set $x (f64.const 2))
    (loop $again
      ${roots}
      (br_if $again (f64.ne (local.get $x) (f64.const 0))))))`;
const model = { ...watModel, id: 'test:rooter', inputs: watModel.inputs, outputs: watModel.outputs };

const tone = (frequency: number) => ({
  model: 'audiocloud:tone',
  widths: { out: 1 },
  parameters: { frequency, level: -12 },
});
const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });
const QUIET = {
  sampleRate: 48000,
  instances: { tone: tone(997) },
  connections: { a: from('tone', 'main') },
  sinks: { main: { kind: 'stream', channels: 1 } },
};
const WEDGED = {
  sampleRate: 48000,
  instances: { tone: tone(997), rooter: { model: model.id }, beside: tone(997) },
  connections: { a: from('tone', 'rooter'), b: from('rooter', 'main'), c: from('beside', 'side') },
  sinks: { main: { kind: 'stream', channels: 1 }, side: { kind: 'stream', channels: 1 } },
};

t.test(
  'a plugin that wedges its thread under the rules is ended, named and muted; the others are heard on',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'audiocloud-rooter-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'plugin.wasm'), assemble(watPlugin({ start: { ac_process: process } })));
    const manifest = { kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [model] };
    writeFileSync(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
    const engine = await RunningEngine.start({
      plugins: [fileURLToPath(new URL('../../plugins', import.meta.url)), folder],
      environment: { AUDIOCLOUD_RENDER_THREADS: '1' },
    });
    t.teardown(() => engine.remove());
    const link = await engine.link();
    const { refused } = await link.command('hello', { protocol: 1 });
    t.same(refused, []);
    for (const [task, graph] of Object.entries({ quiet: QUIET, wedged: WEDGED }))
      await link.command('load', { task, revision: 1, graph, media: {} });
    link.ask({ type: 'listen', stream: 1, task: 'quiet', format: 'f32' });
    link.ask({ type: 'listen', stream: 2, task: 'wedged', node: 'side', format: 'f32' });
    for (const task of ['quiet', 'wedged']) await link.command('transport', { task, change: { play: true } });
    for (const stream of [1, 2]) await link.framesOf(stream, 9600); // both are heard before it comes

    // the answer comes when a block took the value: that is the block in which the thread is wedged
    await link.command('set', { task: 'wedged', changes: [{ instance: 'rooter', parameter: 'x', value: 1 }] });
    t.match(await link.event('replaced'), { thread: 0, task: 'wedged', instance: 'rooter' });
    const { instances, state } = await link.command('state', { task: 'wedged' });
    t.equal(state, 'playing');
    t.match(instances.rooter, { faults: 1, error: { details: { cause: 'thread wedged' } } });
    t.equal(instances.beside.state, 'running');
    const isAgain = ({ state }: { state: TaskState }) => {
      const rooter = state.instances['rooter'];
      return rooter?.state === 'running' && rooter.restarts === 1;
    };
    t.ok(await link.event('state', isAgain), 'and it is started again');
    t.match(engine.log, /a render thread was stuck and was replaced/);
    t.match(await link.event('counters', ({ counters }) => counters.threads[0]!.replacements === 1), {});

    // both streams are the same tone from their first frame on: equal bits say that neither lost its state
    // (listening may have begun some blocks after the play: what is compared has the same stream frame)
    const left = async (stream: number): Promise<{ first: number; samples: number[] }> => {
      const packets = await link.framesOf(stream, 48000 + 9600);
      if (packets.some(({ serial }, i) => serial !== i)) throw new Error(`Stream ${stream} has a gap`);
      return { first: packets[0]!.streamFrame, samples: packets.flatMap(({ samples }) => [...samples]) };
    };
    const [one, other] = [await left(1), await left(2)];
    const first = Math.max(one.first, other.first);
    const [quiet, beside] = [one, other].map((heard) => heard.samples.slice(first - heard.first).slice(0, 48000)) as [
      number[],
      number[],
    ];
    t.equal(beside.length, 48000);
    t.equal(
      quiet.findIndex((x, i) => x !== beside[i]),
      -1,
      'bit-identical to each other',
    );
    const once = quiet.findIndex((x, i) => i > 48 && Math.abs(x - quiet[i - 1]!) > 0.05);
    t.equal(once, -1, 'and without a step');
  },
);
