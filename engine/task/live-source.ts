import type { LiveSource } from '@audiocloud/api';
import { PushRing } from '../render/push-ring.ts';
import type { LiveSourceImage } from '../render/task-image.ts';

const BUFFER_MS = 60;

/** A live source of a track with so many channels, as it is rendered. [control] */
export function newLiveSource(
  { kind, firstChannel = 0, bufferMs = BUFFER_MS }: LiveSource,
  channels: number,
  sampleRate: number,
): LiveSourceImage {
  return kind === 'device'
    ? { kind, firstChannel }
    : { kind, ring: PushRing.create(channels, sampleRate, bufferMs / 1000) };
}
