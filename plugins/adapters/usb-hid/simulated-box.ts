import type { SimulatedDevice } from '@audiocloud/api';

/** The sound that the simulated box gets. */
const INPUT_DB = -4;
const FULL_SCALE = 1024;

/**
 * A level box with unnumbered reports. [control]
 *
 * Out, a page of 4 bytes: 0x80, 0x00, gain (0 to 200: -50 to 50 dB in steps of half a decibel), bits (0: mute).
 * In, a page of 6 bytes: 0x01, level as u16 little-endian (1024 is full scale), bits (0: clip), two zeros; told when it moves.
 * The level falls by a tenth at each tick.
 */
export function levelBox(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let gainDb = -50;
  let isMuted = false;
  let level = 0;
  return {
    receive(bytes) {
      if (bytes.length !== 5 || bytes[0] !== 0 || bytes[1] !== 0x80 || bytes[2] !== 0 || bytes[3]! > 200) return;
      gainDb = bytes[3]! / 2 - 50;
      isMuted = (bytes[4]! & 1) === 1;
    },
    tick() {
      const wanted = isMuted ? 0 : Math.round(Math.min(1, 10 ** ((INPUT_DB + gainDb) / 20)) * FULL_SCALE);
      if (level === wanted) return;
      level = Math.max(wanted, Math.floor(level * 0.9));
      const isClipped = level === FULL_SCALE ? 1 : 0;
      send(Uint8Array.of(0, 0x01, level & 0xff, level >> 8, isClipped, 0, 0));
    },
  };
}
