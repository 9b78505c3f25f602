import { AudioCloudError } from '@audiocloud/api';
import { CardProcess } from './card-process.ts';
import type { DeviceFacts, DeviceKind, DeviceSettings } from './device.ts';
import { DeviceThread } from './device-thread.ts';

const CHANNELS = 2;

/** Opens the card for a moment; resolves with the rate at which it runs. */
function probe(sampleRate: number): Promise<number> {
  return new Promise((resolve, reject) => {
    new CardProcess({ sampleRate, channels: CHANNELS, frames: 0 }, (note) => {
      if ('up' in note) resolve(note.up.sampleRate);
      if (!('lost' in note)) return;
      const message = `Cannot open a sound card: ${note.lost}; use the paced device`;
      reject(new AudioCloudError('DEVICE_FAILED', message, { device: 'web-audio' }));
    });
  });
}

/** A sound card through node-web-audio-api, stereo, in a process of its own; sound is scheduled some 40 ms ahead. */
export const webAudio: DeviceKind = {
  maxBlocks: 16,
  find: async ({ sampleRate, blockFrames }: DeviceSettings): Promise<DeviceFacts> => ({
    id: 'web-audio',
    kind: 'web-audio',
    sampleRate: await probe(sampleRate),
    blockFrames,
    outputChannels: CHANNELS,
    state: 'stopped',
  }),
  open: (facts, host) =>
    new DeviceThread(facts, host, new URL(`./web-audio-thread${import.meta.url.slice(-3)}`, import.meta.url)),
};
