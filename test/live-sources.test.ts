import type { Task } from '@audiocloud/api';
import { LoadedTask } from '@audiocloud/engine';
import t from 'tap';
import { PushRing } from '../engine/render/push-ring.ts';
import { DrivenTask, joined, openRegistry, RATE, steepest } from './driven-task.ts';
import { fitSine } from './sine-fit.ts';

const registry = await openRegistry();

const pushed = (bufferMs: number): Task => ({
  sampleRate: RATE,
  tracks: { voice: { channels: 2, clips: [], source: { kind: 'push', bufferMs } } },
  connections: { out: { from: { node: 'voice' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 2 } },
});

/** Interleaved stereo: a sine of 997 Hz at -6 dB on the left, its negative on the right. */
function sine(first: number, frames: number): Float32Array {
  return Float32Array.from({ length: 2 * frames }, (_, i) => {
    const x = 0.5 * Math.sin((2 * Math.PI * 997 * (first + (i >> 1))) / RATE);
    return i % 2 ? -x : x;
  });
}

t.test('device input: a track hears the input of the card as it is', async (t) => {
  const task = new DrivenTask(
    {
      sampleRate: RATE,
      tracks: { microphone: { channels: 1, clips: [], source: { kind: 'device', firstChannel: 1 } } },
      instances: {
        tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -6.0206 }, widths: { out: 1 } },
      },
      connections: {
        play: { from: { node: 'tone' }, to: { node: 'card' } },
        hear: { from: { node: 'microphone' }, to: { node: 'main' } },
      },
      sinks: { main: { kind: 'stream', channels: 1 }, card: { kind: 'device', channels: 1 } },
    },
    { registry, hardware: { soundOf: () => undefined, channels: 2, loop: [{ output: 0, input: 1, frames: 300 }] } },
  );
  task.play();
  const [heard] = task.render(400);
  t.ok(
    heard!.slice(0, 300).every((x) => x === 0),
    'silent until the cable brings it',
  );
  const { frequencyHz, amplitude, residualDb } = fitSine(heard!.slice(1000), RATE, 997);
  t.ok(Math.abs(frequencyHz - 997) < 0.01, `frequency ${frequencyHz}`);
  t.ok(Math.abs(amplitude - 0.5) < 0.0001, `level ${amplitude}`);
  t.ok(residualDb < -100, `rest ${residualDb} dB`);
});

t.test(
  'push: sound is silent until its buffer is there, then comes frame by frame, with a level and a pitch',
  async (t) => {
    const task = new DrivenTask(pushed(20), { registry });
    const ring = new PushRing(task.task.pushRing('voice')!);
    task.play();
    ring.write(sine(0, 959));
    t.ok(
      task.render(2)[0]!.every((x) => x === 0),
      '959 of 960 frames are not enough',
    );
    let written = 959;
    const parts: Float32Array[] = [];
    for (let block = 0; block < 400; block++) {
      ring.write(sine(written, 128));
      written += 128;
      parts.push(task.render(1)[0]!);
    }
    const heard = joined(...parts);
    const { frequencyHz, amplitude, residualDb } = fitSine(heard.slice(256), RATE, 997);
    t.ok(Math.abs(frequencyHz - 997) < 0.001, `frequency ${frequencyHz}`);
    t.ok(Math.abs(amplitude - 0.5) < 1e-5, `level ${amplitude}`);
    t.ok(residualDb < -120, `rest ${residualDb} dB`);
    t.match(ring.facts(), { underruns: 0, skippedFrames: 0, isHeard: true });
  },
);

t.test('push: what runs dry fades out without a click, is counted, and more is held from then on', async (t) => {
  const task = new DrivenTask(pushed(20), { registry });
  const ring = new PushRing(task.task.pushRing('voice')!);
  task.play();
  ring.write(new Float32Array(2 * 1280).fill(0.5));
  const heard = task.render(20)[0]!;
  t.ok(steepest(heard.slice(256)) <= 0.5 / 128 + 1e-6, 'no step larger than the fade has');
  t.ok(heard.slice(-640).every((x) => x === 0));
  t.match(ring.facts(), { underruns: 1, targetFrames: 1440, isHeard: false });
  ring.write(new Float32Array(2 * 1439).fill(0.5));
  t.ok(task.render(1)[0]!.every((x) => x === 0));
  ring.write(new Float32Array(2 * 128).fill(0.5));
  t.ok(task.render(2)[0]!.at(-1)! > 0.49);
});

t.test('push: what piles up is left out across a fade', async (t) => {
  const task = new DrivenTask(pushed(20), { registry });
  const ring = new PushRing(task.task.pushRing('voice')!);
  task.play();
  ring.write(new Float32Array(2 * 1500).fill(0.25));
  task.render(3);
  ring.write(new Float32Array(2 * 40000).fill(0.25));
  const heard = task.render(4)[0]!;
  t.ok(steepest(heard) < 0.01, `largest step ${steepest(heard)}`);
  t.ok(ring.facts().skippedFrames > 38000);
});

t.test('push: an edit elsewhere in the task leaves the sound as it is', async (t) => {
  const graph = pushed(400);
  const task = new DrivenTask(graph, { registry });
  const memory = task.task.pushRing('voice')!;
  const ring = new PushRing(memory);
  task.play();
  ring.write(sine(0, 20000));
  task.render(20);
  task.edit([{ op: 'put', part: 'sinks', name: 'second', value: { kind: 'stream', channels: 1 } }]);
  t.equal(task.task.pushRing('voice'), memory, 'the ring stays');
  const { residualDb } = fitSine(task.render(50)[0]!, RATE, 997);
  t.ok(residualDb < -120, `rest ${residualDb} dB`);
});

t.test('signal generator: the tone model has its frequency and its level', async (t) => {
  const task = new DrivenTask(
    {
      sampleRate: RATE,
      instances: {
        tone: { model: 'audiocloud:tone', parameters: { frequency: 440, level: -12 }, widths: { out: 1 } },
      },
      connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
      sinks: { main: { kind: 'stream', channels: 1 } },
    },
    { registry },
  );
  task.play();
  const { frequencyHz, amplitude, residualDb } = fitSine(task.render(400)[0]!, RATE, 440);
  t.ok(Math.abs(frequencyHz - 440) < 0.001, `frequency ${frequencyHz}`);
  t.ok(Math.abs(20 * Math.log10(amplitude) + 12) < 0.001, `level ${amplitude}`);
  t.ok(residualDb < -100, `rest ${residualDb} dB`);
});

t.test('device input: inputs that the device does not have are refused by their numbers', async (t) => {
  const graph: Task = {
    sampleRate: RATE,
    tracks: { microphone: { channels: 2, clips: [], source: { kind: 'device', firstChannel: 3 } } },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const load = (inputChannels: number) => LoadedTask.load({ id: 'a', graph, media: {}, registry, inputChannels });
  t.throws(() => load(4), { code: 'CHANNELS_MISMATCH', message: /inputs 3 to 4 .* 'microphone': the device has 4/ });
  t.doesNotThrow(() => load(5));
});
