import { Event } from '@audiocloud/dsp/abi.as';
import { Instance } from '@audiocloud/dsp/instance.as';
import {
  ALL_NOTES_OFF,
  ALL_SOUND_OFF,
  CONTROLLER,
  isMidi,
  midiFirst,
  midiKind,
  midiSecond,
  NOTE_OFF,
  NOTE_ON,
} from '@audiocloud/dsp/midi.as';
import { Amplitude, Linear } from '@audiocloud/dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '@audiocloud/dsp/ramp.as';
import { sineOfPhase } from '@audiocloud/dsp/sine.as';

const ATTACK: u32 = 0; // places in `parameters` of the model
const RELEASE: u32 = 1;
const LEVEL: u32 = 2;

const VOICES: u32 = 8;
const ALL_KEYS: u32 = 128;
const GLIDE_SECONDS: f32 = 0.02; // shorter is heard as a click, longer as lag
const LONGEST_RELEASE_MS: f64 = 5000;
const SOUND_OFF_MS: f64 = 5; // at once, without a click

/**
 * One note: its envelope is `size`, 0 to 1, which goes on by `step` a frame. A voice of size 0 is free.
 *
 * 0 key u32 · 4 unused u32 · 8 phase f64 (cycles) · 16 size f64 · 24 step f64 · 32 velocity f64
 */
@final
@unmanaged
class Voice {
  key: u32;
  unused4: u32;
  phase: f64;
  size: f64;
  step: f64;
  velocity: f64;
}

/** Eight voices of a sine, with attack and release in straight lines, and a level behind them. */
@final
@unmanaged
export class PluginName extends Instance {
  voices: usize; // Voice[VOICES]
  level: usize; // Ramp

  /** What the model says, in the same order: ports, then parameters (minimum, maximum, default, domain, seconds to glide). */
  create(): void {
    this.output(2);
    this.parameter(0.1, 1000, 5, Linear);
    this.parameter(1, LONGEST_RELEASE_MS, 100, Linear);
    this.parameter(-60, 6, -12, Amplitude, GLIDE_SECONDS);
  }

  /** All memory is taken here; widths and sample rate are known. */
  activate(): void {
    this.voices = this.allocate(VOICES * offsetof<Voice>());
    this.level = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.voices, 0, VOICES * offsetof<Voice>());
  }

  /** What follows from parameters, to be reached within `frames` frames; 0 is at once. */
  update(frames: u32): void {
    changetype<Ramp>(this.level).aim(<f32>this.of(LEVEL).now, frames);
  }

  /** A message, between two runs of frames. */
  event(event: Event): void {
    if (!isMidi(event)) return;
    const kind = midiKind(event);
    const first = midiFirst(event);
    if (kind == NOTE_ON) this.begin(first, midiSecond(event));
    else if (kind == NOTE_OFF) this.letGo(first, this.of(RELEASE).now);
    else if (kind == CONTROLLER && first == ALL_NOTES_OFF) this.letGo(ALL_KEYS, this.of(RELEASE).now);
    else if (kind == CONTROLLER && first == ALL_SOUND_OFF) this.letGo(ALL_KEYS, SOUND_OFF_MS);
  }

  @inline voice(v: u32): Voice {
    return changetype<Voice>(this.voices + <usize>v * offsetof<Voice>());
  }

  @inline stepOf(milliseconds: f64): f64 {
    return 1.0 / Math.max(1.0, milliseconds * 0.001 * this.sampleRate);
  }

  /** Takes the voice that plays this key already, else a free one, else the softest, which is cut off. */
  begin(key: u32, velocity: u32): void {
    let found = this.voice(0);
    for (let v: u32 = 0; v < VOICES; v++) {
      const voice = this.voice(v);
      const isSame = voice.size > 0 && voice.key == key;
      if (isSame || voice.size * voice.velocity < found.size * found.velocity) found = voice;
      if (isSame) break;
    }
    found.key = key;
    found.phase = 0;
    found.step = this.stepOf(this.of(ATTACK).now);
    found.size = found.step;
    found.velocity = <f64>velocity / 127.0;
  }

  letGo(key: u32, milliseconds: f64): void {
    for (let v: u32 = 0; v < VOICES; v++) {
      const voice = this.voice(v);
      if (key == ALL_KEYS || voice.key == key) voice.step = -this.stepOf(milliseconds);
    }
  }

  /** Frames `from` to `to` - 1: no event lies between them. */
  render(from: u32, to: u32): void {
    const left = this.out(0);
    memory.fill(left + (<usize>from << 2), 0, <usize>(to - from) << 2);
    for (let v: u32 = 0; v < VOICES; v++) if (this.voice(v).size > 0) this.add(this.voice(v), left, from, to);
    const level = changetype<Ramp>(this.level);
    for (let i = from, stride = this.strideLeft; i < to; i++, stride -= stride ? 1 : 0) {
      const at = left + (<usize>i << 2);
      store<f32>(at, load<f32>(at) * level.at(stride));
    }
    for (let c: u32 = 1; c < this.outputChannels; c++)
      memory.copy(this.out(c) + (<usize>from << 2), left + (<usize>from << 2), <usize>(to - from) << 2);
  }

  /** Equal temperament, A at 440 Hz. */
  add(voice: Voice, out: usize, from: u32, to: u32): void {
    const perFrame = (440.0 * Math.pow(2.0, (<f64>voice.key - 69.0) / 12.0)) / this.sampleRate;
    let size = voice.size;
    let phase = voice.phase;
    for (let i = from; i < to && size > 0; i++) {
      const at = out + (<usize>i << 2);
      store<f32>(at, load<f32>(at) + <f32>(size * voice.velocity * sineOfPhase(phase)));
      phase += perFrame;
      phase -= Math.floor(phase);
      size = Math.min(1.0, Math.max(0.0, size + voice.step));
    }
    voice.phase = phase;
    voice.size = size;
  }

  /** After a note off. */
  tailFrames(): i32 {
    return <i32>Math.ceil(0.001 * LONGEST_RELEASE_MS * this.sampleRate) + 1;
  }

  /** Nothing sounds: the instance may sleep until the next message. */
  isQuiet(): bool {
    for (let v: u32 = 0; v < VOICES; v++) if (this.voice(v).size > 0) return false;
    return true;
  }
}
