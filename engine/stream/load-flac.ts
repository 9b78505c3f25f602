import { createRequire } from 'node:module';

/** What is used of libflacjs. */
export interface Flac {
  isReady(): boolean;
  on(event: 'ready', listener: () => void): void;
  create_libflac_encoder(
    sampleRate: number,
    channels: number,
    bits: number,
    level: number,
    totalSamples: number,
    verify: boolean,
    blockFrames: number,
  ): number;
  /** samples: of the frame that is given; 0 for what stands before all frames of a file. Returns 0 when it begins. */
  init_encoder_stream(encoder: number, write: (bytes: Uint8Array, length: number, samples: number) => void): number;
  FLAC__stream_encoder_process_interleaved(encoder: number, samples: Int32Array, frames: number): boolean;
  FLAC__stream_encoder_finish(encoder: number): boolean;
  FLAC__stream_encoder_delete(encoder: number): void;
}

let loading: Promise<Flac> | undefined;

/** libFLAC as WebAssembly, once for each thread. */
export function loadFlac(): Promise<Flac> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Flac> {
  // With a global fetch it takes itself for a browser and cannot find its wasm.
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, 'fetch');
  let flac: Flac;
  try {
    flac = createRequire(import.meta.url)('libflacjs')('release.wasm') as Flac;
    if (!flac.isReady()) await new Promise<void>((resolve) => flac.on('ready', resolve));
  } finally {
    globalThis.fetch = fetch;
  }
  return flac;
}
