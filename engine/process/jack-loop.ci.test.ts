import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type EngineLink, RunningEngine } from '../../test/running-engine.ts';
import { JackCard, jackMissing } from '../../test/jack-card.ts';

const UNIT = 'generic:line-preamp:left';
const driver = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');
const rack = {
  device: { kind: 'web-audio', inputs: 2 },
  instances: [{ id: UNIT, driver, simulate: true, sound: { send: [1], return: [1] } }],
};
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
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};
const BLOCKS = 400;

/** The quietest of some stretches, in dB: a virtual card on a busy machine stumbles by itself. */
async function quietestDb(link: EngineLink, frames: number): Promise<number> {
  const packets = await link.framesOf(1, frames);
  const samples = packets.flatMap(({ samples: part }) => [...part]);
  const peaks: number[] = [];
  for (let from = 0; from + 4800 <= samples.length; from += 4800)
    peaks.push(samples.slice(from, from + 4800).reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  // the first of all are silent whatever comes later: the sound is still on its way
  return 20 * Math.log10(Math.min(...peaks.slice(Math.ceil(peaks.length / 2))));
}

for (const periodFrames of [128, 256])
  t.test(
    `through a cable of a JACK server with ${periodFrames} frames the sound cancels against the dry way`,
    { skip: jackMissing() },
    async (t) => {
      const card = await JackCard.start(periodFrames);
      const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
      writeFileSync(join(dataDir, 'rack.json'), JSON.stringify(rack));
      const engine = await RunningEngine.start({
        dataDir,
        environment: { ...card.environment, AUDIOCLOUD_DEVICE: 'auto' },
      });
      t.teardown(async () => {
        await engine.remove();
        await card.stop();
      });
      await card.closeLoop();
      const link = await engine.link();
      const { device } = await link.command('hello', { protocol: 1 });
      t.match(device, { kind: 'web-audio', inputChannels: 2 });
      const calibration = await link.command('calibrate-fixed', { instance: UNIT });
      const { roundTripFrames, returns } = calibration;
      t.comment(JSON.stringify(calibration));
      t.ok(Math.abs(returns[0].gainDb) < 0.1, `${returns[0].gainDb} dB`);
      // two; the sound system sometimes begins a period later
      const periods = (roundTripFrames - device.inputDelayFrames) / periodFrames;
      t.ok([2, 3, 4].includes(periods), `${periods} periods: ${roundTripFrames} frames`);
      await link.command('load', { task: 'null', revision: 1, graph: NULL_TEST, media: {} });
      await link.command('transport', { task: 'null', change: { play: true } });
      link.ask({ type: 'listen', stream: 1, task: 'null', node: 'main', format: 'f32' });
      const restDb = await quietestDb(link, BLOCKS * 480);
      t.ok(restDb < -90, `${restDb.toFixed(0)} dB`);
    },
  );
