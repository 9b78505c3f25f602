import { ADSR_SHAPE_BYTES, AdsrShape } from '../../dsp/adsr.as';
import { Event } from '../../dsp/abi.as';
import { Instance } from '../../dsp/instance.as';
import {
  CONTROLLER,
  isMidi,
  midiBend,
  midiChannel,
  midiFirst,
  midiKind,
  midiSecond,
  NOTE_ON,
  PITCH_BEND,
  RESET_CONTROLLERS,
} from '../../dsp/midi.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { SINC_BYTES, Sinc, sincBytes } from '../../dsp/sinc.as';
import { sineOfPhase } from '../../dsp/sine.as';
import { velocityGain } from '../../dsp/velocity.as';
import { MOST_VOICES, VOICE_BYTES, VOICES_BYTES, Voices } from '../../dsp/voices.as';
import { ENVELOPE, PIECE_FRAMES, SAMPLER_VOICE_BYTES, SamplerVoice, WORK_BYTES } from './voice.as';

const PLACES: u32 = 32;
const MOST_FADING: u32 = 32;

// of a place
const ROOT: u32 = 0;
const LOW_KEY: u32 = 1;
const HIGH_KEY: u32 = 2;
const LOW_VELOCITY: u32 = 3;
const HIGH_VELOCITY: u32 = 4;
const TUNE: u32 = 5;
const LEVEL: u32 = 6;
const PAN: u32 = 7;
const START: u32 = 8;
const END: u32 = 9;
const MODE: u32 = 10;
const LOOP_START: u32 = 11;
const LOOP_END: u32 = 12;
const CROSSFADE: u32 = 13;
const CHOKE: u32 = 14;
// of all
const ATTACK: u32 = 15;
const DECAY: u32 = 16;
const SUSTAIN: u32 = 17;
const RELEASE: u32 = 18;
const VELOCITY: u32 = 19;
const BEND_RANGE: u32 = 20;
const TRACKING: u32 = 21;
const POLYPHONY: u32 = 22;
const OUTPUT: u32 = 23;
const FILTER: u32 = 24;
const CUTOFF: u32 = 25;
const Q: u32 = 26;
const FILTER_VELOCITY: u32 = 27;

const LOOP: u32 = 1;
const ONE_SHOT: u32 = 2;

const GLIDE_SECONDS: f32 = 0.01; // shorter is heard as a click, longer as lag
const LONGEST_SECONDS: f64 = 60; // of a sample
const LONGEST_MS: f64 = 20000; // of a part of the envelope
const REACH_FRAMES: i32 = 256; // what the filter gives behind the last frame of a sound, at the lowest speed

/**
 * A sampler of 32 places, each with a piece of media, the keys and velocities it sounds at, and how it is played.
 *
 * A note starts a voice on every place that holds media and takes its key and velocity: they sound together. Its speed is
 * 2^(semitones / 12), semitones = (key - root) tracking + tune + bend, read by windowed sinc (sinc.as.ts). A voice that is
 * stolen or choked goes on for 5 ms beside the others while it fades. A key that comes again lets go what it sounds.
 *
 * Two outputs: mono media by constant power (-3.01 dB in the middle), stereo media by balance (the middle is unchanged), as Gain
 * does. One output: the mean of the channels. What is said of a place is taken when a note starts; level, pan and tune move.
 *
 * Cost of a voice for a frame: 13 ns mono and 20 ns stereo up to speed 1, half of that at speed 1 itself, 35 ns at 2, 53 at 4, stereo; the
 * low-pass 8 ns.
 */
@final
@unmanaged
export class Sampler extends Instance {
  shape: usize; // AdsrShape
  sincs: usize; // Sinc
  voices: usize; // Voices
  playing: usize; // SamplerVoice[MOST_VOICES]
  fading: usize; // SamplerVoice[MOST_FADING], what was stolen or choked
  fadingBits: u32; // of `fading`, those that sound
  work: usize; // WORK_BYTES
  bends: usize; // f32[16], a channel's bend, -1 to 1
  started: u32; // voices, at this frame

