import { AudioCloudError } from '@audiocloud/api';
import type { DeviceKind, DeviceSettings } from './device.ts';
import { DeviceThread } from './device-thread.ts';

/** Throws DEVICE_FAILED where the rack does not say which programs. */
function channelsOf(rack: DeviceSettings['rack']) {
  const refuse = (why: string): never => {
    throw new AudioCloudError('DEVICE_FAILED', `Cannot use programs as a device: ${why}`, { device: 'pipe' });
  };
  if (rack?.kind !== 'pipe') return refuse('the rack says nothing of them; give it `device: { kind: pipe, ... }`');
  const { outputs = 0, inputs = 0, play, record } = rack;
  if (outputs + inputs === 0) refuse('there are no channels; give `outputs`, `inputs`, or both');
  if (outputs > 0 && !play) refuse('nothing plays the outputs; give `play`');
  if (inputs > 0 && !record && !play) refuse('nothing hears the inputs; give `record`');
  return { outputChannels: outputs, ...(inputs > 0 ? { inputChannels: inputs } : {}) };
}

/** Programs that play and record raw sound: any number of channels, and any driver. */
export const pipe: DeviceKind = {
  maxBlocks: 1,
  find: async ({ sampleRate, blockFrames, rack }) => ({
    id: 'pipe',
    kind: 'pipe',
    sampleRate,
    blockFrames,
    ...channelsOf(rack),
    state: 'stopped',
  }),
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./pipe-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
