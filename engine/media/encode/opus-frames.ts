import { createRequire } from 'node:module';
import { AudioCloudError } from '@audiocloud/api/errors';

/** Frames of one packet at 48 kHz: 20 ms. */
export const OPUS_FRAME_FRAMES = 960;
/** Largest packet of one stream of up to two channels (RFC 6716, 3.4: 1275, and its first byte). */
const MOST_PACKET_BYTES = 1276;
const APPLICATION_AUDIO = 2049;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const GET_LOOKAHEAD = 4027;

interface Handler {
  _encode(pcm: number, bytes: number, into: number, frames: number): number;
  _encoder_ctl(request: number, argument: number): number;
  delete(): void;
}
interface OpusLibrary {
  HEAPU8: Uint8Array;
  HEAP16: Int16Array;
  HEAP32: Int32Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  OpusScriptHandler: new (sampleRate: number, channels: number, application: number) => Handler;
}

let library: OpusLibrary | undefined;

export interface OpusFramesOptions {
  /** 1 or 2. */
  channels: number;
  /** Bits a second, 6000 to 256000 for each channel. */
  bitRate: number;
  /** Of libopus, 0 to 10; default 10. */
  complexity?: number;
}

/** Encodes Opus, 20 ms at a time. */
export interface OpusFrames {
  /** Frames of 48 kHz that a decoder gives before the sound. */
  readonly lookaheadFrames: number;
  /** OPUS_FRAME_FRAMES of interleaved 16-bit samples; the packet is valid until the next call. */
  encode(samples: Int32Array): Uint8Array;
  /** Gives its memory back. */
  free(): void;
}

/**
 * libopus at 48 kHz for up to two channels. [encode]
 *
 * It is the library of opusscript, called without its wrapper: that one writes its samples to twice their address, into memory that is
 * not its own, and does not tell the lookahead.
 */
export function createOpusFrames({ channels, bitRate, complexity = 10 }: OpusFramesOptions): OpusFrames {
  library ??= createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js')() as OpusLibrary;
  const lib = library;
  const samplesCount = OPUS_FRAME_FRAMES * channels;
  const pcm = lib._malloc(samplesCount * 2);
  const packet = lib._malloc(MOST_PACKET_BYTES * 3); // what it is told that it may take
  const word = lib._malloc(4);
  const handler = new lib.OpusScriptHandler(48000, channels, APPLICATION_AUDIO);
  const ask = (request: number, argument: number) => {
    const status = handler._encoder_ctl(request, argument);
    if (status !== 0)
      throw new AudioCloudError('RENDER_FAILED', `Cannot encode Opus: libopus refuses ${request} (${status})`);
  };
  ask(SET_BITRATE, bitRate);
  ask(SET_COMPLEXITY, complexity);
  ask(GET_LOOKAHEAD, word);
  const lookaheadFrames = lib.HEAP32[word >> 2]!;
  lib._free(word);
  let isAlive = true;
  return {
    lookaheadFrames,
    encode(samples) {
      lib.HEAP16.set(samples, pcm >> 1);
      // 0 bytes to unpack: they are samples already
      const bytes = handler._encode(pcm, 0, packet, OPUS_FRAME_FRAMES);
      if (bytes < 0) throw new AudioCloudError('RENDER_FAILED', `Cannot encode Opus: libopus says ${bytes}`);
      return lib.HEAPU8.subarray(packet, packet + bytes);
    },
    free() {
      if (!isAlive) return;
      isAlive = false;
      handler.delete();
      lib._free(pcm);
      lib._free(packet);
    },
  };
}
