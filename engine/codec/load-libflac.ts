import { createRequire } from 'node:module';

/** What is used of libFLAC: encoders, each known by its address. */
export interface Libflac {
  isReady(): boolean;
  on(event: 'ready', listener: () => void): void;
  create_libflac_encoder(
    sampleRate: number,
    channels: number,
    bits: number,
    level: number,
    /** 0: not known. */
    totalFrames: number,
    verify: boolean,
    blockFrames: number,
  ): number;
  /**
   * Returns 0 when it begins. `bytes` is a view of its memory, valid until `write` returns; `samples` are those of the frame that is
   * given, 0 for what stands before all frames of a file.
   */
  init_encoder_stream(encoder: number, write: (bytes: Uint8Array, length: number, samples: number) => void): number;
  /** The samples of all channels, as many bits as was said. */
  FLAC__stream_encoder_process_interleaved(encoder: number, samples: Int32Array, frames: number): boolean;
  FLAC__stream_encoder_finish(encoder: number): boolean;
  /** Frees its memory; nothing is written by then. */
  FLAC__stream_encoder_delete(encoder: number): void;
}

let loading: Promise<Libflac> | undefined;

/**
 * libFLAC in WebAssembly, once in a thread. [control]
 *
 * It would take `fetch` for the way to its file, and Node's fetches no files: it is hidden while the library begins to load, which
 * is one synchronous call.
 */
export function loadLibflac(): Promise<Libflac> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Libflac> {
  const { fetch } = globalThis;
  let library: Libflac;
  try {
    (globalThis as { fetch?: unknown }).fetch = undefined;
    library = createRequire(import.meta.url)('libflacjs')('release.wasm') as Libflac;
  } finally {
    globalThis.fetch = fetch;
  }
  if (!library.isReady()) await new Promise<void>((resolve) => library.on('ready', resolve));
  return library;
}
