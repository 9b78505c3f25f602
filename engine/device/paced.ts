import { AudioCloudError } from '@audiocloud/api';
import type { DeviceKind, DeviceSettings } from './device.ts';
import { DeviceThread } from './device-thread.ts';

/** Without a setting: listeners would rather have the sound late than not, and no card waits. */
const BUFFER_MS = 50;

/** Throws DEVICE_FAILED for a cable that cannot be. */
function channelsOf(rack: DeviceSettings['rack'], blockFrames: number) {
  const { outputs = 2, inputs = 0, loop = [] } = rack?.kind === 'paced' ? rack : {};
  for (const { output, input, frames } of loop) {
    const refuse = (why: string): never => {
      const message = `Cannot lay a cable from output ${output} to input ${input} of the paced device: ${why}`;
      throw new AudioCloudError('DEVICE_FAILED', message, { device: 'paced' });
    };
    if (output >= outputs) refuse(`it has ${outputs} outputs, from 0; raise \`outputs\``);
    if (input >= inputs) refuse(`it has ${inputs} inputs, from 0; raise \`inputs\``);
    if (frames < blockFrames)
      refuse(`a frame is back after a block of ${blockFrames} frames at the earliest, not after ${frames}`);
  }
  return { outputChannels: outputs, ...(inputs > 0 ? { inputChannels: inputs } : {}) };
}

/** The clock without a sound card: blocks are due at absolute times of the machine's monotonic clock. */
export const paced: DeviceKind = {
  maxBlocks: 1,
  find: async ({ sampleRate, blockFrames, bufferBlocks, rack }) => ({
    id: 'paced',
    kind: 'paced',
    sampleRate,
    blockFrames,
    ...channelsOf(rack, blockFrames),
    state: 'stopped',
    bufferBlocks: bufferBlocks ?? Math.max(0, Math.round((BUFFER_MS / 1000) * (sampleRate / blockFrames)) - 1),
  }),
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./paced-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
