import { readFileSync } from 'node:fs';
import type { Model, SurfaceBinding, Task } from '@audiocloud/api';
import t from 'tap';
import { controlSpan, heldNumber } from './control-messages.ts';
import { type FittedBinding, fitBinding } from './fit-binding.ts';

const { models } = JSON.parse(readFileSync(new URL('../../plugins/audiocloud.json', import.meta.url), 'utf8')) as {
  models: Model[];
};
const task: Task = {
  sampleRate: 48000,
  instances: {
    gain: { model: 'audiocloud:gain' },
    eq: { model: 'audiocloud:equalizer' },
    tone: { model: 'audiocloud:tone' },
  },
};
const from = { bend: { channel: 1 } };

function fitted(to: SurfaceBinding['to'], more: Partial<SurfaceBinding> = {}): FittedBinding {
  const found = fitBinding({ from, to, ...more }, '/bindings/0', task, models);
  if ('check' in found) throw new Error(`${found.check}: ${found.message}`);
  return found;
}

t.test('the taper of the model, or the curve that is wanted, between the values that are wanted', async (t) => {
  const at = (to: SurfaceBinding['to'], travel: number) => fitted(to).valueAt(travel);
  const gain = { instance: 'gain', parameter: 'gain' };
  // by hand: below -60 dB are 5 % of the travel, the rest is straight
  t.equal(at(gain, 0), -120);
  t.equal(at(gain, 0.05), -60);
  t.ok(Math.abs((at(gain, 0.525) as number) + 18) < 1e-9, 'the middle of -60 and 24 dB');
  t.equal(at(gain, 1), 24);
  t.equal(at({ ...gain, curve: 'linear' }, 0.5), -48);
  t.ok(Math.abs((at({ ...gain, range: [-60, 0] }, 0.5) as number) + 30) < 1e-9);
  t.ok(Math.abs((at({ ...gain, range: [0, -60] }, 0.25) as number) + 15) < 1e-9, 'upside down');
  const frequency = { instance: 'tone', parameter: 'frequency' };
  t.ok(Math.abs((at({ ...frequency, range: [100, 10_000] }, 0.5) as number) - 1000) < 1e-9, 'equal ratios');
  t.equal(at({ ...frequency, range: [100, 1100], curve: 'linear' }, 0.5), 600);
  t.ok(
    Math.abs((at({ instance: 'gain', parameter: 'host-mix', range: [1, 100], curve: 'log' }, 0.5) as number) - 10) <
      1e-9,
  );
  const type = { instance: 'tone', parameter: 'type' };
  t.equal(at(type, 0), 'sine');
  t.equal(at(type, 1 / 9), 'saw');
  t.equal(at({ ...type, range: ['square', 'sine'] }, 1), 'sine');
  t.equal(at({ instance: 'gain', parameter: 'mute' }, 0.6), true);
});

t.test('a fader comes back to each of its numbers: feedback never moves what a hand has set', async (t) => {
  const ways: SurfaceBinding['to'][] = [
    { instance: 'gain', parameter: 'gain' },
    { instance: 'gain', parameter: 'gain', range: [-20, -60], curve: 'linear' },
    { instance: 'tone', parameter: 'frequency' },
    { instance: 'tone', parameter: 'frequency', range: [20, 20_000], curve: 'log' },
    { instance: 'eq', parameter: 'q', index: 3, range: [0.3, 8] },
    { instance: 'gain', parameter: 'pan' },
  ];
  for (const to of ways) {
    const { valueAt, travelOf } = fitted(to);
    const [, high] = controlSpan(from);
    const wrong = Array.from({ length: high + 1 }, (_, number) => number).filter(
      (number) => heldNumber(from, travelOf(valueAt(number / high)) * high) !== number,
    );
    t.strictSame(wrong, [], JSON.stringify(to));
  }
});

t.test('an encoder has a hundred clicks, or one for each position', async (t) => {
  t.equal(fitted({ instance: 'gain', parameter: 'gain' }).step, 0.01);
  t.equal(fitted({ instance: 'tone', parameter: 'type' }).step, 1 / 9);
  t.equal(fitted({ instance: 'tone', parameter: 'type', range: ['sine', 'square'] }).step, 1 / 2);
  t.equal(fitted({ instance: 'gain', parameter: 'mute' }).step, 1);
  t.equal(fitted({ instance: 'gain', parameter: 'gain' }, { step: 0.5 }).step, 0.5);
});
