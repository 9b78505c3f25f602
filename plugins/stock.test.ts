import { parameterValues, type Value, valueCount, valueToNumber } from '@audiocloud/api';
import { checkPlugin, Probe } from '@audiocloud/engine';
import t from 'tap';
import { LAYOUT } from '../engine/plugin/layout.ts';
import { stockModels } from '../scripts/build-wasm.ts';
import { noise } from './testing/signals.ts';
import { stockPlugin } from './testing/stock.ts';

const plugin = await stockPlugin();

t.test('every kernel is in the manifest, in its order', async (t) => {
  t.same(
    plugin.models.map(({ id }) => id),
    stockModels().map((folder) => `audiocloud:${folder}`),
  );
});

t.test(
  'a model with a side chain, reports and lanes passes every check that it can be asked; check.ci.test.ts has the others',
  async (t) => {
    const { models } = checkPlugin(plugin.folder, { models: ['audiocloud:compressor'] });
    t.strictSame(
      models[0]!.checks.filter(({ result }) => result !== 'passed' && result !== 'skipped'),
      [],
    );
  },
);

/** States that decay for long; the windows of the meter go on in silence, and a delay line turns. */
const RINGING: Record<string, Record<string, Value | Value[]>> = {
  'audiocloud:equalizer': {
    type: ['low-cut', 'bell', 'bell'],
    frequency: [20, 30, 1000],
    gain: [0, 12, -6],
    q: [0.7, 40, 10],
  },
  'audiocloud:compressor': { threshold: -40, ratio: 4, release: 1000, detector: 'rms' },
  'audiocloud:gain': { gain: -6 },
  'audiocloud:width': { monoBass: true, frequency: 20 },
  'audiocloud:gate': { threshold: -20, release: 500 },
  'audiocloud:graphic-equalizer': { gain: Array.from({ length: 31 }, (_, b) => (b % 2 ? 12 : -12)) },
  'audiocloud:de-esser': { threshold: -60, release: 1000 },
  'audiocloud:multiband-compressor': { threshold: -60, release: 1000, crossover: 20 },
  'audiocloud:dynamic-equalizer': { type: 'bell', frequency: 30, q: 40, gain: 12, threshold: -50, release: 1000 },
  'audiocloud:saturation': { drive: 24, bias: 30, mix: 100 },
  'audiocloud:echo': { time: 20, feedback: 95, lowCut: 100, highCut: 5000, mix: 100 },
  'audiocloud:chorus': { mix: 100 },
  'audiocloud:flanger': { feedback: 95, mix: 100 },
  'audiocloud:phaser': { feedback: 90, center: 50, mix: 100 },
  'audiocloud:reverb': { decay: 5, low: 150, mix: 100 },
  'audiocloud:pitch': { semitones: 5 },
};

/** In silence their rings turn on, their slow sines swing, and they count for how long nothing has come. */
const TURNING = new Set(['echo', 'chorus', 'flanger', 'phaser', 'reverb', 'pitch'].map((name) => `audiocloud:${name}`));

for (const model of plugin.models) {
  const widths = Object.fromEntries(
    [...model.inputs, ...model.outputs].map(({ id, channels }) => [id, channels?.default ?? 1]),
  );
  const create = () => new Probe(plugin, model.id, { sampleRate: 48000, maxFrames: 128 });
  const channels = create().inputChannels;

  t.test(`${model.id}: the kernel's defaults and limits are the model's`, async (t) => {
    const probe = create();
    const fresh = probe.memory.create(plugin.models.indexOf(model), 1n);
    const saved = (layout: number) => {
      const state = probe.memory.stateSave(layout);
      return Array.from(
        new Float64Array(state.buffer.slice(state.byteOffset + 8, state.byteOffset + state.byteLength)),
      );
    };
    const numbers = (pick: (parameter: (typeof model.parameters)[number], count: number) => number[]) =>
      model.parameters.flatMap((parameter) => pick(parameter, valueCount(parameter.scope, model, widths)));
    const near = (found: number[], wanted: number[]) =>
      found.length === wanted.length && found.every((x, i) => Math.abs(x - wanted[i]!) < 1e-12);
    const defaults = numbers((parameter, count) =>
      parameterValues(parameter, count, undefined).map((value) => valueToNumber(parameter, value)),
    );
    t.ok(near(saved(fresh), defaults), `defaults: ${saved(fresh)}, the model says ${defaults}`);
    const set = (value: number) => {
      for (const id of model.parameters.keys()) probe.memory.parameter(fresh, id, -1, value);
    };
    const bound = (which: 'min' | 'max') =>
      numbers(({ range }, count) => {
        const [min, max] =
          range.kind === 'toggle'
            ? [0, 1]
            : range.kind === 'list'
              ? [0, range.values.length - 1]
              : [range.min, range.max];
        return Array<number>(count).fill(which === 'min' ? min : max);
      });
    set(-1e12);
    t.ok(near(saved(fresh), bound('min')), `lowest: ${saved(fresh)}, the model says ${bound('min')}`);
    set(1e12);
    t.ok(near(saved(fresh), bound('max')), `highest: ${saved(fresh)}, the model says ${bound('max')}`);
  });

  if (channels === 0) continue;
  t.test(
    `${model.id}: in silence that is not flagged its states come to rest, and nothing is left to hear`,
    async (t) => {
      const probe = new Probe(plugin, model.id, {
        sampleRate: 48000,
        maxFrames: 128,
        ...(RINGING[model.id] ? { parameters: RINGING[model.id]! } : {}),
      });
      for (let block = 0; block < 200; block++)
        probe.process(
          Array.from({ length: channels }, (_, c) => noise(128, block * channels + c)),
          128,
        );
      probe.writeInputs([], 128);
      const silent = () => {
        probe.memory.setWord(probe.layout, LAYOUT.silentIn, 0);
        return probe.twin.process(probe.layout, 128);
      };
      for (let block = 0; block < (60 * 48000) / 128; block++) silent();
      t.ok(
        probe.readOutputs(silent(), 128).every((output) => output.every((x) => x === 0)),
        'exactly zero',
      );
      if (!RINGING[model.id] || TURNING.has(model.id)) return;
      const before = probe.memory.views.u8.slice();
      silent();
      const { u8 } = probe.memory.views;
      const stack = before.findIndex((byte, at) => byte !== u8[at]);
      t.equal(stack, -1, 'not a byte of its memory changes any more: nothing decays');
    },
  );

  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38, 1e-40]) {
    t.test(`${model.id}: ${bad} does no lasting harm`, async (t) => {
      const probe = create();
      const good = Array.from({ length: channels }, (_, c) => noise(128, c));
      const wild = good.map((channel) => channel.map((x, n) => (n % 5 === 2 ? bad : x)));
      const events = model.parameters.flatMap(({ id, range }) =>
        range.kind === 'continuous'
          ? [{ frame: 0, parameter: id, value: range.min + 0.7 * (range.max - range.min) }]
          : [],
      );
      probe.process(good, 128, events);
      probe.process(wild, 128);
      const allFinite = (outputs: Float32Array[]) => outputs.every((output) => output.every(Number.isFinite));
      t.ok(allFinite(probe.process(good, 128).outputs), 'finite in the block after it');
      probe.reset();
      t.ok(allFinite(probe.process(good, 128).outputs), 'finite after a reset');
      // nothing denormal stays: after silence every sample is zero or of normal size
      let last: Float32Array[] = [];
      for (let block = 0; block < 400; block++) last = probe.process([], 128).outputs;
      t.ok(last.every((output) => output.every((x) => x === 0 || Math.abs(x) > 1.18e-38)));
    });
  }
}
