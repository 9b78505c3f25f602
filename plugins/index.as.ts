import { model } from '../dsp/plugin.as';
import { Chorus } from './chorus/kernel.as';
import { Compressor } from './compressor/kernel.as';
import { Correlation } from './correlation/kernel.as';
import { DeEsser } from './de-esser/kernel.as';
import { Delay } from './delay/kernel.as';
import { Echo } from './echo/kernel.as';
import { DynamicEqualizer } from './dynamic-equalizer/kernel.as';
import { Equalizer } from './equalizer/kernel.as';
import { Flanger } from './flanger/kernel.as';
import { Gain } from './gain/kernel.as';
import { Gate } from './gate/kernel.as';
import { GraphicEqualizer } from './graphic-equalizer/kernel.as';
import { Limiter } from './limiter/kernel.as';
import { Meter } from './meter/kernel.as';
import { MidSide } from './mid-side/kernel.as';
import { Phaser } from './phaser/kernel.as';
import { Pitch } from './pitch/kernel.as';
import { Reverb } from './reverb/kernel.as';
import { Saturation } from './saturation/kernel.as';
import { MultibandCompressor } from './multiband-compressor/kernel.as';
import { Spectrum } from './spectrum/kernel.as';
import { Tone } from './tone/kernel.as';
import { TransientShaper } from './transient-shaper/kernel.as';
import { Tuner } from './tuner/kernel.as';
import { Width } from './width/kernel.as';

export * from '../dsp/plugin.as';

/** The stock models. One line for each; its number is its place in `models` of the manifest. */
@global @inline function serve(index: u32, call: i32, at: usize, argument: u32, count: u32): i32 {
  if (index == 0) return model<Gain>(call, at, argument, count);
  if (index == 1) return model<Delay>(call, at, argument, count);
  if (index == 2) return model<Tone>(call, at, argument, count);
  if (index == 3) return model<Equalizer>(call, at, argument, count);
  if (index == 4) return model<Compressor>(call, at, argument, count);
  if (index == 5) return model<Meter>(call, at, argument, count);
  if (index == 6) return model<MidSide>(call, at, argument, count);
  if (index == 7) return model<Width>(call, at, argument, count);
  if (index == 8) return model<Correlation>(call, at, argument, count);
  if (index == 9) return model<Gate>(call, at, argument, count);
  if (index == 10) return model<Limiter>(call, at, argument, count);
  if (index == 11) return model<GraphicEqualizer>(call, at, argument, count);
  if (index == 12) return model<DeEsser>(call, at, argument, count);
  if (index == 13) return model<TransientShaper>(call, at, argument, count);
  if (index == 14) return model<Saturation>(call, at, argument, count);
  if (index == 15) return model<Echo>(call, at, argument, count);
  if (index == 16) return model<Chorus>(call, at, argument, count);
  if (index == 17) return model<Flanger>(call, at, argument, count);
  if (index == 18) return model<Phaser>(call, at, argument, count);
  if (index == 19) return model<Reverb>(call, at, argument, count);
  if (index == 20) return model<MultibandCompressor>(call, at, argument, count);
  if (index == 21) return model<DynamicEqualizer>(call, at, argument, count);
  if (index == 22) return model<Spectrum>(call, at, argument, count);
  if (index == 23) return model<Tuner>(call, at, argument, count);
  if (index == 24) return model<Pitch>(call, at, argument, count);
  return -1;
}
