import { Event } from '../../dsp/abi.as';
import { Adsr, ADSR_BYTES, ADSR_SHAPE_BYTES, AdsrShape, adsrFour } from '../../dsp/adsr.as';
import { HELD_KEYS_BYTES, HeldKeys } from '../../dsp/held-keys.as';
import { Instance } from '../../dsp/instance.as';
import { Lfo, LFO_BYTES, swingOf } from '../../dsp/lfo.as';
import {
  ALL_SOUND_OFF,
  CONTROLLER,
  isMidi,
  midiBend,
  midiChannel,
  midiFirst,
  midiKind,
  midiSecond,
  NOTE_OFF,
  NOTE_ON,
  PITCH_BEND,
  RESET_CONTROLLERS,
} from '../../dsp/midi.as';
import { Noise } from '../../dsp/noise.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { velocityGain } from '../../dsp/velocity.as';
import { VOICE_BYTES, Voices, VOICES_BYTES } from '../../dsp/voices.as';
import { FOUR_VOICES_BYTES, FourVoices, Patch, PATCH_BYTES } from './four-voices.as';
import { Slide, SLIDE_BYTES } from './oscillator.as';
import { Source, SOURCE_BYTES } from './source.as';
import { sumRows } from './sum-rows.as';

const MODE: u32 = 0;
const VOICES: u32 = 1;
const WAVE_1: u32 = 2; // then octave, semitone, fine, width
const WAVE_2: u32 = 7;
const MIX: u32 = 12;
const NOISE: u32 = 13;
const FILTER: u32 = 14;
const CUTOFF: u32 = 15;
const RESONANCE: u32 = 16;
const KEY_TRACKING: u32 = 17;
const FILTER_AMOUNT: u32 = 18;
const FILTER_ATTACK: u32 = 19; // then decay, sustain, release
const ATTACK: u32 = 23; // then decay, sustain, release
const LFO_RATE: u32 = 27;
const LFO_PITCH: u32 = 28;
const LFO_CUTOFF: u32 = 29;
const LFO_WIDTH: u32 = 30;
const WHEEL: u32 = 31;
const BEND_RANGE: u32 = 32;
const GLIDE: u32 = 33;
const VELOCITY_LEVEL: u32 = 34;
const VELOCITY_FILTER: u32 = 35;
const SPREAD: u32 = 36;
const LEVEL: u32 = 37;

// of MODE
const POLY: u32 = 0;
const LEGATO: u32 = 2;

const MOST: u32 = 32; // voices
const FOURS: u32 = 8;
const GLIDE_SECONDS: f32 = 0.01;

/** Frames in which pitch, cutoff and gains move straight: counted from where the last note or controller came. */
const STRIDE: u32 = 16;

/** How far to the left (-1) or right a voice stands at full spread: neighbours on opposite sides. */
const PLACES: usize = memory.data<f32>([-1, 1, -0.5, 0.5, -0.75, 0.75, -0.25, 0.25]);

/**
 * A subtractive synthesizer: two oscillators and noise, a state-variable filter, envelopes of level and filter, a slow sine.
 * Voices are rendered four side by side (four-voices.as.ts), those that do not sound not at all.
 *
 * Time stands still while no voice sounds: strides and the slow sine begin anew with the first note after silence. So a note
 * sounds the same wherever it stands in a block, however long the silence before it was.
 */
