import { SAMPLE_RATE } from './score.ts';

/** A voice gives one sample for each call, frame after frame. */
export type Voice = (i: number) => number;

export const hertz = (pitch: number) => 440 * 2 ** ((pitch - 69) / 12);
const seconds = (i: number) => i / SAMPLE_RATE;
/** Filters are tuned anew every so many frames: 3 kHz, far above what their envelopes do. */
const CONTROL_FRAMES = 16;

/** Attack, then exponential decay, then a release that ends at zero: no step anywhere, so no click. */
export function envelope(attack: number, decay: number, sustain: number, held: number, release: number): Voice {
  return (i) => {
    const t = seconds(i);
    const rise = t < attack ? 0.5 - 0.5 * Math.cos((Math.PI * t) / attack) : 1;
    const fall = sustain + (1 - sustain) * Math.exp(-Math.max(0, t - attack) / decay);
    const gone = Math.min(1, Math.max(0, (t - held) / release));
    return rise * fall * (0.5 + 0.5 * Math.cos(Math.PI * gone));
  };
}

/** Seeded white noise, -1 to 1 (xorshift32). */
export function createNoise(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1; // spreads small seeds, whose first numbers would be alike
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

/** State-variable filter, trapezoidal (A. Simper, Cytomic: Linear trapezoidal integrated SVF). */
export function createFilter(kind: 'low' | 'band' | 'high', q: number): (x: number, cutoffHz: number) => number {
  let s1 = 0;
  let s2 = 0;
  let tuned = 0;
  let g = 0;
  const k = 1 / q;
  return (x, cutoffHz) => {
    if (cutoffHz !== tuned) g = Math.tan((Math.PI * Math.min(cutoffHz, 20000)) / SAMPLE_RATE);
    tuned = cutoffHz;
    const a1 = 1 / (1 + g * (g + k));
    const v3 = x - s2;
    const v1 = a1 * (s1 + g * v3);
    const v2 = s2 + g * v1;
    s1 = 2 * v1 - s1;
    s2 = 2 * v2 - s2;
    return kind === 'low' ? v2 : kind === 'band' ? k * v1 : x - k * v1 - v2;
  };
}

/** Sawtooth without audible aliases: PolyBLEP (V. Valimaki, A. Huovilainen, IEEE SPM 24, 2007). */
export function createSaw(start: number): (perFrame: number) => number {
  let phase = start;
  return (perFrame) => {
    phase = (phase + perFrame) % 1;
    const before = phase / perFrame;
    const after = (phase - 1) / perFrame;
    const step = before < 1 ? 2 * before - before * before - 1 : after > -1 ? after * after + 2 * after + 1 : 0;
    return 2 * phase - 1 - step;
  };
}

export function kick(velocity: number): Voice {
  const amp = envelope(0.002, 0.13, 0, 0.3, 0.08);
  let phase = 0;
  return (i) => {
    phase += (46 + 110 * Math.exp(-seconds(i) / 0.028)) / SAMPLE_RATE;
    return velocity * amp(i) * Math.tanh(1.4 * Math.sin(2 * Math.PI * phase));
  };
}

export function clap(velocity: number, seed: number): Voice {
  const noise = createNoise(seed);
  const band = createFilter('band', 1.1);
  const tail = envelope(0.001, 0.07, 0, 0.18, 0.06);
  const hands = [0, 0.011, 0.023].map((at) => at * SAMPLE_RATE);
  const burst = envelope(0.001, 0.006, 0, 0.02, 0.01);
  return (i) => {
    let amp = 0.7 * tail(Math.max(0, i - hands[2]!)) * (i >= hands[2]! ? 1 : 0);
    for (const hand of hands) if (i >= hand) amp += 0.6 * burst(i - hand);
    return velocity * amp * band(noise(), 1500);
  };
}

export function hat(velocity: number, seed: number, decay: number): Voice {
  const noise = createNoise(seed);
  const high = createFilter('high', 0.8);
  const amp = envelope(0.001, decay, 0, decay * 4, decay * 2);
  return (i) => velocity * amp(i) * high(noise(), 7500);
}

export function rim(velocity: number): Voice {
  const amp = envelope(0.001, 0.016, 0, 0.06, 0.03);
  return (i) => {
    const t = 2 * Math.PI * seconds(i);
    return velocity * amp(i) * (0.7 * Math.sin(t * 815) + 0.5 * Math.sin(t * 1310));
  };
}

/** Two saws an octave apart through a filter that closes. */
export function bassVoice(pitch: number, velocity: number, held: number): Voice {
  const amp = envelope(0.004, 0.5, 0.5, held, 0.05);
  const sweep = envelope(0.004, 0.12, 0.12, held, 0.05);
  const low = createFilter('low', 0.9);
  const smooth = createFilter('low', 0.6);
  const saw = createSaw(0.5);
  const perFrame = hertz(pitch) / SAMPLE_RATE;
  let cutoff = 0;
  return (i) => {
    const sub = Math.sin(2 * Math.PI * perFrame * i);
    if (i % CONTROL_FRAMES === 0) cutoff = 160 + 900 * velocity * sweep(i);
    return velocity * amp(i) * (0.75 * sub + 0.55 * smooth(low(saw(perFrame), cutoff), 1.5 * cutoff));
  };
}

/** Electric piano by phase modulation: a warm 1:1 pair and a short tine at 14:1 (J. Chowning, JAES 21, 1973). */
export function pianoVoice(pitch: number, velocity: number, held: number): Voice {
  const amp = envelope(0.003, 0.9, 0, held, 0.12);
  const bark = envelope(0.003, 0.35, 0.2, held, 0.12);
  const tine = envelope(0.001, 0.06, 0, held, 0.05);
  const w = (2 * Math.PI * hertz(pitch)) / SAMPLE_RATE;
  return (i) => {
    const warm = Math.sin(w * i + 1.3 * velocity * bark(i) * Math.sin(w * i));
    const ping = Math.sin(w * i + 0.35 * velocity * tine(i) * Math.sin(14 * w * i));
    return velocity * amp(i) * (0.7 * warm + 0.3 * ping);
  };
}

/** Four saws, slightly apart, behind a low filter; `side` -1 or 1 gives each ear its own. */
export function padVoice(pitch: number, velocity: number, held: number, side: number, cutoff: Voice): Voice {
  const amp = envelope(0.35, 1, 1, held, 0.55);
  const low = createFilter('low', 0.7);
  const lower = createFilter('low', 0.55);
  const perFrame = [-13, -4, 5, 12].map((cents) => (hertz(pitch) * 2 ** ((side * cents) / 1200)) / SAMPLE_RATE);
  const start = createNoise(pitch * 2 + side);
  const saws = perFrame.map(() => createSaw((start() + start() + 2) % 1));
  let hz = 0;
  return (i) => {
    if (i % CONTROL_FRAMES === 0) hz = cutoff(i);
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += saws[k]!(perFrame[k]!);
    return velocity * amp(i) * lower(low(sum / 4, hz), hz);
  };
}

/** A soft reed: three harmonics, a breath of vibrato that comes late. */
export function leadVoice(pitch: number, velocity: number, held: number): Voice {
  const amp = envelope(0.018, 0.7, 0.45, held, 0.14);
  const bright = envelope(0.01, 0.22, 0.25, held, 0.14);
  let phase = 0;
  return (i) => {
    const t = seconds(i);
    const vibrato = 0.0045 * Math.min(1, Math.max(0, (t - 0.22) / 0.3)) * Math.sin(2 * Math.PI * 5.2 * t);
    phase += (2 * Math.PI * hertz(pitch) * (1 + vibrato)) / SAMPLE_RATE;
    const edge = velocity * bright(i);
    const wave =
      Math.sin(phase) +
      0.3 * edge * Math.sin(2 * phase) +
      0.45 * edge * Math.sin(3 * phase) +
      0.12 * edge * Math.sin(5 * phase);
    return velocity * amp(i) * wave;
  };
}
