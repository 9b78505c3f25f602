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
