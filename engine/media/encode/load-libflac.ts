import { createRequire } from 'node:module';

import type { Flac } from 'libflacjs';

let loading: Promise<Flac> | undefined;

/**
 * libFLAC in WebAssembly, once in a thread. [control]
 *
 * It would take `fetch` for the way to its file, and Node's fetches no files: it is hidden while the library begins to load, which
 * is one synchronous call.
 */
export function loadLibflac(): Promise<Flac> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Flac> {
  const { fetch } = globalThis;
  let library: Flac;
  try {
    (globalThis as { fetch?: unknown }).fetch = undefined;
    library = createRequire(import.meta.url)('libflacjs')('release.wasm') as Flac;
  } finally {
    globalThis.fetch = fetch;
  }
  if (!library.isReady()) await new Promise<void>((resolve) => library.on('ready', () => resolve()));
  return library;
}
