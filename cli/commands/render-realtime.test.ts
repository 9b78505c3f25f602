import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWavWriter, openMedia } from '@audiocloud/engine';
import t from 'tap';
import { noise } from '../../plugins/testing/signals.ts';
import { RunningEngine } from '../../test/running-engine.ts';
import { RunningCommand } from '../testing/run-command.ts';

const UNIT = 'generic:line-preamp:left';
const RATE = 48000;
const FRAMES = 30_000;
const folder = t.testdir();
const at = (name: string) => join(folder, name);
// 1.4 s in store: no block is missed, however busy the machine is
const environment = { AUDIOCLOUD_DEVICE: 'auto', AUDIOCLOUD_BLOCK_FRAMES: '1024', AUDIOCLOUD_BUFFER_BLOCKS: '64' };
const driver = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');
const sound = noise(FRAMES, 7).map((x) => x / 4);

writeFileSync(
  at('rack.json'),
  JSON.stringify({
    device: { kind: 'paced', inputs: 2, loop: [{ output: 1, input: 0, frames: 3001, gainDb: -6 }] },
    instances: [{ id: UNIT, driver, simulate: true, sound: { send: [1], return: [0] } }],
  }),
);
const writer = await createWavWriter(at('noise.wav'), { sampleRate: RATE, channels: 1, bits: '32f' });
await writer.write([sound], FRAMES);
await writer.close();

const task = {
  sampleRate: RATE,
  media: { noise: { path: 'noise.wav' } },
  tracks: { track: { channels: 1, clips: [{ media: 'noise', startSeconds: 0 }] } },
  buses: { dry: { inputChannels: 1, matrix: [[-1]] } },
  instances: { unit: { model: 'generic:line-preamp', fixed: UNIT, parameters: { gainDb: 12 } } },
  connections: {
    send: { from: { node: 'track' }, to: { node: 'unit' } },
    wet: { from: { node: 'unit' }, to: { node: 'wet' } },
    back: { from: { node: 'unit' }, to: { node: 'rest' } },
    beside: { from: { node: 'track' }, to: { node: 'dry' } },
    less: { from: { node: 'dry' }, to: { node: 'rest' } },
  },
  sinks: { wet: { kind: 'media', channels: 1 }, rest: { kind: 'media', channels: 1 } },
};
writeFileSync(at('task.json'), JSON.stringify(task));

const run = (...args: string[]) => new RunningCommand([...args, '--data', folder], environment).finished;
const render = (out: string, ...args: string[]) =>
  run('render', at('task.json'), '--realtime', '--out', at(out), '--bits', '32f', '--json', ...args);

/** The largest difference of a file and what it should be, in dB of full scale. */
async function differenceDb(file: string, wanted: Float32Array): Promise<number> {
  const [found] = (await openMedia(at(file))).data;
  const worst = wanted.reduce((most, x, n) => Math.max(most, Math.abs(x - found![n]!)), 0);
  return 20 * Math.log10(worst);
}

t.test('a task is rendered through hardware into a file, in place to the frame', async (t) => {
  const calibrated = await run('device', 'calibrate', UNIT, '--json');
  t.equal(calibrated.code, 0, calibrated.stderr);
  const wet = await render('wet.wav', '--sink', 'wet');
  t.equal(wet.code, 0, wet.stderr);
  t.match(JSON.parse(wet.stdout), {
    sampleRate: RATE,
    frames: FRAMES,
    latencyFrames: 3001,
    missedBlocks: 0,
    failed: [],
  });
  const asSent = await differenceDb('wet.wav', sound);
  t.ok(asSent < -90, `through the unit it is what was sent: ${asSent.toFixed(0)} dB`);
  const rest = await render('rest.wav', '--sink', 'rest');
  t.equal(rest.code, 0, rest.stderr);
  const silence = await differenceDb('rest.wav', new Float32Array(FRAMES));
  t.ok(silence < -90, `and cancels beside the dry way: ${silence.toFixed(0)} dB`);
});

t.test('what cannot be in real time is refused, and leaves no file', async (t) => {
  const threads = await render('none.wav', '--threads', '2');
  t.match(threads, { code: 1, stderr: /--threads/ });
  const engine = await RunningEngine.start({ dataDir: folder, environment });
  const busy = await render('none.wav');
  t.match(busy, { code: 1, stderr: /ENGINE_BUSY/ });
  await engine.stop();
  writeFileSync(at('task.json'), JSON.stringify(task).replace(UNIT, 'generic:line-preamp:right'));
  const unknown = await render('none.wav');
  t.match(unknown, { code: 1, stderr: /FIXED_INSTANCE_UNKNOWN/ });
  t.notOk(existsSync(at('none.wav')));
});
