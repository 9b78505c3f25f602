import { setFlagsFromString } from 'node:v8';

let isLive = false;

/**
 * This process renders live blocks: from now on the code of every render twin is compiled, optimised, before it is used. [control]
 *
 * Without it a module's first thousand calls run 1.2 to 5 times slower, some of them inside live blocks. It costs 35
 * to 42 ms of compiling for 100 KiB. The flags have no effect on modules already compiled, and are not allowed in
 * NODE_OPTIONS. They hold for every WebAssembly module of the process: one of several MiB (a compiler, say) takes many
 * seconds, so load such a thing elsewhere. Compile synchronously: with lazy compilation off an asynchronous compile does not keep the process alive.
 */
export function optimiseWasm(): void {
  if (isLive) return;
  isLive = true;
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
}

/**
 * Compiles what renders: all of it at once in a process that is live (`optimiseWasm`), else each function when it is called
 * first, optimised while it runs. An offline render uses a few models of a plugin and need not wait for the code of all,
 * and decoders in other threads, which the flags would make slow to begin, are compiled as V8 sees fit. The results are the same bits. [control]
 */
export function compileForBlocks(bytes: Uint8Array): WebAssembly.Module {
  return isLive ? new WebAssembly.Module(bytes as BufferSource) : compileWhenCalled(bytes);
}

/**
 * Compiles what is not for live blocks: each function when it is called first. [control]
 *
 * Of a module of 190 KiB that is 3 ms instead of 500 of processor time. The flag is of the process: what another thread compiles in these
 * milliseconds is compiled so too, which is no render twin, since those are compiled on the control thread.
 */
export function compileWhenCalled(bytes: Uint8Array): WebAssembly.Module {
  setFlagsFromString('--wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } finally {
    if (isLive) setFlagsFromString('--no-wasm-lazy-compilation');
  }
}
