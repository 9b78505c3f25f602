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
const STRETCH = 4800;
/** So many are silent whatever comes later: the sound is still on its way. */
const FIRST = 20;
/** A minute of it. */
const MOST_STRETCHES = 600;

/** The quietest stretch, in dB, when one is quiet enough or no more come: a virtual card on a busy machine stumbles by itself. */
async function quietestDb(link: EngineLink, enoughDb: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let stretches = 2 * FIRST; stretches <= MOST_STRETCHES && least > enoughDb; stretches += FIRST) {
    const packets = await link.framesOf(1, stretches * STRETCH);
    const samples = packets.flatMap(({ samples: part }) => [...part]);
    for (let from = (stretches - FIRST) * STRETCH; from < stretches * STRETCH; from += STRETCH) {
      const peak = samples.slice(from, from + STRETCH).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      least = Math.min(least, 20 * Math.log10(peak));
    }
  }
  return least;
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
      const restDb = await quietestDb(link, -90);
      t.ok(restDb < -90, `${restDb.toFixed(0)} dB`);
    },
  );
