import { NoteMapping } from '@audiocloud/api';
import { channelStatus, whole7 } from '../midi-bytes.ts';
import type { MappingKind } from './kind.ts';

const ON = 0x90;
const OFF = 0x80;
/** Velocity of a note off from a device without its own: the middle (MIDI 1.0 Detailed Specification, Note-Off). */
const OFF_VELOCITY = 64;

/** One key, its velocity as the value: 0 is sent as note off. */
export const note: MappingKind<NoteMapping> = {
  key: 'note',
  carries: 'midi',
  schema: NoteMapping,
  wires: () => [0, 0x7f],
  occupies: ({ note: { channel, note } }) => [`note ${note} of channel ${channel}`],
  writer:
    ({ note: { channel, note } }) =>
    (wire) => {
      const velocity = whole7(Number(wire));
      return {
        key: undefined,
        bytes: velocity
          ? Uint8Array.of(channelStatus(ON, channel), note, velocity)
          : Uint8Array.of(channelStatus(OFF, channel), note, OFF_VELOCITY),
      };
    },
  reader:
    ({ note: { channel, note } }) =>
    (message) => {
      if (!(message instanceof Uint8Array) || message[1] !== note) return undefined;
      if (message[0] === channelStatus(ON, channel)) return message[2];
      return message[0] === channelStatus(OFF, channel) ? 0 : undefined;
    },
};
