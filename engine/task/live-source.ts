import { AudioCloudError, type LiveSource } from '@audiocloud/api';
import { PushRing } from '../render/push-ring.ts';
import type { LiveSourceImage } from '../render/task-image.ts';

const BUFFER_MS = 60;

/** What a live source of a track meets. */
export interface SourcePlace {
  track: string;
  channels: number;
  sampleRate: number;
  /** Of the device that the task plays on; undefined: there is none, and the inputs are silent. */
  inputChannels: number | undefined;
}

/** A live source as it is rendered. Throws CHANNELS_MISMATCH for inputs that the device does not have. [control] */
export function newLiveSource(
  { kind, firstChannel = 0, bufferMs = BUFFER_MS }: LiveSource,
  { track, channels, sampleRate, inputChannels }: SourcePlace,
): LiveSourceImage {
  if (kind === 'push') return { kind, ring: PushRing.create(channels, sampleRate, bufferMs / 1000) };
  const last = firstChannel + channels - 1;
  if (inputChannels !== undefined && last >= inputChannels)
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot hear inputs ${firstChannel} to ${last} on track '${track}': the device has ${inputChannels}, counted from 0; choose others, or another device`,
      { track },
    );
  return { kind, firstChannel };
}
