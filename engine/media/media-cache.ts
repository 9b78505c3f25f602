import type { AudioData } from './audio-data.ts';

/** Decoded media by key, within a number of bytes; what was not used for longest goes first. */
export interface MediaCache {
  get(key: string): AudioData | undefined;
  /** Keeps it, unless it alone is larger than the limit. */
  put(key: string, audio: AudioData): void;
  readonly bytes: number;
}

export function createMediaCache(maxBytes: number): MediaCache {
  const entries = new Map<string, AudioData>(); // a Map keeps the order of putting: the first is the oldest
  let bytes = 0;
  const sizeOf = (audio: AudioData) => audio.data[0]?.buffer.byteLength ?? 0;
  const drop = (key: string) => {
    const audio = entries.get(key);
    if (audio && entries.delete(key)) bytes -= sizeOf(audio);
  };
  return {
    get bytes() {
      return bytes;
    },
    get(key) {
      const audio = entries.get(key);
      if (audio) {
        entries.delete(key);
        entries.set(key, audio);
      }
      return audio;
    },
    put(key, audio) {
      drop(key);
      if (sizeOf(audio) > maxBytes) return;
      entries.set(key, audio);
      bytes += sizeOf(audio);
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
