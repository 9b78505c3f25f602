import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { fitSine } from '../../test/sine-fit.ts';
import { SoundCard, soundCardMissing } from '../../test/sound-card.ts';

const TONE = {
  sampleRate: 44100, // the rate of the device wins: the pitch must not change
  instances: { tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -6 } } },
  connections: { toOut: { from: { node: 'tone' }, to: { node: 'out' } } },
  sinks: { out: { kind: 'device', channels: 2 } },
};

t.test('a task is heard on the sound card; without the card it plays on', { skip: soundCardMissing() }, async (t) => {
  const card = await SoundCard.start();
  t.teardown(() => card.stop());
  const engine = await RunningEngine.start({ environment: { ...card.environment, AUDIOCLOUD_DEVICE: 'auto' } });
  t.teardown(() => engine.remove());
  const link = await engine.link();
  const { device } = await link.command('hello', { protocol: 1 });
  t.match(device, { kind: 'web-audio', state: 'running', sampleRate: 48000, outputChannels: 2 });
  await link.command('load', { task: 'a', revision: 1, graph: TONE, media: {} });
  t.match(await link.command('transport', { task: 'a', change: { play: true } }), { sampleRate: 48000 });
  await sleep(300);
  const best = await card.heard(
    (recording) =>
      [0.2, 0.6, 0.95]
        .map((from) => recording.subarray(from * 96000, (from + 0.5) * 96000).filter((_, i) => i % 2 === 0))
        .map((left) => fitSine(left, 48000, 997))
        .reduce((a, b) => (a.residualDb < b.residualDb ? a : b)),
    ({ residualDb }) => residualDb < -80,
  );
  const levelDb = 20 * Math.log10(best.amplitude);
  t.ok(Math.abs(best.frequencyHz - 997) < 0.1, `${best.frequencyHz.toFixed(4)} Hz`);
  t.ok(Math.abs(levelDb + 6) < 0.01, `${levelDb.toFixed(4)} dBFS`);
  t.ok(best.residualDb < -80, `nothing else: ${best.residualDb.toFixed(1)} dB`);

  await card.stop();
  let facts = await link.command('hello', { protocol: 1 });
  const isReplaced = (): boolean => facts.device.state.startsWith('running in place of');
  for (let i = 0; i < 1200 && !isReplaced(); i++) {
    await sleep(50);
    facts = await link.command('hello', { protocol: 1 });
  }
  t.match(facts.device, { kind: 'paced', sampleRate: 48000, state: /^running in place of web-audio: / });
  const { streamFrame } = (await link.command('state', { task: 'a' })).transport;
  await sleep(200);
  const after = await link.command('state', { task: 'a' });
  t.ok(after.state === 'playing' && after.transport.streamFrame > streamFrame, 'the task plays on');
});
