import { simulatedAdapter } from '@audiocloud/api';

/** A device with one value: takes `[0x01, value]`, tells `[0x02, level]` when its level moves towards the value. */
function levelDevice(send) {
  let value = 0;
  let level = 0;
  return {
    receive(packet) {
      if (packet.length === 2 && packet[0] === 0x01) value = packet[1];
    },
    tick() {
      if (level === value) return;
      level += Math.sign(value - level);
      send(Uint8Array.of(0x02, level));
    },
  };
}

export const adapter = simulatedAdapter(levelDevice, { delayMs: 1, jitterMs: 4 });
