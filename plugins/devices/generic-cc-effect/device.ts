import { type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const CONTROL = 0xb0;
const MIX = 20;
const LEVEL = 21;
const MOST = 127;

/**
 * An effect with MIDI: controller 20 is its mix, controller 21 tells its level. Channel 1. [control]
 *
 * The level is the mix of what it hears, all of it at -20 dB; it is reached a quarter of the way at each tick, at least one step, and
 * sent when it moves.
 */
export function ccEffect(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let mix = 0;
  let level = 0;
  let heard: readonly SoundLevel[] = [TEST_TONE];
  const wanted = () => {
    const peakDb = Math.max(...heard.map((one) => one.peakDb));
    return Math.round(mix * Math.min(1, 10 ** ((peakDb - TEST_TONE.peakDb) / 20)));
  };
  return {
    receive(bytes) {
      for (let at = 0; at + 2 < bytes.length; at += 3)
        if (bytes[at] === CONTROL && bytes[at + 1] === MIX) mix = Math.min(MOST, bytes[at + 2]!);
    },
    tick() {
      const to = wanted();
      if (level === to) return;
      const step = (to - level) / 4;
      level = Math.abs(step) < 1 ? level + Math.sign(step) : Math.round(level + step);
      send(Uint8Array.of(CONTROL, LEVEL, level));
    },
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ mix, level }),
  };
}
