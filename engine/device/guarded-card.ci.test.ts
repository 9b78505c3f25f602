import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { SoundCard, soundCardMissing } from '../../test/sound-card.ts';

/** Far above full scale on both outputs, each from a sink of its own; the task asks for as much as it may. */
const loud = (frequency: number) => ({
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { frequency, level: 0 } } },
  connections: {
    toLeft: { from: { node: 'tone' }, to: { node: 'left' }, gainDb: 20 },
    toRight: { from: { node: 'tone' }, to: { node: 'right' }, gainDb: 20 },
  },
  sinks: {
    left: { kind: 'device', channels: 1, ceilingDb: 0 },
    right: { kind: 'device', channels: 1, firstChannel: 1, ceilingDb: 0 },
  },
});

t.test(
  'tasks cannot raise the ceilings of a sound card, not even together',
  { skip: soundCardMissing() },
  async (t) => {
    const card = await SoundCard.start();
    t.teardown(() => card.stop());
    const engine = await RunningEngine.start({
      environment: { ...card.environment, AUDIOCLOUD_DEVICE: 'web-audio', AUDIOCLOUD_OUTPUT_CEILING_DB: '-12,-20' },
    });
    t.teardown(() => engine.remove());
    const link = await engine.link();
    await link.command('hello', { protocol: 1 });
    for (const [task, graph] of Object.entries({ a: loud(997), b: loud(1500) })) {
      await link.command('load', { task, revision: 1, graph, media: {} });
      await link.command('transport', { task, change: { play: true } });
    }
    const peaks = await card.heard(
      (recording) =>
        [0, 1].map((c) => recording.reduce((most, x, i) => (i % 2 === c ? Math.max(most, Math.abs(x)) : most), 0)),
      ([left, right]) => left! > 0.2 && right! > 0.08,
    );
    for (const [c, ceilingDb] of [-12, -20].entries()) {
      const levelDb = 20 * Math.log10(peaks[c]!);
      t.ok(levelDb < ceilingDb + 0.001 && levelDb > ceilingDb - 1.5, `output ${c}: ${levelDb.toFixed(3)} dBFS`);
    }
    const { counters } = await link.event('counters', (event) => (event.counters.device.guard?.limitedBlocks ?? 0) > 0);
    t.same(Object.keys(counters.tasks['a']!.guards!), ['left', 'right'], 'the guards of the sinks act, too');
  },
);
