import { type Adapter, type SimulatedDevice, simulatedAdapter } from '@audiocloud/api';

const MIX = 20;
const LEVEL = 21;

/**
 * An effect with MIDI: controller 20 is its mix, controller 21 tells its level. Channel 1. [control]
 *
 * The level is the mix, reached a quarter of the way at each tick, at least one step; it is sent when it moves.
 */
function ccEffect(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let mix = 0;
  let level = 0;
  return {
    receive(bytes) {
      for (let at = 0; at + 2 < bytes.length; at += 3)
        if (bytes[at] === 0xb0 && bytes[at + 1] === MIX) mix = bytes[at + 2]!;
    },
    tick() {
      if (level === mix) return;
      const step = (mix - level) / 4;
      level = Math.abs(step) < 1 ? level + Math.sign(step) : Math.round(level + step);
      send(Uint8Array.of(0xb0, LEVEL, level));
    },
  };
}

/** MIDI without hardware: an effect on every port that is asked for. */
export const adapter: Adapter = simulatedAdapter(ccEffect);
