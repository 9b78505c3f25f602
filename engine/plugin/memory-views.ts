/** Typed views of one plugin memory. All see the same bytes; addresses are bytes, indices elements. */
export interface MemoryViews {
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Views of the whole memory as it is now. Growth of a shared memory leaves them valid, but they do not reach what is new. */
export function viewMemory(memory: WebAssembly.Memory): MemoryViews {
  const { buffer } = memory;
  return {
    buffer,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}
