import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import type { Packet } from '@audiocloud/api';
import { RunningEngine } from '../../test/running-engine.ts';

const UNIT = 'generic:line-preamp:left';
const STEREO = 'generic:cc-effect:one';
const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const TRIP = 2500;
const GAIN_DB = -7.3;

/** So much in store that no block is missed, however busy the machine is. */
const PATIENT = { AUDIOCLOUD_DEVICE: 'auto', AUDIOCLOUD_BLOCK_FRAMES: '1024', AUDIOCLOUD_BUFFER_BLOCKS: '64' };

const rack = {
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

const peakOf = (packets: Packet[]) =>
  packets.flatMap(({ samples }) => [...samples]).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

t.test(
  'a unit is calibrated, and its sound cancels against the way beside it; so it does after a restart',
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
    writeFileSync(join(dataDir, 'rack.yaml'), stringify(rack));
    let engine = await RunningEngine.start({ dataDir, environment: PATIENT });
    t.teardown(() => engine.remove());
    let link = await engine.link();
    const { device, refused } = await link.command('hello', { protocol: 1 });
    t.match(device, { kind: 'paced', outputChannels: 6, inputChannels: 6 });
    t.same(refused, []);

    const calibration = await link.command('calibrate-fixed', { instance: UNIT });
    t.match(calibration, {
      device: 'paced',
      blockFrames: 1024,
      roundTripFrames: TRIP,
      sound: { send: [4], return: [1] },
    });
    t.match(calibration.returns, [{ isReversed: false }]);
    t.ok(Math.abs(calibration.returns[0].gainDb - GAIN_DB) < 0.001, `${calibration.returns[0].gainDb} dB`);
    const stereo = await link.command('calibrate-fixed', { instance: STEREO, levelDb: -30 });
    t.match(stereo, { roundTripFrames: 1024, returns: [{ isReversed: false }, { isReversed: true }] });

    for (const [instance, code, message] of [
      ['generic:line-preamp:off', 'CALIBRATION_FAILED', /nothing comes back.*return channel 0/],
      ['generic:line-preamp:mute', 'FIXED_INSTANCE_UNAVAILABLE', /`sound: \{ send, return \}`/],
      ['generic:line-preamp:far', 'CHANNELS_MISMATCH', /its send is channel 6, and the paced device has 6/],
      ['generic:line-preamp:none', 'FIXED_INSTANCE_UNKNOWN', /none/],
    ] as const)
      await t.rejects(link.command('calibrate-fixed', { instance }), { code, message });

    const nulls = async (what: string) => {
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
    };
    await nulls('calibrated just now');
    await t.rejects(link.command('calibrate-fixed', { instance: UNIT }), {
      code: 'FIXED_INSTANCE_UNAVAILABLE',
      message: /task null plays on it/,
    });
    await engine.stop();
    t.match(JSON.parse(readFileSync(join(dataDir, 'calibration.json'), 'utf8')), { [UNIT]: calibration });

    engine = await RunningEngine.start({ dataDir, environment: PATIENT });
    link = await engine.link();
    const { fixed } = await link.command('hello', { protocol: 1 });
    t.match(fixed[0], { id: UNIT, calibration });
    await nulls('after a restart');
    await engine.stop();

    engine = await RunningEngine.start({ dataDir, environment: { ...PATIENT, AUDIOCLOUD_BLOCK_FRAMES: '512' } });
    link = await engine.link();
    const other = await link.command('hello', { protocol: 1 });
    t.equal(other.fixed[0].calibration, undefined, 'what was measured with other blocks does not hold');
  },
);
