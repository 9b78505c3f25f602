import type { WrongCoefficient } from './wrong-coefficient.ts';

/**
 * Small mistakes, as a slip of the pen would make them: mostly half a percent to two. Where sources change, the row that no
 * longer fits says so by itself.
 */
export const wrongCoefficients: WrongCoefficient[] = [
  { model: 'gain', file: 'plugins/gain/kernel.as.ts', right: '(Math.PI / 4.0)', wrong: '(Math.PI / 4.02)' },
  {
    model: 'gain',
    file: 'dsp/decibels.as.ts',
    right: 'Math.pow(10.0, db * 0.05)',
    wrong: 'Math.pow(10.0, db * 0.0501)',
  },
  {
    model: 'gain',
    file: 'plugins/gain/kernel.as.ts',
    right: 'GLIDE_SECONDS: f32 = 0.01;',
    wrong: 'GLIDE_SECONDS: f32 = 0.011;',
  },

  {
    model: 'delay',
    file: 'plugins/delay/kernel.as.ts',
    right: 'this.delayFrames = this.of(DELAY).choice;',
    wrong: 'this.delayFrames = this.of(DELAY).choice + 1;',
  },
  {
    model: 'delay',
    file: 'dsp/delay-line.as.ts',
    right: 'this.length = length;',
    wrong: 'this.length = length > 1 ? length - 1 : length;',
  },
  {
    model: 'delay',
    file: 'plugins/delay/kernel.as.ts',
    right: 'LONGEST_FRAMES: f64 = 192000;',
    wrong: 'LONGEST_FRAMES: f64 = 191999;',
  },

  { model: 'tone', file: 'dsp/wave.as.ts', right: '<f32>(1.0 / 362880.0)', wrong: '<f32>(1.0 / 362000.0)' },
  { model: 'tone', file: 'dsp/wave.as.ts', right: 'cyclesPerFrame * CYCLE', wrong: 'cyclesPerFrame * 1.00001 * CYCLE' },
  { model: 'tone', file: 'dsp/noise.as.ts', right: '(1.0 / 2147483648.0)', wrong: '(1.0 / 2100000000.0)' },
  { model: 'tone', file: 'dsp/noise.as.ts', right: 'return pink * 0.3306;', wrong: 'return pink * 0.36;' },
  { model: 'tone', file: 'dsp/noise.as.ts', right: 'PER_BLUE: f64 = 1.66;', wrong: 'PER_BLUE: f64 = 1.8;' },
  {
    model: 'tone',
    file: 'dsp/noise.as.ts',
    right: 'Math.exp(-2.0 * Math.PI * corner)',
    wrong: 'Math.exp(-2.6 * Math.PI * corner)',
  },

  {
    model: 'equalizer',
    file: 'plugins/equalizer/kernel.as.ts',
    right: 'Math.tan((Math.PI * frequencyHz)',
    wrong: 'Math.tan((1.002 * Math.PI * frequencyHz)',
  },
  {
    model: 'equalizer',
    file: 'plugins/equalizer/kernel.as.ts',
    right: 'gainOfDb(gainDb * 0.5)',
    wrong: 'gainOfDb(gainDb * 0.5025)',
  },
  {
    model: 'equalizer',
    file: 'dsp/butterworth.as.ts',
    right: 'return 2.0 * Math.cos(',
    wrong: 'return 2.01 * Math.cos(',
  },
  {
    model: 'equalizer',
    file: 'plugins/equalizer/kernel.as.ts',
    right: 'const k = 1.0 / q;',
    wrong: 'const k = 1.005 / q;',
  },

  {
    model: 'compressor',
    file: 'dsp/envelope.as.ts',
    right: 'Math.exp(-1.0 / (seconds',
    wrong: 'Math.exp(-1.01 / (seconds',
  },
  {
    model: 'compressor',
    file: 'plugins/compressor/kernel.as.ts',
    right: '1.0 - 1.0 / this.of(RATIO)',
    wrong: '1.0 - 1.002 / this.of(RATIO)',
  },
  {
    model: 'compressor',
    file: 'plugins/compressor/kernel.as.ts',
    right: 'RMS_SECONDS: f64 = 0.01;',
    wrong: 'RMS_SECONDS: f64 = 0.0102;',
  },
  {
    model: 'compressor',
    file: 'plugins/compressor/kernel.as.ts',
    right: 'this.of(MIX).now * 0.01)',
    wrong: 'this.of(MIX).now * 0.00999)',
  },
  {
    model: 'compressor',
    file: 'plugins/compressor/feed-back.as.ts',
    right: 'const slope = ratio - 1.0;',
    wrong: 'const slope = ratio - 1.01;',
  },
  {
    model: 'compressor',
    file: 'dsp/cuts.as.ts',
    right: 'const k = Math.SQRT2;',
    wrong: 'const k = 1.43;',
  },
  {
    model: 'compressor',
    file: 'plugins/compressor/kernel.as.ts',
    right: 'this.of(LOOKAHEAD).plain * 0.001',
    wrong: 'this.of(LOOKAHEAD).plain * 0.00101',
  },

  { model: 'meter', file: 'dsp/k-weighting.as.ts', right: '3.999843853973347', wrong: '4.003' },
  {
    model: 'meter',
    file: 'plugins/meter/kernel.as.ts',
    right: 'SURROUND_WEIGHT: f64 = 1.41;',
    wrong: 'SURROUND_WEIGHT: f64 = 1.42;',
  },
  {
    model: 'meter',
    file: 'dsp/k-weighting.as.ts',
    right: 'HIGH_PASS_Q: f64 = 0.5003270373238773;',
    wrong: 'HIGH_PASS_Q: f64 = 0.501;',
  },
  { model: 'meter', file: 'dsp/loudness.as.ts', right: '(all - 10.0 - FLOOR_LUFS)', wrong: '(all - 9.0 - FLOOR_LUFS)' },
  {
    model: 'meter',
    file: 'dsp/loudness.as.ts',
    right: 'MOMENTARY_STEPS: i32 = 40;',
    wrong: 'MOMENTARY_STEPS: i32 = 41;',
  },
  {
    model: 'meter',
    file: 'plugins/meter/kernel.as.ts',
    right: 'RMS_SECONDS: f64 = 0.3;',
    wrong: 'RMS_SECONDS: f64 = 0.32;',
  },

  {
    model: 'mid-side',
    file: 'plugins/mid-side/kernel.as.ts',
    right: '(mid - side) * 0.5',
    wrong: '(mid - side) * 0.501',
  },
  {
    model: 'mid-side',
    file: 'plugins/mid-side/kernel.as.ts',
    right: 'side * 0.5, side * -0.5',
    wrong: 'side * 0.5, side * -0.501',
  },
  { model: 'mid-side', file: 'dsp/two-by-two.as.ts', right: 'f32x4.mul(c, x)', wrong: 'f32x4.mul(d, x)' },

  {
    model: 'width',
    file: 'plugins/width/kernel.as.ts',
    right: 'this.of(WIDTH).now * 0.01;',
    wrong: 'this.of(WIDTH).now * 0.0101;',
  },
  {
    model: 'width',
    file: 'dsp/linkwitz-riley.as.ts',
    right: '-2.0 * Math.SQRT2, 0, share',
    wrong: '-1.99 * Math.SQRT2, 0, share',
  },
  {
    model: 'width',
    file: 'dsp/linkwitz-riley.as.ts',
    right: 'g, Math.SQRT2, 1, -Math.SQRT2, -1,',
    wrong: 'g, 1.42, 1, -1.42, -1,',
  },

  {
    model: 'correlation',
    file: 'plugins/correlation/kernel.as.ts',
    right: 'this.of(TIME).hertz * 0.001',
    wrong: 'this.of(TIME).hertz * 0.00101',
  },
  {
    model: 'correlation',
    file: 'plugins/correlation/kernel.as.ts',
    right: 'rate * (l * r - both)',
    wrong: 'rate * (0.999 * l * r - both)',
  },

  {
    model: 'gate',
    file: 'plugins/gate/kernel.as.ts',
    right: 'this.of(RATIO).hertz - 1.0;',
    wrong: 'this.of(RATIO).hertz - 1.01;',
  },
  {
    model: 'gate',
    file: 'plugins/gate/kernel.as.ts',
    right: 'this.of(HOLD).now * 0.001',
    wrong: 'this.of(HOLD).now * 0.00101',
  },
  {
    model: 'gate',
    file: 'plugins/gate/kernel.as.ts',
    right: 'slope / (4.0 * halfKnee)',
    wrong: 'slope / (4.02 * halfKnee)',
  },
  {
    model: 'gate',
    file: 'plugins/gate/opening.as.ts',
    right: 'whereGreater<T>(isOpen, zero, shutAt, openAt)',
    wrong: 'whereGreater<T>(isOpen, zero, openAt, shutAt)',
  },

  {
    model: 'limiter',
    file: 'plugins/limiter/gain-path.as.ts',
    right: 'this.smallest.init(rings, lookahead + 1, ONE);',
    wrong: 'this.smallest.init(rings, lookahead, ONE);',
  },
  {
    model: 'limiter',
    file: 'plugins/limiter/kernel.as.ts',
    right: 'this.of(RELEASE).hertz * 0.001',
    wrong: 'this.of(RELEASE).hertz * 0.00101',
  },
  {
    model: 'limiter',
    file: 'plugins/limiter/kernel.as.ts',
    right: 'lowest / TRUE_PEAK_GAIN : lowest;',
    wrong: 'lowest * TRUE_PEAK_GAIN : lowest;',
  },
  {
    model: 'limiter',
    file: 'plugins/limiter/kernel.as.ts',
    right: '<f64>most / <f64>peak : 1.0',
    wrong: '<f64>most / (0.999 * <f64>peak) : 1.0',
  },

  {
    model: 'graphic-equalizer',
    file: 'plugins/graphic-equalizer/kernel.as.ts',
    right: 'AT_1000_HZ: i32 = 17;',
    wrong: 'AT_1000_HZ: i32 = 16;',
  },
  {
    model: 'graphic-equalizer',
    file: 'plugins/graphic-equalizer/kernel.as.ts',
    right: 'const Q: f64 = 3;',
    wrong: 'const Q: f64 = 3.01;',
  },
  {
    model: 'graphic-equalizer',
    file: 'plugins/graphic-equalizer/kernel.as.ts',
    right: 'gainOfDb(gainDb * 0.5)',
    wrong: 'gainOfDb(gainDb * 0.5025)',
  },
  {
    model: 'graphic-equalizer',
    file: 'plugins/graphic-equalizer/interaction.as.ts',
    right: 'REACH_DB: f64 = 8;',
    wrong: 'REACH_DB: f64 = 8.1;',
  },

  {
    model: 'de-esser',
    file: 'plugins/de-esser/kernel.as.ts',
    right: 'this.of(RATIO).hertz, 0,',
    wrong: 'this.of(RATIO).hertz * 1.01, 0,',
  },
  {
    model: 'de-esser',
    file: 'plugins/de-esser/kernel.as.ts',
    right: 'const k = 1.0 / q;',
    wrong: 'const k = 1.005 / q;',
  },
  {
    model: 'de-esser',
    file: 'dsp/reduction.as.ts',
    right: 'rangeDb * LOG2_OF_DB',
    wrong: 'rangeDb * 1.01 * LOG2_OF_DB',
  },

  {
    model: 'transient-shaper',
    file: 'plugins/transient-shaper/kernel.as.ts',
    right: 'FAST_SECONDS: f64 = 0.001;',
    wrong: 'FAST_SECONDS: f64 = 0.00101;',
  },
  {
    model: 'transient-shaper',
    file: 'plugins/transient-shaper/kernel.as.ts',
    right: 'FALL_SECONDS: f64 = 0.06;',
    wrong: 'FALL_SECONDS: f64 = 0.061;',
  },
  {
    model: 'transient-shaper',
    file: 'plugins/transient-shaper/kernel.as.ts',
    right: 'this.of(SUSTAIN).now * 0.01',
    wrong: 'this.of(SUSTAIN).now * 0.0101',
  },

  {
    model: 'saturation',
    file: 'plugins/saturation/kernel.as.ts',
    right: 'all<T>(1.5), mul<T>(all<T>(0.5)',
    wrong: 'all<T>(1.5), mul<T>(all<T>(0.501)',
  },
  {
    model: 'saturation',
    file: 'plugins/saturation/kernel.as.ts',
    right: 'mix = this.of(MIX).now * 0.01;',
    wrong: 'mix = this.of(MIX).now * 0.00999;',
  },
  { model: 'saturation', file: 'dsp/half-band.as.ts', right: '(100.0 - 8.7)', wrong: '(60.0 - 8.7)' },
  { model: 'saturation', file: 'dsp/tanh.as.ts', right: 'all<T>(3150)', wrong: 'all<T>(3130)' },

  {
    model: 'echo',
    file: 'plugins/echo/kernel.as.ts',
    right: '(this.of(FEEDBACK).now * 0.01)',
    wrong: '(this.of(FEEDBACK).now * 0.01001)',
  },
  { model: 'echo', file: 'plugins/echo/kernel.as.ts', right: '0.6666666666666666, 0.75', wrong: '0.67, 0.75' },
  { model: 'echo', file: 'dsp/one-pole.as.ts', right: 'Math.tan(Math.PI *', wrong: 'Math.tan(1.01 * Math.PI *' },

  {
    model: 'chorus',
    file: 'plugins/chorus/kernel.as.ts',
    right: 'this.of(DEPTH).now * perMs',
    wrong: 'this.of(DEPTH).now * 1.002 * perMs',
  },
  { model: 'chorus', file: 'plugins/chorus/kernel.as.ts', right: '.now / 360.0', wrong: '.now / 361.0' },
  { model: 'chorus', file: 'dsp/lfo.as.ts', right: '<u64>(cyclesPerFrame', wrong: '<u64>(1.001 * cyclesPerFrame' },

  {
    model: 'flanger',
    file: 'plugins/flanger/kernel.as.ts',
    right: 'this.of(FEEDBACK).now * 0.01)',
    wrong: 'this.of(FEEDBACK).now * 0.00999)',
  },
  {
    model: 'flanger',
    file: 'plugins/flanger/kernel.as.ts',
    right: '.now * 0.5 * perMs',
    wrong: '.now * 0.501 * perMs',
  },
  {
    model: 'flanger',
    file: 'dsp/delay-ring.as.ts',
    right: '(p1 * m1 * m2 * <f32>0.5)',
    wrong: '(p1 * m1 * m2 * <f32>0.501)',
  },

  {
    model: 'phaser',
    file: 'plugins/phaser/kernel.as.ts',
    right: 'Math.tan(Math.PI * Math.min',
    wrong: 'Math.tan(1.002 * Math.PI * Math.min',
  },
  {
    model: 'phaser',
    file: 'plugins/phaser/kernel.as.ts',
    right: '0.5 * this.of(DEPTH).now * swing',
    wrong: '0.49 * this.of(DEPTH).now * swing',
  },

  {
    model: 'reverb',
    file: 'plugins/reverb/absorption.as.ts',
    right: '(-3.0 * frames) / decay',
    wrong: '(-3.2 * frames) / decay',
  },
  {
    model: 'reverb',
    file: 'plugins/reverb/kernel.as.ts',
    right: 'Math.sqrt(1.0 - mean * mean)',
    wrong: 'Math.sqrt(1.0 - 0.5 * mean * mean)',
  },
  { model: 'reverb', file: 'dsp/hadamard.as.ts', right: 'f32x4.splat(0.25)', wrong: 'f32x4.splat(0.248)' },

  {
    model: 'multiband-compressor',
    file: 'plugins/multiband-compressor/kernel.as.ts',
    right: 'Math.tan((Math.PI * hertz)',
    wrong: 'Math.tan((1.002 * Math.PI * hertz)',
  },
  {
    model: 'multiband-compressor',
    file: 'plugins/multiband-compressor/crossovers.as.ts',
    right: 'this.section<T>(lanes, 0, SUM, 9,',
    wrong: 'this.section<T>(lanes, 2, SUM, 9,',
  },
  {
    model: 'multiband-compressor',
    file: 'dsp/reduction.as.ts',
    right: 'slope / (2.0 * knee)',
    wrong: 'slope / (2.02 * knee)',
  },

  {
    model: 'dynamic-equalizer',
    file: 'plugins/dynamic-equalizer/band.as.ts',
    right: 'const k = 1.0 / q;',
    wrong: 'const k = 1.005 / q;',
  },
  {
    model: 'dynamic-equalizer',
    file: 'plugins/dynamic-equalizer/kernel.as.ts',
    right: 'this.of(RATIO, b).hertz, 0, Math',
    wrong: 'this.of(RATIO, b).hertz * 1.01, 0, Math',
  },
  {
    model: 'dynamic-equalizer',
    file: 'dsp/reduction.as.ts',
    right: 'whereGreater<T>(way, zero, attack, release)',
    wrong: 'whereGreater<T>(way, zero, release, attack)',
  },

  {
    model: 'spectrum',
    file: 'plugins/spectrum/kernel.as.ts',
    right: 'WINDOW_SUM: f64 = 0.35875;',
    wrong: 'WINDOW_SUM: f64 = 0.36;',
  },
  {
    model: 'spectrum',
    file: 'plugins/spectrum/kernel.as.ts',
    right: 'this.of(FALL).plain * <f64>',
    wrong: 'this.of(FALL).plain * 1.02 * <f64>',
  },
  { model: 'spectrum', file: 'dsp/window.as.ts', right: '0.14128', wrong: '0.1412' },

  {
    model: 'tuner',
    file: 'plugins/tuner/nsdf.as.ts',
    right: '(0.5 * (a - c)) / bend',
    wrong: '(0.45 * (a - c)) / bend',
  },
  { model: 'tuner', file: 'plugins/tuner/kernel.as.ts', right: 'A4_NOTE: f64 = 69.0', wrong: 'A4_NOTE: f64 = 69.02' },

  {
    model: 'convolution',
    file: 'plugins/convolution/impulse.as.ts',
    right: 'FADE_OUT_SECONDS: f64 = 0.01;',
    wrong: 'FADE_OUT_SECONDS: f64 = 0.0101;',
  },
  {
    model: 'convolution',
    file: 'plugins/convolution/impulse.as.ts',
    right: 'this.channels == 1 ? 1.0 : 2.0',
    wrong: 'this.channels == 1 ? 1.0 : 2.1',
  },
  {
    model: 'convolution',
    file: 'plugins/convolution/kernel.as.ts',
    right: 'this.of(PRE_DELAY).plain * 0.001',
    wrong: 'this.of(PRE_DELAY).plain * 0.00101',
  },
  {
    model: 'convolution',
    file: 'dsp/right-angle.as.ts',
    right: '(<f64>j - 0.25)',
    wrong: '(<f64>j - 0.2501)',
  },
  {
    model: 'convolution',
    file: 'dsp/convolver.as.ts',
    right: 'const next = size << 3;',
    wrong: 'const next = size << 2;',
  },

  {
    model: 'pitch',
    file: 'plugins/pitch/kernel.as.ts',
    right: 'Math.pow(2.0, semitones / 12.0)',
    wrong: 'Math.pow(2.0, semitones / 12.01)',
  },
  {
    model: 'pitch',
    file: 'plugins/pitch/kernel.as.ts',
    right: 'WINDOWS_SUM: f64 = 1.5;',
    wrong: 'WINDOWS_SUM: f64 = 1.51;',
  },
  {
    model: 'pitch',
    file: 'plugins/pitch/peak-shifter.as.ts',
    right: '0.375 - (0.5 * square)',
    wrong: '0.375 - (0.45 * square)',
  },

  {
    model: 'meter',
    file: 'dsp/loudness-range.as.ts',
    right: 'HIGH_SHARE: f64 = 0.95;',
    wrong: 'HIGH_SHARE: f64 = 0.93;',
  },
  {
    model: 'meter',
    file: 'dsp/loudness-range.as.ts',
    right: 'RELATIVE_LU: f64 = 20.0;',
    wrong: 'RELATIVE_LU: f64 = 21.0;',
  },
  {
    model: 'meter',
    file: 'dsp/true-peak.as.ts',
    right: '0.047607421875, 0.1015625, 0.089111328125,',
    wrong: '0.047607421875, 0.1025625, 0.089111328125,',
  },
];
