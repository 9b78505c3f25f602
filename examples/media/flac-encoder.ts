import type { Flac } from 'libflacjs';

/** libflacjs takes a global fetch for a browser's and fails: it is hidden while the module loads. */
async function loadFlac(): Promise<Flac> {
  const hidden = globalThis.fetch;
  Reflect.deleteProperty(globalThis, 'fetch');
  try {
    const { default: factory } = await import('libflacjs');
    const flac = factory('release.wasm');
    if (!flac.isReady()) await new Promise<void>((resolve) => flac.on('ready', () => resolve()));
    return flac;
  } finally {
    globalThis.fetch = hidden;
  }
}

/** A FLAC file of 16 bits with its length and MD5 in the header. channels: integers, one list for each channel. */
export async function encodeFlac(channels: Int32Array[], sampleRate: number): Promise<Uint8Array> {
  const flac = await loadFlac();
  const frames = channels[0]!.length;
  const encoder = flac.create_libflac_encoder(sampleRate, channels.length, 16, 8, frames, false);
  const parts: Uint8Array[] = [];
  let streamInfo: { min_framesize: number; max_framesize: number; md5sum: string } | undefined;
  const status = flac.init_encoder_stream(
    encoder,
    (bytes) => void parts.push(bytes.slice()),
    (info) => {
      if (info) streamInfo = info;
    },
  );
  if (status !== 0) throw new Error(`FLAC encoder refused to start: status ${status}`);
  const interleaved = new Int32Array(frames * channels.length);
  channels.forEach((samples, c) => {
    samples.forEach((x, i) => {
      interleaved[i * channels.length + c] = x;
    });
  });
  if (!flac.FLAC__stream_encoder_process_interleaved(encoder, interleaved, frames))
    throw new Error(`FLAC encoder failed in state ${flac.FLAC__stream_encoder_get_state(encoder)}`);
  flac.FLAC__stream_encoder_finish(encoder);
  flac.FLAC__stream_encoder_delete(encoder);
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    file.set(part, at);
    return at + part.length;
  }, 0);
  // What the encoder knows only at the end belongs into STREAMINFO, whose body begins at byte 8 (RFC 9639, section 8.2).
  const put24 = (at: number, value: number) => file.set([value >> 16, value >> 8, value], at);
  put24(12, streamInfo!.min_framesize);
  put24(15, streamInfo!.max_framesize);
  file.set(Buffer.from(streamInfo!.md5sum, 'hex'), 26);
  return file;
}
