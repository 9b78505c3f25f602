import type { DeviceKind } from './device.ts';
import { DeviceThread } from './device-thread.ts';

/** The clock without a sound card: blocks are due at absolute times of the machine's monotonic clock. */
export const paced: DeviceKind = {
  maxBlocks: 1,
  find: async ({ sampleRate, blockFrames }) => ({
    id: 'paced',
    kind: 'paced',
    sampleRate,
    blockFrames,
    outputChannels: 2,
    state: 'stopped',
  }),
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./paced-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
