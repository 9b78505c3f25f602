/** Keys that are remembered: whoever holds more has them forgotten in the order of their coming. */
const MOST_KEYS: u32 = 32;

/**
 * The keys that are down, in the order of their coming: what an instrument of one voice plays is the last of them. [render]
 *
 * A key is channel 128 + note, as in voices.as.ts. Zeroed memory holds none.
 *
 * 0 count u32 · 4 keys u32[32], each key | velocity << 16
 */
@final
@unmanaged
export class HeldKeys {
  count: u32;

  reset(): void {
    this.count = 0;
  }

  /** A key comes, or comes again. */
  press(key: u32, velocity: u32): void {
    this.lift(key);
    if (this.count == MOST_KEYS) this.remove(0);
    store<u32>(this.at(this.count), key | (velocity << 16));
    this.count += 1;
  }

  lift(key: u32): void {
    for (let i: u32 = 0; i < this.count; i++) {
      if ((load<u32>(this.at(i)) & 0xffff) == key) {
        this.remove(i);
        return;
      }
    }
  }

  /** All keys of a channel go up. */
  liftAll(channel: u32): void {
    for (let i = this.count; i > 0; i--) {
      if ((load<u32>(this.at(i - 1)) & 0xffff) >> 7 == channel) this.remove(i - 1);
    }
  }

  /** The last key; only where `count` is above 0. */
  get key(): u32 {
    return load<u32>(this.at(this.count - 1)) & 0xffff;
  }

  get velocity(): u32 {
    return load<u32>(this.at(this.count - 1)) >> 16;
  }

  private remove(index: u32): void {
    this.count -= 1;
    memory.copy(this.at(index), this.at(index + 1), <usize>(this.count - index) << 2);
  }

  @inline private at(index: u32): usize {
    return changetype<usize>(this) + 4 + (<usize>index << 2);
  }
}

/** Bytes of one HeldKeys. */
export const HELD_KEYS_BYTES: usize = 4 + 4 * 32;
