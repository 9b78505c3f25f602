import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';

/*
 * From the call of `set` in a client until the renderer has taken the value at the start of a block, over the WebSocket,
 * domain and engine in processes of their own, paced device, blocks of 128. What is timed is the answer, which the
 * engine gives after that block took the value: the figure is an upper bound, the way back included.
 */
const BLOCK_MS = (128 / 48000) * 1000;

const task: Task = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain' } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'gain' } },
    b: { from: { node: 'gain' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

/** Starts `audiocloud serve` and resolves with its address. */
async function serve(data: string): Promise<{ child: ChildProcess; url: string }> {
  const command = fileURLToPath(new URL('../../cli/audiocloud.js', import.meta.url));
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, AUDIOCLOUD_DEVICE: 'paced' },
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const address = /http:\/\/\S+/.exec(text.split('\n').find((line) => line.includes('is running')) ?? '')?.[0];
      if (address) resolve(address);
    });
    child.once('exit', (code) => reject(new Error(`audiocloud serve ended with ${code}: ${text}`)));
  });
  return { child, url };
}

async function run(bench: Bench): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'audiocloud-knob-'));
  const { child, url } = await serve(data);
  try {
    const client = new AudioCloudClient(url);
    await client.tasks.create(task, 'knob');
    const live = client.live('knob');
    await live.ready;
    await live.transport({ play: true });
    const times: number[] = [];
    const turns = bench.quick ? 100 : 2000;
    for (let i = 0; i < turns + 50; i++) {
      if (i % 50 === 0) bench.say(`knob: ${i} of ${turns}`);
      const begun = performance.now();
      const { frame } = await live.set({ instance: 'gain', parameter: 'gain', value: -(i % 24) });
      if (frame === undefined) throw new Error('knob: the answer carries no frame: the task does not play');
      if (i >= 50) times.push(performance.now() - begun);
      await sleep(1 + (i % 7)); // not in step with the blocks
    }
    live.close();
    return [
      row({
        id: 'knob/p50',
        name: 'knob over the WebSocket to the sample, p50',
        unit: 'ms',
        value: median(times),
        goal: BLOCK_MS + 5,
      }),
      row({ id: 'knob/p99', name: 'the same, p99', unit: 'ms', value: percentile(times, 99), goal: null }),
    ];
  } finally {
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
    rmSync(data, { recursive: true, force: true });
  }
}

export const knob: Workload = { id: 'knob', name: 'from a knob over the WebSocket to the sample', run };
