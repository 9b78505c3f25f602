import { AudioCloudError, type Packet } from '@audiocloud/api';

export function damaged({ format, serial }: Packet, why: string): AudioCloudError {
  return new AudioCloudError('DECODER_FAILED', `Cannot decode packet ${serial} (${format}): ${why}`, {
    format,
    serial,
  });
}
