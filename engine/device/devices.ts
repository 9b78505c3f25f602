import { AudioCloudError } from '@audiocloud/api';
import type { DeviceFacts, DeviceKind, DeviceSettings } from './device.ts';
import { paced } from './paced.ts';
import { pipe } from './pipe.ts';
import { webAudio } from './web-audio.ts';

/** Every kind of device, by the name that AUDIOCLOUD_DEVICE gives. */
export const DEVICE_KINDS: Record<string, DeviceKind> = {
  paced,
  pipe,
  'web-audio': webAudio,
};

/**
 * Chooses a device. [control]
 *
 * wanted: a kind, or `auto`: a sound card when there is one, else the paced clock. Throws DEVICE_UNKNOWN, DEVICE_FAILED.
 */
export async function findDevice(wanted: string, settings: DeviceSettings): Promise<DeviceFacts> {
  if (wanted === 'auto') return webAudio.find(settings).catch(() => paced.find(settings));
  const kind = DEVICE_KINDS[wanted];
  if (!kind)
    throw new AudioCloudError(
      'DEVICE_UNKNOWN',
      `Cannot use device '${wanted}': there are ${['auto', ...Object.keys(DEVICE_KINDS)].join(', ')}; set AUDIOCLOUD_DEVICE to one of them`,
      { device: wanted },
    );
  return kind.find(settings);
}
