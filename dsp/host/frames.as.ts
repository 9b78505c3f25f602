/**
 * Loops over one channel. Buffers are 16-byte aligned and padded to 4 frames: where padding is harmless, it is read and
 * written. [render]
 */

/** Bytes of `frames` frames with their padding. */
@inline export function padded(frames: u32): usize {
  return <usize>((frames + 3) & ~3) << 2;
}

@inline export function copy(to: usize, from: usize, frames: u32): void {
  memory.copy(to, from, padded(frames));
}

@inline export function add(to: usize, from: usize, frames: u32): void {
  const end = padded(frames);
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
}
