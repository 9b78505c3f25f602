import type { DeviceKind } from './device.ts';
import { DeviceThread } from './device-thread.ts';

/** Without a setting: listeners would rather have the sound late than not, and no card waits. */
const BUFFER_MS = 50;

/** The clock without a sound card: blocks are due at absolute times of the machine's monotonic clock. */
export const paced: DeviceKind = {
  maxBlocks: 1,
  find: async ({ sampleRate, blockFrames, bufferBlocks }) => ({
    id: 'paced',
    kind: 'paced',
    sampleRate,
    blockFrames,
    outputChannels: 2,
    state: 'stopped',
    bufferBlocks: bufferBlocks ?? Math.max(0, Math.round((BUFFER_MS / 1000) * (sampleRate / blockFrames)) - 1),
  }),
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./paced-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
