import type { ListenRequest } from '@audiocloud/client';

/** A way to be sent the stream that a listener may choose. */
export interface Quality {
  id: string;
  name: string;
  asks: Pick<ListenRequest, 'format' | 'bitRate' | 'packetMs' | 'adaptive'>;
  /** By WebRTC where browser and domain can, else as it asks. */
  isPeer?: boolean;
}

/** The first is the default. */
export const QUALITIES: readonly Quality[] = [
  { id: 'auto', name: 'Auto', asks: { format: 'flac24', adaptive: true } },
  {
    id: 'low-latency',
    name: 'Least delay (WebRTC)',
    asks: { format: 'opus', bitRate: 192_000, packetMs: 10 },
    isPeer: true,
  },
  { id: 'flac24', name: 'Lossless, 24 bits', asks: { format: 'flac24' } },
  { id: 'flac16', name: 'Lossless, 16 bits', asks: { format: 'flac16' } },
  { id: 'opus-256', name: 'Opus, 256 kbit/s', asks: { format: 'opus', bitRate: 256_000 } },
  { id: 'opus-128', name: 'Opus, 128 kbit/s', asks: { format: 'opus', bitRate: 128_000 } },
  { id: 'opus-64', name: 'Opus, 64 kbit/s', asks: { format: 'opus', bitRate: 64_000 } },
  { id: 'opus-32', name: 'Opus, 32 kbit/s', asks: { format: 'opus', bitRate: 32_000 } },
  { id: 's16', name: 'PCM, 16 bits', asks: { format: 's16' } },
  { id: 'f32', name: 'PCM, as rendered', asks: { format: 'f32' } },
];

const KEY = 'audiocloud.listen.quality';

/** What was chosen in this browser the last time. */
export function keptQuality(): Quality {
  const kept = read();
  return QUALITIES.find(({ id }) => id === kept) ?? QUALITIES[0]!;
}

export function keepQuality({ id }: Quality): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // a browser that keeps nothing: the choice is for this visit
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
