import { type Adapter, simulatedAdapter } from '@audiocloud/api';

/** A bus whose devices say what they hear, once more at each tick. */
export const adapter: Adapter = simulatedAdapter((send) => {
  let last: Uint8Array | undefined;
  return {
    receive(bytes) {
      last = bytes;
      send(bytes);
    },
    tick: () => last && send(last),
  };
});
