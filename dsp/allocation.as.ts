let allocations: i32 = 0;

/** Zeroed memory, 16-byte aligned. Counted in the `count` target, which proves that rendering allocates nothing. [control] */
export function allocate(bytes: usize): usize {
  if (isDefined(COUNT_ALLOCATIONS)) allocations++;
  const address = heap.alloc(bytes);
  memory.fill(address, 0, bytes);
  return address;
}

/** `allocate` that keeps what was at `address` (0: nothing). [control] */
export function reallocate(address: usize, bytes: usize): usize {
  if (address == 0) return allocate(bytes);
  if (isDefined(COUNT_ALLOCATIONS)) allocations++;
  return heap.realloc(address, bytes);
}

/** How often memory was taken; only in the `count` target, else always 0. [any] */
export function ac_allocations(): i32 {
  return allocations;
}