  create(): void {
    this.output(2);
    this.parameter(0, 127, 60, Jump, 0, PLACES);
    this.parameter(0, 127, 0, Jump, 0, PLACES);
    this.parameter(0, 127, 127, Jump, 0, PLACES);
    this.parameter(1, 127, 1, Jump, 0, PLACES);
    this.parameter(1, 127, 127, Jump, 0, PLACES);
    this.parameter(-1200, 1200, 0, Linear, GLIDE_SECONDS, PLACES);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS, PLACES);
    this.parameter(-1, 1, 0, Linear, GLIDE_SECONDS, PLACES);
    this.parameter(0, LONGEST_SECONDS, 0, Linear, 0, PLACES);
    this.parameter(0, LONGEST_SECONDS, LONGEST_SECONDS, Linear, 0, PLACES);
    this.parameter(0, 2, 0, Jump, 0, PLACES);
    this.parameter(0, LONGEST_SECONDS, 0, Linear, 0, PLACES);
    this.parameter(0, LONGEST_SECONDS, LONGEST_SECONDS, Linear, 0, PLACES);
    this.parameter(0, 2000, 0, Linear, 0, PLACES);
    this.parameter(0, 16, 0, Jump, 0, PLACES);
    this.parameter(0, LONGEST_MS, 0, Linear);
    this.parameter(0, LONGEST_MS, 0, Linear);
    this.parameter(0, 100, 100, Linear);
    this.parameter(0, LONGEST_MS, 50, Linear);
    this.parameter(0, 100, 100, Linear);
    this.parameter(0, 24, 2, Linear, GLIDE_SECONDS);
    this.parameter(0, 100, 100, Linear, GLIDE_SECONDS);
    this.parameter(1, MOST_VOICES, 32, Jump);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Jump);
    this.parameter(20, 20000, 20000, Octave, GLIDE_SECONDS);
    this.parameter(0.5, 10, 0.7071, Linear, GLIDE_SECONDS);
    this.parameter(0, 8, 0, Linear, GLIDE_SECONDS);
    this.mediaSlot(PLACES);
  }

  activate(): void {
    this.shape = this.allocate(ADSR_SHAPE_BYTES);
    this.sincs = this.allocate(SINC_BYTES);
    changetype<Sinc>(this.sincs).init(this.allocate(sincBytes()));
    this.playing = this.allocate(<usize>MOST_VOICES * SAMPLER_VOICE_BYTES);
    this.fading = this.allocate(<usize>MOST_FADING * SAMPLER_VOICE_BYTES);
    for (let i: u32 = 0; i < MOST_VOICES; i++) this.voice(i).envelope.shape = this.shape;
    this.voices = this.allocate(VOICES_BYTES);
    const table = this.allocate(<usize>MOST_VOICES * VOICE_BYTES);
    this.allocation.init(table, MOST_VOICES, this.playing + ENVELOPE, SAMPLER_VOICE_BYTES);
    this.work = this.allocate(WORK_BYTES);
    this.bends = this.allocate(64);
    this.report(1);
  }

  reset(): void {
    this.allocation.reset();
    for (let i: u32 = 0; i < MOST_VOICES; i++) this.voice(i).envelope.init(this.shape);
    this.fadingBits = 0;
    this.started = 0;
    memory.fill(this.bends, 0, 64);
  }

  update(frames: u32): void {
    const attack = this.of(ATTACK).now * 0.001;
    const decay = this.of(DECAY).now * 0.001;
    const release = this.of(RELEASE).now * 0.001;
    changetype<AdsrShape>(this.shape).set(attack, decay, this.of(SUSTAIN).now * 0.01, release, this.sampleRate);
    this.allocation.limit = this.of(POLYPHONY).choice;
    for (let bits = this.allocation.sounding; bits; bits &= bits - 1) {
      const voice = this.voice(<u32>ctz(bits));
      voice.envelope.follow();
      this.aim(voice, frames);
    }
    for (let bits = this.fadingBits; bits; bits &= bits - 1) this.aim(this.fadingVoice(<u32>ctz(bits)), frames);
  }

  event(event: Event): void {
    if (!isMidi(event)) return;
    const channel = midiChannel(event);
    const kind = midiKind(event);
    if (kind == NOTE_ON) return this.noteOn(channel, midiFirst(event), midiSecond(event));
    this.allocation.take(event);
    this.letGo();
    for (let bits = this.allocation.cut; bits; bits &= bits - 1) this.leave(<u32>ctz(bits));
    if (kind == PITCH_BEND) this.bend(channel, midiBend(event));
    else if (kind == CONTROLLER && midiFirst(event) == RESET_CONTROLLERS) this.bend(channel, 0);
  }

  render(from: u32, to: u32): void {
    this.started = 0;
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
    }
    for (; from < to; from += PIECE_FRAMES) this.renderPiece(from, min(to - from, PIECE_FRAMES));
  }

  finishBlock(frames: u32): void {
    this.setReport(0, <f32>this.allocation.soundingCount);
  }

  isQuiet(): bool {
    return this.allocation.sounding == 0 && this.fadingBits == 0;
  }

  /** The release; where a place plays to its end, its sound at the lowest speed that its keys and a bend may ask for. */
  tailFrames(): i32 {
    let seconds = this.of(RELEASE).plain * 0.001;
    for (let place: u32 = 0; place < PLACES; place++) {
      const media = this.mediaOf(place);
      if (media.address == 0 || this.of(MODE, place).choice != ONE_SHOT) continue;
      const low = this.semitonesOf(place, this.of(LOW_KEY, place).choice) - this.of(BEND_RANGE).plain;
      const speed = Math.max(Math.pow(2.0, low * (1.0 / 12.0)), 0.0625);
      const end = Math.min(this.of(END, place).plain, <f64>media.frames / this.sampleRate);
      seconds = Math.max(seconds, (end - this.of(START, place).plain) / speed);
    }
    return <i32>Math.ceil(seconds * this.sampleRate) + REACH_FRAMES;
  }

  private noteOn(channel: u32, note: u32, velocity: u32): void {
    const voices = this.allocation;
    voices.clear();
    voices.release(channel, note);
    this.letGo();
    for (let place: u32 = 0; place < PLACES; place++) {
      if (this.takes(place, note, velocity)) this.choke(this.of(CHOKE, place).choice);
    }
    const peak = velocityGain(velocity, this.of(VELOCITY).plain * 0.01);
    for (let place: u32 = 0; place < PLACES; place++) {
      if (!this.takes(place, note, velocity)) continue;
      if (this.started == voices.limit) return; // all begin at this frame: there is no room for more
      this.started += 1;
      const index = voices.next();
      if ((voices.sounding >> index) & 1) this.leave(index);
      voices.begin(index, channel, note, velocity);
      this.start(this.voice(index), place, channel, note, velocity, peak);
    }
  }

  @inline private takes(place: u32, note: u32, velocity: u32): bool {
    if (this.mediaOf(place).address == 0) return false;
    if (note < this.of(LOW_KEY, place).choice || note > this.of(HIGH_KEY, place).choice) return false;
    return velocity >= this.of(LOW_VELOCITY, place).choice && velocity <= this.of(HIGH_VELOCITY, place).choice;
  }

  private start(voice: SamplerVoice, place: u32, channel: u32, note: u32, velocity: u32, peak: f64): void {
    const media = this.mediaOf(place);
    const mode = this.of(MODE, place).choice;
    voice.number = place;
    voice.channel = channel;
    voice.note = note;
    voice.velocity = velocity;
    voice.isOneShot = mode == ONE_SHOT ? 1 : 0;
    voice.isFiltered = this.of(FILTER).choice;
    voice.left = media.channel(0);
    voice.right = media.channels > 1 ? media.channel(1) : 0;
    voice.cut(this.framesOf(START, place), this.framesOf(END, place), media.frames);
    if (mode == LOOP) {
      const fadeFrames = <u32>(this.of(CROSSFADE, place).plain * 0.001 * this.sampleRate + 0.5);
      voice.loop(this.framesOf(LOOP_START, place), this.framesOf(LOOP_END, place), fadeFrames);
    }
    voice.position = <u64>voice.start << 32;
    voice.isFresh = 1;
    voice.filter.reset();
    this.aim(voice, 0);
    voice.envelope.init(this.shape);
    voice.envelope.start(peak);
  }

  /** What moves while a voice sounds: speed, gains, filter; to be reached within `frames`. */
  private aim(voice: SamplerVoice, frames: u32): void {
    const place = voice.number;
    const bend = <f64>load<f32>(this.bends + (<usize>voice.channel << 2)) * this.of(BEND_RANGE).now;
    voice.aimSpeed(changetype<Sinc>(this.sincs), Math.pow(2.0, (this.semitonesOf(place, voice.note) + bend) * (1.0 / 12.0)), frames);
    this.aimGains(voice, this.of(LEVEL, place).now * this.of(OUTPUT).now, this.of(PAN, place).now, frames);
    if (!voice.isFiltered) return;
    const octaves = this.of(FILTER_VELOCITY).now * (1.0 - <f64>voice.velocity * (1.0 / 127.0));
    const hertz = Math.max(this.of(CUTOFF).hertz * Math.pow(2.0, -octaves), 20.0);
    voice.filter.aim(Math.min(hertz / this.sampleRate, 0.45), this.of(Q).now, frames);
  }

  private aimGains(voice: SamplerVoice, level: f64, pan: f64, frames: u32): void {
    let left = level;
    let right = level;
    if (this.outputChannels == 1) {
      if (voice.right) {
        left = 0.5 * level;
        right = left;
      }
    } else if (voice.right) {
      left = level * Math.min(1.0, 1.0 - pan);
      right = level * Math.min(1.0, 1.0 + pan);
    } else {
      // constant power: the squares of both sides add up to 1
      const cycle = (pan + 1.0) * 0.125;
      left = level * sineOfPhase(0.25 + cycle);
      right = level * sineOfPhase(cycle);
    }
    voice.leftGain.aim(<f32>left, frames);
    voice.rightGain.aim(<f32>right, frames);
  }

  private bend(channel: u32, bend: f32): void {
    store<f32>(this.bends + (<usize>channel << 2), bend);
    this.keepMoving();
  }

  /** Keys that went up. */
  private letGo(): void {
    for (let bits = this.allocation.released; bits; bits &= bits - 1) {
      const voice = this.voice(<u32>ctz(bits));
      if (!voice.isOneShot) voice.envelope.release();
    }
  }

  /** Ends what an earlier note sounds in a group; 0 is none. */
  private choke(group: u32): void {
    if (group == 0) return;
    for (let bits = this.allocation.sounding; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      if (this.of(CHOKE, this.voice(index).number).choice == group) this.leave(index);
    }
  }

  /** A voice fades beside the others, if it has sounded, and may be started again. When all that fade are taken, the quietest ends at once. */
  private leave(index: u32): void {
    if (this.voice(index).isFresh) return this.allocation.end(index);
    const free = ~this.fadingBits ? <u32>ctz(~this.fadingBits) : this.quietestFading();
    const voice = this.fadingVoice(free);
    memory.copy(changetype<usize>(voice), changetype<usize>(this.voice(index)), SAMPLER_VOICE_BYTES);
    voice.envelope.fade();
    this.fadingBits |= 1 << free;
    this.allocation.end(index);
  }

  private quietestFading(): u32 {
    let quietest: u32 = 0;
    for (let i: u32 = 1; i < MOST_FADING; i++) {
      if (this.fadingVoice(i).envelope.value < this.fadingVoice(quietest).envelope.value) quietest = i;
    }
    return quietest;
  }

  private renderPiece(from: u32, frames: u32): void {
    for (let bits = this.allocation.sounding; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      if (!this.renderVoice(this.voice(index), from, frames)) this.allocation.end(index);
    }
    for (let bits = this.fadingBits; bits; bits &= bits - 1) {
      const index = <u32>ctz(bits);
      if (!this.renderVoice(this.fadingVoice(index), from, frames)) this.fadingBits &= ~(1 << index);
    }
  }

  private renderVoice(voice: SamplerVoice, from: u32, frames: u32): bool {
    const first = this.out(0) + (<usize>from << 2);
    const last = this.out(this.outputChannels - 1) + (<usize>from << 2);
    return voice.render(this.work, first, last, this.outputChannels > 1, frames, this.strideLeft);
  }

  /** Without the bend. */
  @inline private semitonesOf(place: u32, note: u32): f64 {
    const keys = <f64>(<i32>note - <i32>this.of(ROOT, place).choice);
    return keys * this.of(TRACKING).now * 0.01 + this.of(TUNE, place).now * 0.01;
  }

  @inline private framesOf(parameter: u32, place: u32): u32 {
    return <u32>(this.of(parameter, place).plain * this.sampleRate + 0.5);
  }

  @inline private get allocation(): Voices {
    return changetype<Voices>(this.voices);
  }

  @inline private voice(index: u32): SamplerVoice {
    return changetype<SamplerVoice>(this.playing + <usize>index * SAMPLER_VOICE_BYTES);
  }

  @inline private fadingVoice(index: u32): SamplerVoice {
    return changetype<SamplerVoice>(this.fading + <usize>index * SAMPLER_VOICE_BYTES);
  }
}
