import { PluginMemory, Probe, type ProbeEvent } from '@audiocloud/engine';
import t from 'tap';
import { noise } from './testing/signals.ts';
import { stockPlugin } from './testing/stock.ts';

/*
 * Mono instances that a call renders side by side, four channels to a vector, give bit for bit what each gives alone: also
 * where neighbours have other sections, curves and detectors, rest while others work, move, or fall asleep.
 */
const BLOCKS = 40;

t.setTimeout(280_000); // on a busy machine the stock plugin may be built first
await stockPlugin();

type Parameters = Record<string, number | string | boolean | (number | string)[]>;

const equalizers: Parameters[] = [
  { type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'], frequency: [40, 200, 900, 5000], gain: [0, 3, -4, 2] },
  { type: ['bell'], frequency: [700], gain: [6] },
  { type: ['off', 'off', 'notch', 'off', 'bell'], gain: [0, 0, 0, 0, -9], output: -3 },
  { type: ['off'] },
  {
    type: ['low-cut', 'bell', 'bell', 'bell', 'bell', 'high-cut'],
    gain: [0, 1, 2, 3, 4, 0],
    slope: [48, 12, 12, 12, 12, 48],
  },
  { type: ['bell', 'low-shelf'], gain: [0, 0] },
  { type: ['high-shelf', 'low-shelf', 'bell'], gain: [9, 9, 9], output: 6 },
];

const compressors: Parameters[] = [
  { threshold: -30, ratio: 4, attack: 1, release: 80 },
  { threshold: -24, ratio: 2, attack: 5, release: 200, makeup: 6 },
  { threshold: 0, ratio: 10 }, // never over it
  { threshold: -40, ratio: 20, attack: 0.1, release: 5000, mix: 40 },
  { threshold: -30, ratio: 4, knee: 12, attack: 1, release: 80 },
  { threshold: -20, ratio: 3, knee: 6, attack: 10, release: 100, makeup: -3 },
  { threshold: -30, ratio: 4, attack: 300, release: 20 }, // slower up than down
  { threshold: -30, ratio: 4, detector: 'rms' },
  { threshold: -35, ratio: 8, attack: 2, release: 60 },
  { threshold: -35, ratio: 8, topology: 'back', attack: 2, release: 60 },
  { threshold: -45, ratio: 4, lowCut: 500, highCut: 9000, lookahead: 1 },
];

const saturations: Parameters[] = [
  { drive: 20, mix: 100 },
  { drive: 12, bias: 40, output: -6, mix: 80 },
  { shape: 'gentle', drive: 30, mix: 100 },
  { drive: 40, mix: 100 },
  { drive: 40, mix: 100, oversampling: 8 },
  { shape: 'hard', drive: 6, bias: -20, mix: 50, oversampling: 2 },
  { shape: 'cubic', drive: 6, mix: 50, oversampling: 2 },
];

const phasers: Parameters[] = [
  { rate: 3, mix: 50 },
  { rate: 0.1, center: 3000, depth: 4, feedback: 70, mix: 100 },
  { stages: 8, rate: 10, mix: 50 },
  { stages: 8, depth: 0, feedback: -80, mix: 30 },
];

/** To the sign of a zero. */
const isEqual = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((x, n) => Object.is(x, b[n]));

/** Blocks of uneven length: the last of a group of four frames is often cut. */
const framesOf = (block: number) => [128, 128, 64, 37, 256, 1][block % 6]!;

const gates: Parameters[] = [
  { threshold: -30, ratio: 100, hold: 1, release: 20 },
  { threshold: -20, ratio: 3, knee: 6, hold: 0, release: 50, attack: 5 },
  {}, // never shut
  { threshold: -40, range: 20, hold: 2, hysteresis: 12 },
  { threshold: -10, ratio: 2, key: 'key', release: 5000 },
];

const graphic: Parameters[] = [
  { gain: Array.from({ length: 31 }, (_, b) => (b % 7) - 3) },
  {},
  { gain: Array.from({ length: 31 }, (_, b) => (b === 12 ? 9 : 0)), output: -4 },
];

const essers: Parameters[] = [
  { threshold: -40, ratio: 8 },
  { threshold: -30, shape: 'high', frequency: 3000, range: 30, attack: 0.1 },
  {}, // nothing is that loud
  { threshold: -50, listen: true },
  { threshold: -45, q: 4, release: 1000, link: false },
];

const shapers: Parameters[] = [
  { attack: 80 },
  { attack: -50, sustain: 90, attackTime: 5, output: 3 },
  {},
  { sustain: -100, sustainTime: 2000 },
  { attack: 100, link: false },
];

const multibands: Parameters[] = [
  { threshold: -40, ratio: 4 },
  { threshold: [-30, -50, 0, -20], ratio: 8, knee: 6, gain: [3, 0, -120, -6] },
  {},
  { crossover: [300, 900, 9000], threshold: -45, attack: 0.1, release: 20, link: false },
];

const dynamic: Parameters[] = [
  { type: ['bell', 'off', 'off', 'high-shelf'], threshold: -40 },
  { type: ['low-shelf', 'bell', 'bell', 'off'], threshold: -50, range: 12, gain: -3 },
  {},
  { type: ['off', 'off', 'bell', 'off'], threshold: -45, ratio: 20, attack: 0.1, release: 20, link: false },
];

interface Case {
  name: string;
  list: Parameters[];
  /** What moves now and then. */
  moved: string;
  widths: Record<string, number>;
}

const mono = { in: 1, out: 1 };
const cases: Case[] = [
  { name: 'equalizer', list: equalizers, moved: 'gain', widths: mono },
  { name: 'compressor', list: compressors, moved: 'threshold', widths: { ...mono, key: 1 } },
  { name: 'gate', list: gates, moved: 'threshold', widths: { ...mono, key: 1 } },
  { name: 'graphic-equalizer', list: graphic, moved: 'output', widths: mono },
  { name: 'de-esser', list: essers, moved: 'threshold', widths: mono },
  { name: 'transient-shaper', list: shapers, moved: 'output', widths: mono },
  { name: 'saturation', list: saturations, moved: 'output', widths: mono },
  { name: 'phaser', list: phasers, moved: 'mix', widths: mono },
  { name: 'multiband-compressor', list: multibands, moved: 'gain', widths: mono },
  { name: 'dynamic-equalizer', list: dynamic, moved: 'threshold', widths: mono },
  // linked channels share a lane
  { name: 'multiband-compressor', list: multibands, moved: 'threshold', widths: { in: 2, out: 2 } },
  { name: 'dynamic-equalizer', list: dynamic, moved: 'frequency', widths: { in: 2, out: 2 } },
  { name: 'de-esser', list: essers, moved: 'frequency', widths: { in: 2, out: 2 } },
  { name: 'transient-shaper', list: shapers, moved: 'sustain', widths: { in: 3, out: 3 } },
  { name: 'gate', list: gates, moved: 'threshold', widths: { in: 2, out: 2, key: 1 } },
];

for (const { name, list, moved, widths } of cases) {
  t.test(`${name}, ${widths['in']} channels: side by side and alone are the same`, async (t) => {
    const plugin = await stockPlugin();
    const memory = new PluginMemory(plugin);
    const make = (parameters: Parameters) =>
      new Probe(plugin, `audiocloud:${name}`, { sampleRate: 48000, maxFrames: 256, memory, widths, parameters });
    // every one beside every other: the list once forwards, once with two of each
    const all = [...list, ...list.flatMap((one) => [one, one]), ...list.slice(0, 2)];
    const together = all.map(make);
    const alone = all.map(make);
    const addresses = memory.alloc(all.length * 4);
    memory.views.u32.set(
      together.map(({ layout }) => layout),
      addresses >> 2,
    );
    for (let block = 0; block < BLOCKS; block++) {
      const frames = framesOf(block);
      const inputs = all.map((_, i) => {
        if ((block + i) % 13 > 9) return []; // silence
        const channels = together[0]!.inputChannels - (widths['in'] === 1 && widths['key'] ? 1 : 0);
        return Array.from({ length: channels }, (_, c) =>
          noise(frames, 100 * block + i + 7 * c).map((x) => x * (i % 3 ? 0.5 : 0.02)),
        );
      });
      const events = all.map((_, i): ProbeEvent[] =>
        block % 8 === 3 && i % 5 === 0
          ? [
              {
                frame: frames >> 1,
                parameter: moved,
                value: moved === 'frequency' ? 2000 + 50 * block : -12 - block / 4,
              },
            ]
          : [],
      );
      together.forEach((probe, i) => {
        probe.writeInputs(inputs[i]!, frames);
        probe.writeEvents(events[i]!);
      });
      t.ok(together[0]!.twin.processMany(addresses, all.length, frames));
      alone.forEach((probe, i) => {
        const single = probe.process(inputs[i]!, frames, events[i]!);
        const { status } = together[i]!;
        const outputs = together[i]!.readOutputs(status, frames);
        const isSame =
          status === single.status &&
          outputs.every((output, c) => isEqual(output, single.outputs[c]!)) &&
          Object.entries(together[i]!.readReports()).every(([id, values]) => isEqual(values, single.reports[id]!));
        if (!isSame) t.fail(`block ${block} of ${frames} frames, instance ${i}`);
      });
    }
    t.pass(`${all.length} instances in ${BLOCKS} blocks`);
  });
}
