import { AudioCloudError, type Instance, type MediaSlot, type Model } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { isOnDisk, type TaskSounds } from '../media/disk-sound.ts';

/** Whether two pieces of media sound the same: a file that was opened again may be another object. */
export function isSameSound(a: AudioData | undefined, b: AudioData | undefined): boolean {
  if (!a || !b || a === b) return a === b;
  if (a.sampleRate !== b.sampleRate || a.channels !== b.channels || a.frames !== b.frames) return false;
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
  return a.data.every((channel, c) => Buffer.compare(bytes(channel), bytes(b.data[c]!)) === 0);
}

const places = ({ count = 1 }: MediaSlot): number => count;

/**
 * What an instance has in each place of its slots, all counted through; undefined where nothing is given. [control]
 *
 * Throws GRAPH_INVALID, MEDIA_MISSING, TOO_LARGE, CHANNELS_MISMATCH, naming instance, slot and media.
 */
export function instanceMedia(
  name: string,
  instance: Instance,
  model: Model,
  media: TaskSounds,
): (AudioData | undefined)[] {
  const slots = model.mediaSlots ?? [];
  const given = instance.media ?? {};
  for (const id of Object.keys(given))
    if (!slots.some((slot) => slot.id === id))
      throw new AudioCloudError(
        'GRAPH_INVALID',
        `Cannot give media to ${name}.${id}: ${model.id} has the slots ${slots.map((slot) => slot.id).join(', ') || '(none)'}`,
        { instance: name, slot: id },
      );
  return slots.flatMap((slot) => {
    const names = ([] as (string | null)[]).concat((Object.hasOwn(given, slot.id) ? given[slot.id] : undefined) ?? []);
    const where = `${name}.${slot.id}`;
    if (names.length > places(slot))
      throw new AudioCloudError(
        'GRAPH_INVALID',
        `Cannot give ${names.length} pieces of media to ${where}: it takes ${places(slot)}`,
        { instance: name, slot: slot.id },
      );
    return Array.from({ length: places(slot) }, (_, i) => {
      const wanted = names[i];
      return wanted == null ? undefined : fitting(where, slot, wanted, media);
    });
  });
}

function fitting(where: string, { maxSeconds, maxChannels }: MediaSlot, wanted: string, media: TaskSounds): AudioData {
  const data = Object.hasOwn(media, wanted) ? media[wanted]! : undefined;
  if (!data)
    throw new AudioCloudError(
      'MEDIA_MISSING',
      `Cannot give '${wanted}' to ${where}: the task has no media of that name`,
      { media: wanted },
    );
  const seconds = data.frames / data.sampleRate;
  if (seconds > maxSeconds)
    throw new AudioCloudError(
      'TOO_LARGE',
      `Cannot give '${wanted}' to ${where}: it lasts ${seconds.toFixed(2)} s, the slot takes ${maxSeconds} s; cut it`,
      { media: wanted, seconds, maxSeconds },
    );
  if (data.channels > maxChannels)
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot give '${wanted}' to ${where}: it has ${data.channels} channels, the slot takes ${maxChannels}`,
      { media: wanted, channels: data.channels, maxChannels },
    );
  if (!isOnDisk(data)) return data;
  if (data.whole) return data.whole;
  throw new AudioCloudError(
    'INTERNAL',
    `Cannot give '${wanted}' to ${where}: it was not read as a whole; load the task again`,
    { media: wanted },
  );
}
