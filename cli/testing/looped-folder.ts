import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWavWriter, openMedia } from '@audiocloud/engine';
import { noise } from '../../plugins/testing/signals.ts';
import { RunningCommand } from './run-command.ts';

export const UNIT = 'generic:line-preamp:left';
const RATE = 48000;
export const FRAMES = 30_000;
/** 1.4 s in store: no block is missed, however busy the machine is. */
export const environment = {
  AUDIOCLOUD_DEVICE: 'auto',
  AUDIOCLOUD_BLOCK_FRAMES: '1024',
  AUDIOCLOUD_BUFFER_BLOCKS: '64',
};
const driver = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');
export const sound = noise(FRAMES, 7).map((x) => x / 4);

/** Noise through the unit to the sink `wet`; less the same noise beside it to `rest`. */
export const task = {
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

/** The folder of a rack with one unit behind a cable of 3,001 frames and -6 dB, and of files beside it. */
export async function loopedFolder(folder: string) {
  const at = (name: string) => join(folder, name);
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
  writeFileSync(at('task.json'), JSON.stringify(task));
  const run = (...args: string[]) => new RunningCommand([...args, '--data', folder], environment).finished;
  const render = (out: string, ...args: string[]) =>
    run('render', at('task.json'), '--realtime', '--out', at(out), '--bits', '32f', '--json', ...args);
  const samplesOf = async (file: string): Promise<Float32Array> => (await openMedia(at(file))).data[0]!;
  /** The largest difference of a file and what it should be, in dB of full scale. */
  const differenceDb = async (file: string, wanted: Float32Array): Promise<number> => {
    const found = await samplesOf(file);
    const worst = wanted.reduce((most, x, n) => Math.max(most, Math.abs(x - found[n]!)), 0);
    return 20 * Math.log10(worst);
  };
  return { at, run, render, samplesOf, differenceDb };
}
