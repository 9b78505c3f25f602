import { BendMapping } from '@audiocloud/api';
import { channelStatus, whole14 } from '../midi-bytes.ts';
import type { MappingKind } from './kind.ts';

/** The pitch wheel: 14 bits, lower half first. */
export const bend: MappingKind<BendMapping> = {
  key: 'bend',
  carries: 'midi',
  schema: BendMapping,
  wires: () => [0, 0x3fff],
  occupies: ({ bend: { channel } }) => [`pitch bend of channel ${channel}`],
  writer:
    ({ bend: { channel } }) =>
    (wire) => {
      const value = whole14(Number(wire));
      return { key: undefined, bytes: Uint8Array.of(channelStatus(0xe0, channel), value & 0x7f, value >> 7) };
    },
  reader:
    ({ bend: { channel } }) =>
    (message) =>
      message instanceof Uint8Array && message[0] === channelStatus(0xe0, channel)
        ? (message[2]! << 7) | message[1]!
        : undefined,
};
