import { setFlagsFromString } from 'node:v8';

let done = false;

/**
 * Makes V8 compile WebAssembly with its optimising compiler at once, in this process from now on. [control]
 *
 * Without it a module's first thousand calls run 1.2 to 5 times slower, some of them inside live blocks. It costs 35
 * to 42 ms of compiling for 100 KiB. The flags have no effect on modules already compiled, and are not allowed in
 * NODE_OPTIONS. They hold for every WebAssembly module of the process: one of several MiB (a compiler, say) takes many
 * seconds, so load such a thing elsewhere. Compile synchronously: with lazy compilation off an asynchronous compile does not keep the process alive.
 */
export function optimiseWasm(): void {
  if (done) return;
  done = true;
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
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
    if (done) setFlagsFromString('--no-wasm-lazy-compilation');
  }
}
