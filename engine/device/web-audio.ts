import { AudioCloudError } from '@audiocloud/api';
import { CardProcess } from './card-process.ts';
import type { DeviceFacts, DeviceKind, DeviceSettings } from './device.ts';
import { DeviceThread } from './device-thread.ts';
import { inputDelayFrames } from './input-delay.ts';

const CHANNELS = 2;

/** Opens the card for a moment; resolves with the rate at which it runs. */
function probe(sampleRate: number): Promise<number> {
  return new Promise((resolve, reject) => {
    new CardProcess({ sampleRate, channels: CHANNELS, frames: 0, inputs: 0 }, (note) => {
      if ('up' in note) resolve(note.up.sampleRate);
      if (!('lost' in note)) return;
      const message = `Cannot open a sound card: ${note.lost}; use the paced device`;
      reject(new AudioCloudError('DEVICE_FAILED', message, { device: 'web-audio' }));
    });
  });
}

/** A sound card through node-web-audio-api, stereo, both ways where the rack says `inputs: 2`, in a process of its own; sound is scheduled some 40 ms ahead. */
export const webAudio: DeviceKind = {
  maxBlocks: 16,
  find: async ({ sampleRate: wanted, blockFrames, rack }: DeviceSettings): Promise<DeviceFacts> => {
    const sampleRate = await probe(wanted);
    const hears = rack?.kind === 'web-audio' && rack.inputs === CHANNELS;
    return {
      id: 'web-audio',
      kind: 'web-audio',
      sampleRate,
      blockFrames,
      outputChannels: CHANNELS,
      ...(hears ? { inputChannels: CHANNELS, inputDelayFrames: inputDelayFrames(sampleRate) } : {}),
      state: 'stopped',
    };
  },
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./web-audio-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
