import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { RunningEngine } from '../../test/running-engine.ts';

/** A tone of 997 Hz through a gain to a stream of two channels. */
const TONE = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -12 } },
    gain: { model: 'audiocloud:gain', parameters: { gain: 0 } },
  },
  connections: {
    toGain: { from: { node: 'tone' }, to: { node: 'gain' } },
    toMain: { from: { node: 'gain' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const dbToGain = (db: number): number => 10 ** (db / 20);

t.test('a task plays on an engine process, and its stream is what it should be', async (t) => {
  const engine = await RunningEngine.start();
  t.teardown(() => engine.remove());
  const link = await engine.link();
  const facts = await link.command('hello', { protocol: 1 });
  t.match(facts, { protocol: 1, pid: engine.child.pid, device: { kind: 'paced', state: 'running' }, refused: [] });
  const loaded = await link.command('load', { task: 'a', revision: 3, graph: TONE, media: {} });
  t.match(loaded, { task: 'a', state: 'ready', revision: 3, instances: { tone: { state: 'running' } } });
  link.ask({ type: 'listen', stream: 5, task: 'a', format: 'f32' });
  const state = await link.command('transport', { task: 'a', change: { play: true } });
  t.match(state, { playing: true, playId: 1 });
  const packets = await link.framesOf(5, 24000);
  let frame = 0;
  packets.forEach((packet, i) => {
    if (packet.serial !== i || packet.streamFrame !== frame)
      t.fail(`packet ${i} is ${packet.serial}, ${packet.streamFrame}`);
    frame += packet.frames;
  });
  t.equal(packets[0]!.streamFrame, 0, 'the stream begins with the first frame of the play');
  const left = Float32Array.from(packets.slice(5).flatMap(({ samples }) => [...samples].filter((_, i) => i % 2 === 0)));
  const fit = fitSine(left, 48000, 997);
  t.ok(Math.abs(fit.frequencyHz - 997) < 0.01, `${fit.frequencyHz} Hz`);
  t.ok(Math.abs(20 * Math.log10(fit.amplitude) + 12) < 0.01, `${20 * Math.log10(fit.amplitude)} dBFS`);
  t.ok(fit.residualDb < -90, `residual ${fit.residualDb} dB`);
  console.log(await link.command('state', { task: 'a' }));
  void dbToGain;
});