@final
@unmanaged
export class Synth extends Instance {
  patch: usize; // Patch
  fours: usize; // FourVoices[8]
  amps: usize; // Adsr[32]
  filters: usize; // Adsr[32]
  ampShape: usize; // AdsrShape
  filterShape: usize; // AdsrShape
  voices: usize; // Voices
  held: usize; // HeldKeys
  lfo: usize; // Lfo
  bends: usize; // f32[16], -1 to 1
  wheels: usize; // f32[16], 0 to 1
  source1: usize; // Source
  source2: usize; // Source
  noise: usize; // Slide
  dry: usize; // Slide
  band: usize; // Slide
  low: usize; // Slide
  level: usize; // Slide
  rows: usize; // f32[4] of each frame of a stride
  levels: usize; // f32[4] of each frame: of the envelopes
  leftSums: usize; // f32[4] of each frame
  rightSums: usize;
  left: u32; // frames until the stride ends
  rest: u32; // frames that were missing when the last stride was cut
  isFresh: u32; // nothing sounded before
  lastVoice: i32; // the last that got a note, -1: none did
  lastOctaves: f32; // its note
  tuning1: f64; // semitones that patch.tune1 is of
  tuning2: f64;

  create(): void {
    this.output(2);
    this.parameter(0, 2, 0);
    this.parameter(1, 32, 16);
    for (let oscillator = 0; oscillator < 2; oscillator++) {
      this.parameter(0, 3, 2);
      this.parameter(-3, 3, 0);
      this.parameter(-12, 12, 0);
      this.parameter(-100, 100, 0, Linear, GLIDE_SECONDS);
      this.parameter(1, 99, 50, Linear, GLIDE_SECONDS);
    }
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS); // mix
    this.parameter(-120, 0, -120, Amplitude, GLIDE_SECONDS); // noise
    this.parameter(0, 3, 0); // filter
    this.parameter(20, 20000, 1500, Octave, GLIDE_SECONDS);
    this.parameter(0.5, 20, 0.7071, Octave, GLIDE_SECONDS);
    this.parameter(0, 100, 50, Linear, GLIDE_SECONDS); // key tracking
    this.parameter(-8, 8, 2, Linear, GLIDE_SECONDS); // amount
    this.parameter(0, 10000, 5, Linear); // filter envelope
    this.parameter(0, 10000, 800, Linear);
    this.parameter(0, 100, 30, Linear);
    this.parameter(0, 10000, 300, Linear);
    this.parameter(0, 10000, 5, Linear); // envelope
    this.parameter(0, 10000, 800, Linear);
    this.parameter(0, 100, 80, Linear);
    this.parameter(0, 10000, 300, Linear);
    this.parameter(0.01, 50, 5, Octave, GLIDE_SECONDS); // slow sine
    this.parameter(0, 1200, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 4, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 49, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 1200, 50, Linear, GLIDE_SECONDS); // wheel
    this.parameter(0, 24, 2); // bend
    this.parameter(0, 5000, 0, Linear); // glide
    this.parameter(0, 100, 50, Linear);
    this.parameter(0, 100, 50, Linear);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS); // spread
    this.parameter(-120, 12, -12, Amplitude, GLIDE_SECONDS);
  }

  activate(): void {
    this.report(1);
    this.patch = this.allocate(PATCH_BYTES);
    this.fours = this.allocate(<usize>FOURS * FOUR_VOICES_BYTES);
    this.amps = this.allocate(<usize>MOST * ADSR_BYTES);
    this.filters = this.allocate(<usize>MOST * ADSR_BYTES);
    this.ampShape = this.allocate(ADSR_SHAPE_BYTES);
    this.filterShape = this.allocate(ADSR_SHAPE_BYTES);
    this.voices = this.allocate(VOICES_BYTES);
    changetype<Voices>(this.voices).init(this.allocate(<usize>MOST * VOICE_BYTES), MOST, this.amps, ADSR_BYTES);
    this.held = this.allocate(HELD_KEYS_BYTES);
    this.lfo = this.allocate(LFO_BYTES);
    this.bends = this.allocate(64);
    this.wheels = this.allocate(64);
    this.source1 = this.allocate(SOURCE_BYTES);
    this.source2 = this.allocate(SOURCE_BYTES);
    this.noise = this.allocate(SLIDE_BYTES);
    this.dry = this.allocate(SLIDE_BYTES);
    this.band = this.allocate(SLIDE_BYTES);
    this.low = this.allocate(SLIDE_BYTES);
    this.level = this.allocate(SLIDE_BYTES);
    this.rows = this.allocate(<usize>STRIDE << 4);
    this.levels = this.allocate(<usize>STRIDE << 4);
    this.leftSums = this.allocate(<usize>STRIDE << 4);
    this.rightSums = this.allocate(<usize>STRIDE << 4);
  }

  reset(): void {
    changetype<Voices>(this.voices).reset();
    changetype<HeldKeys>(this.held).reset();
    memory.fill(this.bends, 0, 64);
    memory.fill(this.wheels, 0, 64);
    for (let v: u32 = 0; v < MOST; v++) {
      this.amp(v).init(this.ampShape);
      this.filter(v).init(this.filterShape);
    }
    // its state stands where rows will stand: only its numbers are wanted
    const seeds = changetype<Noise>(this.rows);
    seeds.seed(this.seed);
    for (let g: u32 = 0; g < FOURS; g++) {
      const four = this.four(g);
      four.reset();
      // never 0, which would stay 0
      four.noise = i32x4(seeds.next() | 1, seeds.next() | 1, seeds.next() | 1, seeds.next() | 1);
    }
    this.left = 0;
    this.rest = 0;
    this.isFresh = 1;
    this.lastVoice = -1;
    this.tuning1 = -1000; // none that there is
    this.tuning2 = -1000;
  }

  update(frames: u32): void {
    const patch = changetype<Patch>(this.patch);
    const tuning1 = this.tuningOf(WAVE_1);
    const tuning2 = this.tuningOf(WAVE_2);
    if (tuning1 != this.tuning1) patch.tune1 = Math.pow(2.0, tuning1 / 12.0);
    if (tuning2 != this.tuning2) patch.tune2 = Math.pow(2.0, tuning2 / 12.0);
    this.tuning1 = tuning1;
    this.tuning2 = tuning2;
    patch.cutoff = <f32>(Math.log2(this.sampleRate) - this.of(CUTOFF).now);
    patch.keyShare = <f32>(this.of(KEY_TRACKING).now * 0.01);
    patch.amount = <f32>this.of(FILTER_AMOUNT).now;
    patch.k = <f32>(1.0 / this.of(RESONANCE).hertz);
    patch.lfoPitch = <f32>(this.of(LFO_PITCH).now / 1200.0);
    patch.lfoCutoff = <f32>this.of(LFO_CUTOFF).now;
    patch.wheelPitch = <f32>(this.of(WHEEL).now / 1200.0);
    patch.bendPitch = <f32>(this.of(BEND_RANGE).plain / 12.0);
    changetype<Lfo>(this.lfo).aim(this.of(LFO_RATE).hertz / this.sampleRate);
    this.shape(changetype<AdsrShape>(this.ampShape), ATTACK);
    this.shape(changetype<AdsrShape>(this.filterShape), FILTER_ATTACK);
    const voices = changetype<Voices>(this.voices);
    voices.limit = this.of(MODE).choice == POLY ? this.of(VOICES).choice : 1;
    for (let bits = voices.sounding; bits; bits &= bits - 1) {
      this.amp(<u32>ctz(bits)).follow();
      this.filter(<u32>ctz(bits)).follow();
    }
    const spread = <f32>(this.of(SPREAD).now * 0.01);
    for (let g: u32 = 0; g < FOURS; g++) this.spread(g, spread);
  }

  event(event: Event): void {
    if (!isMidi(event)) return;
    this.cut();
    if (this.isMoving) this.update(0); // what came in the same frame
    const voices = changetype<Voices>(this.voices);
    const isSilent = voices.sounding == 0;
    const isHeld = (voices.down & 1) != 0;
    const isTaken = this.play(event);
    if (isSilent && voices.started) {
      this.isFresh = 1;
      changetype<Lfo>(this.lfo).phase = 0;
    }
    const isSlurred = isHeld && this.of(MODE).choice == LEGATO;
    for (let bits = voices.started; bits; bits &= bits - 1) this.start(<u32>ctz(bits), isSlurred);
    for (let bits = voices.released; bits; bits &= bits - 1) {
      this.amp(<u32>ctz(bits)).release();
      this.filter(<u32>ctz(bits)).release();
    }
    for (let bits = voices.cut; bits; bits &= bits - 1) this.amp(<u32>ctz(bits)).fade();
    if (!isTaken) this.control(event);
  }

  render(from: u32, to: u32): void {
    const voices = changetype<Voices>(this.voices);
    while (from < to) {
      if (voices.sounding == 0) {
        for (let c: u32 = 0; c < this.outputChannels; c++) {
          memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
        }
        return;
      }
      if (this.left == 0) this.begin();
      const frames = min(to - from, this.left);
      this.renderPart(from, frames);
      this.left -= frames;
      from += frames;
      if (this.left == 0) this.pass(STRIDE);
    }
  }

  finishBlock(frames: u32): void {
    this.setReport(0, <f32>changetype<Voices>(this.voices).soundingCount);
  }

  /** A release, and what is left of its stride. */
  tailFrames(): i32 {
    return <i32>(changetype<AdsrShape>(this.ampShape).releaseFrames + STRIDE);
  }

  isQuiet(): bool {
    return changetype<Voices>(this.voices).sounding == 0;
  }

  // notes

  /** What an event means to voices. @returns false when it is for nothing there */
  private play(event: Event): bool {
    const voices = changetype<Voices>(this.voices);
    const held = changetype<HeldKeys>(this.held);
    const kind = midiKind(event);
    const channel = midiChannel(event);
    const key = (channel << 7) | midiFirst(event);
    if (kind == NOTE_ON) held.press(key, midiSecond(event));
    else if (kind == NOTE_OFF) held.lift(key);
    else if (kind == CONTROLLER && midiFirst(event) >= ALL_SOUND_OFF && midiFirst(event) != RESET_CONTROLLERS) held.liftAll(channel);
    const isLifted = kind == NOTE_OFF && (voices.down & 1) != 0 && voices.at(0).key == key;
    if (this.of(MODE).choice == POLY || !isLifted || !held.count) return voices.take(event);
    // another key is down: it sounds again
    voices.clear();
    voices.noteOn(held.key >> 7, held.key & 127, held.velocity);
    return true;
  }

  private start(index: u32, isSlurred: bool): void {
    const voice = changetype<Voices>(this.voices).at(index);
    const four = this.four(index >> 2);
    const lane = index & 3;
    const amp = this.amp(index);
    const octaves = (<f32>voice.note - 60) / 12;
    const glide: f32 = this.lastVoice < 0 ? 0 : this.lastPitch() - octaves;
    const glideFrames = glide == 0 ? 0 : <u32>(this.of(GLIDE).plain * 0.001 * this.sampleRate + 0.5);
    const hertz = 440.0 * Math.pow(2.0, (<f64>voice.note - 69.0) / 12.0);
    four.tune(lane, (hertz / this.sampleRate) * 4294967296.0, octaves, glide, glideFrames);
    four.setBend(lane, load<f32>(this.bends + (<usize>voice.channel << 2)));
    four.setWheel(lane, load<f32>(this.wheels + (<usize>voice.channel << 2)));
    this.lastVoice = index;
    this.lastOctaves = octaves;
    if (isSlurred) return;
    if (amp.isOver) {
      four.refresh(lane);
      this.filter(index).init(this.filterShape);
    }
    amp.start(velocityGain(voice.velocity, this.of(VELOCITY_LEVEL).plain * 0.01));
    this.filter(index).start(velocityGain(voice.velocity, this.of(VELOCITY_FILTER).plain * 0.01));
  }

  /** Where the last note is by now, in octaves above note 60. */
  private lastPitch(): f32 {
    return this.lastOctaves + this.four(this.lastVoice >> 2).glideOf(this.lastVoice & 3);
  }

  private control(event: Event): void {
    const kind = midiKind(event);
    const channel = midiChannel(event);
    if (kind == PITCH_BEND) this.bend(channel, midiBend(event));
    if (kind != CONTROLLER) return;
    if (midiFirst(event) == 1) this.wheel(channel, <f32>midiSecond(event) / 127);
    if (midiFirst(event) != RESET_CONTROLLERS) return;
    this.bend(channel, 0);
    this.wheel(channel, 0);
  }

  private bend(channel: u32, value: f32): void {
    store<f32>(this.bends + (<usize>channel << 2), value);
    const voices = changetype<Voices>(this.voices);
    for (let bits = voices.sounding; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      if (voices.at(index).channel == channel) this.four(index >> 2).setBend(index & 3, value);
    }
  }

  private wheel(channel: u32, value: f32): void {
    store<f32>(this.wheels + (<usize>channel << 2), value);
    const voices = changetype<Voices>(this.voices);
    for (let bits = voices.sounding; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      if (voices.at(index).channel == channel) this.four(index >> 2).setWheel(index & 3, value);
    }
  }

  // strides

  /** Ends a stride before its time. */
  private cut(): void {
    if (this.left == 0) return;
    this.rest = this.left;
    this.left = 0;
    this.pass(STRIDE - this.rest);
  }

  /** `frames` frames of a stride are over. */
  private pass(frames: u32): void {
    const voices = changetype<Voices>(this.voices);
    const lfo = changetype<Lfo>(this.lfo);
    lfo.phase += lfo.step * <u64>frames;
    for (let bits = voices.sounding; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      this.filter(index).skip(frames);
      if (this.amp(index).isOver) voices.end(index);
    }
    for (let g: u32 = 0; g < FOURS; g++) this.four(g).pass(frames);
  }

  /** A stride begins: everything heads for where it will be. */
  private begin(): void {
    const lfo = changetype<Lfo>(this.lfo);
    const swingNow = <f32>swingOf(lfo.phase, 0);
    const swing = <f32>swingOf(lfo.phase + lfo.step * STRIDE, 0);
    const rest = this.rest;
    const isFresh = this.isFresh != 0;
    const mix = <f32>(this.of(MIX).now * 0.01);
    const width = <f64>swing * this.of(LFO_WIDTH).now;
    const source1 = changetype<Source>(this.source1);
    const source2 = changetype<Source>(this.source2);
    if (isFresh) {
      source1.jump(this.of(WAVE_1).choice, 1 - mix, this.of(WAVE_1 + 4).now + width);
      source2.jump(this.of(WAVE_2).choice, mix, this.of(WAVE_2 + 4).now + width);
    } else {
      source1.aim(this.of(WAVE_1).choice, 1 - mix, this.of(WAVE_1 + 4).now + width, rest, STRIDE);
      source2.aim(this.of(WAVE_2).choice, mix, this.of(WAVE_2 + 4).now + width, rest, STRIDE);
    }
    const k = changetype<Patch>(this.patch).k;
    const filter = this.of(FILTER).choice; // low-pass, band-pass, high-pass, none
    this.slide(this.noise, <f32>this.of(NOISE).now);
    this.slide(this.dry, filter >= 2 ? 1 : 0);
    this.slide(this.band, filter == 1 ? k : filter == 2 ? -k : 0);
    this.slide(this.low, filter == 0 ? 1 : filter == 2 ? -1 : 0);
    this.slide(this.level, <f32>this.of(LEVEL).now);
    const patch = changetype<Patch>(this.patch);
    for (let g: u32 = 0; g < FOURS; g++) {
      if (!this.isSounding(g)) continue;
      const now = this.filterLevels(g, 0);
      this.four(g).aim(patch, now, this.filterLevels(g, STRIDE), swingNow, swing, rest, STRIDE);
    }
    this.isFresh = 0;
    this.rest = 0;
    this.left = STRIDE;
  }

  @inline private slide(at: usize, value: f32): void {
    if (this.isFresh) changetype<Slide>(at).jump(value);
    else changetype<Slide>(at).aim(value, this.rest, STRIDE);
  }

  @inline private filterLevels(four: u32, ahead: u32): v128 {
    const v = four << 2;
    const low = f32x4(<f32>this.filter(v).ahead(ahead), <f32>this.filter(v + 1).ahead(ahead), 0, 0);
    return f32x4.replace_lane(
      f32x4.replace_lane(low, 2, <f32>this.filter(v + 2).ahead(ahead)),
      3,
      <f32>this.filter(v + 3).ahead(ahead),
    );
  }

  /** Frames within one stride. */
  private renderPart(from: u32, frames: u32): void {
    const left = this.left;
    const bytes = <usize>STRIDE << 4;
    memory.fill(this.leftSums, 0, bytes);
    memory.fill(this.rightSums, 0, bytes);
    const noise = changetype<Slide>(this.noise);
    for (let g: u32 = 0; g < FOURS; g++) {
      if (!this.isSounding(g)) continue;
      const four = this.four(g);
      const amps = this.amps + <usize>(g << 2) * ADSR_BYTES;
      memory.fill(this.rows, 0, <usize>frames << 4);
      changetype<Source>(this.source1).add(four.one, this.rows, frames, left);
      changetype<Source>(this.source2).add(four.two, this.rows, frames, left);
      if (!noise.isZero) four.addNoise(this.rows, frames, left, noise);
      const dry = changetype<Slide>(this.dry);
      four.filter.filter(this.rows, frames, left, dry, changetype<Slide>(this.band), changetype<Slide>(this.low));
      adsrFour(amps, amps + ADSR_BYTES, amps + 2 * ADSR_BYTES, amps + 3 * ADSR_BYTES, this.levels, frames);
      four.place(this.rows, this.levels, this.leftSums, this.rightSums, frames);
    }
    const level = changetype<Slide>(this.level);
    sumRows(this.leftSums, this.out(0) + (<usize>from << 2), frames, left, level);
    if (this.outputChannels > 1) sumRows(this.rightSums, this.out(1) + (<usize>from << 2), frames, left, level);
  }

  // what the parameters say

  /** Semitones of an oscillator above its note. */
  private tuningOf(first: u32): f64 {
    return 12.0 * this.of(first + 1).plain + this.of(first + 2).plain + this.of(first + 3).now * 0.01;
  }

  private shape(shape: AdsrShape, first: u32): void {
    const perMs = 0.001;
    const attack = this.of(first).now * perMs;
    const decay = this.of(first + 1).now * perMs;
    const sustain = this.of(first + 2).now * 0.01;
    shape.set(attack, decay, sustain, this.of(first + 3).now * perMs, this.sampleRate);
  }

  /** Equal power, 0 dB in the middle; one channel has no sides. */
  private spread(four: u32, spread: f32): void {
    const at = this.four(four);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const side = <f64>(spread * load<f32>(PLACES + (<usize>(((four << 2) + lane) & 7) << 2)));
      const angle = (side + 1.0) * (Math.PI / 4.0);
      const isMono = this.outputChannels == 1;
      at.setPan(lane, isMono ? 1 : <f32>(Math.SQRT2 * Math.cos(angle)), isMono ? 1 : <f32>(Math.SQRT2 * Math.sin(angle)));
    }
  }

  @inline private isSounding(four: u32): bool {
    return ((changetype<Voices>(this.voices).sounding >> <u64>(four << 2)) & 15) != 0;
  }

  @inline private four(index: u32): FourVoices {
    return changetype<FourVoices>(this.fours + <usize>index * FOUR_VOICES_BYTES);
  }

  @inline private amp(index: u32): Adsr {
    return changetype<Adsr>(this.amps + <usize>index * ADSR_BYTES);
  }

  @inline private filter(index: u32): Adsr {
    return changetype<Adsr>(this.filters + <usize>index * ADSR_BYTES);
  }
}
