import { simulatedAdapter } from '@audiocloud/api';

/** A node with a lamp: its brightness, channel 1, follows what was written by a tenth of the way at each tick, and is told as a page. */
function lamp(send) {
  let wanted = 0;
  let brightness = 0;
  return {
    receive(page) {
      if (page.length > 0) wanted = page[0];
    },
    tick() {
      if (brightness === wanted) return;
      const step = (wanted - brightness) / 10;
      brightness = Math.abs(step) < 1 ? brightness + Math.sign(step) : Math.round(brightness + step);
      send(Uint8Array.of(brightness, 0));
    },
  };
}

export const adapter = simulatedAdapter(lamp, { delayMs: 1, jitterMs: 3 });
