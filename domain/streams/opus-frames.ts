/** Frames at 48 kHz of one frame of each configuration (RFC 6716, table 2): SILK, hybrid, CELT. */
const SILK = [480, 960, 1920, 2880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];

/** Frames at 48 kHz that an Opus packet holds (RFC 6716, section 3.1); 0 for what is none. [any] */
export function opusFrames(packet: Uint8Array): number {
  if (packet.length === 0) return 0;
  const configuration = packet[0]! >> 3;
  const one =
    configuration < 12
      ? SILK[configuration & 3]!
      : configuration < 16
        ? HYBRID[configuration & 1]!
        : CELT[configuration & 3]!;
  const code = packet[0]! & 3;
  const count = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  const frames = one * count;
  return frames <= 5760 ? frames : 0;
}
