import { join } from 'node:path';
import type { Test } from 'tap';
import type { EngineLink } from './running-engine.ts';
import type { HeardPacket } from './heard-packet.ts';

export const UNIT = 'generic:line-preamp:left';
export const STEREO = 'generic:cc-effect:one';
const DEVICES = join(import.meta.dirname, '../plugins/devices');
export const TRIP = 2500;
export const GAIN_DB = -7.3;

/** So much in store that no block is missed, however busy the machine is. */
export const PATIENT = { AUDIOCLOUD_DEVICE: 'auto', AUDIOCLOUD_BLOCK_FRAMES: '1024', AUDIOCLOUD_BUFFER_BLOCKS: '64' };

export const rack = {
  device: {
    kind: 'paced',
    outputs: 6,
    inputs: 6,
    loop: [
      { output: 4, input: 1, frames: TRIP, gainDb: GAIN_DB },
      { output: 2, input: 2, frames: 1024 },
      { output: 3, input: 3, frames: 1024, isReversed: true },
    ],
  },
  instances: [
    {
      id: UNIT,
      driver: join(DEVICES, 'generic-line-preamp'),
      simulate: true,
      sound: { send: [4], return: [1] },
    },
    { id: STEREO, driver: join(DEVICES, 'generic-cc-effect'), simulate: true, sound: { send: [2, 3], return: [2, 3] } },
    {
      id: 'generic:line-preamp:off',
      driver: join(DEVICES, 'generic-line-preamp'),
      simulate: true,
      sound: { send: [0], return: [0] },
    },
    { id: 'generic:line-preamp:mute', driver: join(DEVICES, 'generic-line-preamp'), simulate: true },
    {
      id: 'generic:line-preamp:far',
      driver: join(DEVICES, 'generic-line-preamp'),
      simulate: true,
      sound: { send: [6], return: [0] },
    },
  ],
};

/** A tone through the unit less the same tone beside it. */
const NULL_TEST = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -6 } },
    unit: { model: 'generic:line-preamp', fixed: UNIT },
  },
  buses: { dry: { inputChannels: 1, matrix: [[-1]] } },
  connections: {
    send: { from: { node: 'tone' }, to: { node: 'unit' }, channels: [[0, 0]] },
    back: { from: { node: 'unit' }, to: { node: 'main' } },
    beside: { from: { node: 'tone' }, to: { node: 'dry' }, channels: [[0, 0]] },
    less: { from: { node: 'dry' }, to: { node: 'main' } },
    plain: { from: { node: 'unit' }, to: { node: 'heard' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 }, heard: { kind: 'stream', channels: 1 } },
};

const peakOf = (packets: HeardPacket[]) =>
  packets.flatMap(({ samples }) => [...samples]).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Plays a tone through the unit and beside it: what is heard of the unit alone, and that the two cancel. */
export async function nulls(t: Test, link: EngineLink, what: string): Promise<void> {
  await link.command('load', { task: 'null', revision: 1, graph: NULL_TEST, media: {} });
  await link.command('transport', { task: 'null', change: { play: true } });
  for (const [stream, sink] of [
    [1, 'main'],
    [2, 'heard'],
  ] as const)
    link.ask({ type: 'listen', stream, task: 'null', node: sink, format: 'f32' });
  const heard = peakOf(await link.framesOf(2, 40_000));
  t.ok(Math.abs(heard - 10 ** (-6 / 20)) < 0.001, `the unit is heard, ${heard}`);
  const rest = 20 * Math.log10(peakOf(await link.framesOf(1, 40_000)));
  t.ok(rest < -90, `${what}: ${rest.toFixed(0)} dB`);
}
