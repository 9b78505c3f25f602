import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineEvent } from '@audiocloud/api';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';

const UNIT = 'generic:mastering-limiter:one';
const rack = {
  device: { kind: 'paced', outputs: 4, inputs: 2, loop: [{ output: 2, input: 0, frames: 2048 }] },
  instances: [
    {
      id: UNIT,
      driver: join(import.meta.dirname, '../../plugins/devices/generic-mastering-limiter'),
      simulate: true,
      sound: { send: [2, 3], return: [0, 1] },
    },
  ],
};

/** A sine with a peak of -6 dB, to the left side alone. */
const TASK = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -6 } },
    unit: { model: 'generic:mastering-limiter', fixed: UNIT },
  },
  connections: {
    send: { from: { node: 'tone' }, to: { node: 'unit' }, channels: [[0, 0]] },
    back: { from: { node: 'unit' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

t.test('meters of simulated hardware follow the sound that a task sends to it', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify(rack));
  const environment = { AUDIOCLOUD_DEVICE: 'auto', AUDIOCLOUD_BLOCK_FRAMES: '1024', AUDIOCLOUD_BUFFER_BLOCKS: '64' };
  const engine = await RunningEngine.start({ dataDir, environment });
  t.teardown(() => engine.remove());
  const link = await engine.link();
  const { refused } = await link.command('hello', { protocol: 1 });
  t.same(refused, []);
  type Reports = Record<string, number[]>;
  const until = (wanted: (reports: Reports) => boolean) =>
    link.event('fixed', ({ state }: EngineEvent & { type: 'fixed' }) => wanted(state.reports as Reports));
  const near = (value: number | undefined, wanted: number) => Math.abs((value ?? 99) - wanted) < 0.2;

  // Nothing plays: the meters stand at their floor, and not where the tone of a simulator on its own would hold them.
  await until(({ peak }) => peak?.[0] === -36 && peak[1] === -36);
  await link.command('load', { task: 'a', revision: 1, graph: TASK, media: {} });
  await link.command('set-fixed', { instance: UNIT, parameter: 'inputLevel', value: 12 });
  await link.command('transport', { task: 'a', change: { play: true } });
  // -6 dB and 12 dB of input level: 6 dB too much. A sine's RMS is 3 dB below its peak.
  await until(
    ({ peak, rms, gainReduction }) => near(peak?.[0], 6) && near(rms?.[0], 3) && near(gainReduction?.[0], -6),
  );
  await link.command('set-fixed', { instance: UNIT, parameter: 'inputLevel', value: 6 });
  await until(({ peak, gainReduction }) => near(peak?.[0], 0) && gainReduction?.[0] === 0 && peak?.[1] === -36);
  await link.command('transport', { task: 'a', change: { play: false } });
  await until(({ peak }) => peak?.[0] === -36);
  t.pass('and fall when it stops');
});
