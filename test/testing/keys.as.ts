import { Event } from '../../dsp/abi.as';
import { Instance } from '../../dsp/instance.as';
import { isMidi, midiChannel, midiFirst, midiKind, midiSecond, NOTE_OFF, NOTE_ON } from '../../dsp/midi.as';
import { model } from '../../dsp/plugin.as';

export * from '../../dsp/plugin.as';

const INPUTS: u32 = 2;
const KEYS: u32 = 2048; // 16 channels of 128
const PER_VELOCITY: f32 = 1.0 / 1024.0;
const PER_MESSAGE: f32 = 1.0 / 16777216.0; // 24 bits, all that f32 holds

/**
 * An instrument whose frames tell what it was sent, exactly: in channels 0 and 1 the sum of the velocities of the keys that are down, in 1/1024, one
 * channel for each midi input; in channel 2 the last message that was none of a note (status + 256 x first + 65,536 x second),
 * in 2^-24; in channel 3 the frames of the media in its slot, in 2^-24.
 */
@final
@unmanaged
class Keys extends Instance {
  held: usize; // u8[INPUTS][KEYS]: velocities
  sums: usize; // u32[INPUTS]
  last: u32;

  create(): void {
    this.output(4);
    this.mediaSlot();
  }

  activate(): void {
    this.held = this.allocate(INPUTS * KEYS);
    this.sums = this.allocate(INPUTS << 2);
  }

  reset(): void {
    memory.fill(this.held, 0, INPUTS * KEYS);
    memory.fill(this.sums, 0, INPUTS << 2);
    this.last = 0;
  }

  update(frames: u32): void {}

  event(event: Event): void {
    if (!isMidi(event) || event.id >= INPUTS) return;
    const kind = midiKind(event);
    if (kind != NOTE_ON && kind != NOTE_OFF) {
      this.last = load<u32>(changetype<usize>(event), 16);
      return;
    }
    const velocity = kind == NOTE_ON ? midiSecond(event) : 0;
    const key = this.held + event.id * KEYS + (midiChannel(event) << 7) + midiFirst(event);
    const sum = this.sums + (event.id << 2);
    store<u32>(sum, load<u32>(sum) + velocity - <u32>load<u8>(key));
    store<u8>(key, velocity);
  }

  render(from: u32, to: u32): void {
    for (let i: u32 = 0; i < INPUTS; i++) this.fill(i, from, to, <f32>load<u32>(this.sums + (i << 2)) * PER_VELOCITY);
    this.fill(2, from, to, <f32>this.last * PER_MESSAGE);
    this.fill(3, from, to, <f32>this.mediaOf(0).frames * PER_MESSAGE);
  }

  isQuiet(): bool {
    return !(load<u32>(this.sums) | load<u32>(this.sums, 4) | this.last | this.mediaOf(0).frames);
  }

  private fill(channel: u32, from: u32, to: u32, value: f32): void {
    for (let i = from; i < to; i++) store<f32>(this.out(channel) + (<usize>i << 2), value);
  }
}

@global @inline function serve(index: u32, call: i32, at: usize, argument: u32, count: u32): i32 {
  if (index == 0) return model<Keys>(call, at, argument, count);
  return -1;
}
