import type { OscMapping } from '@audiocloud/api';

/** One OSC message. `T` is true or false, without a byte. */
export interface OscSurfaceMessage {
  address: string;
  arguments: { type: OscMapping['osc']['type']; value: number | string | boolean }[];
}

/** What goes to and comes from a control surface: one whole MIDI message, or one OSC message. */
export type SurfaceMessage = Uint8Array | OscSurfaceMessage;

/** Whether it is MIDI with these upper bits of a status byte, on a channel from 1 to 16. [any] */
export function isMidi(message: SurfaceMessage, status: number, channel: number): message is Uint8Array {
  return message instanceof Uint8Array && message[0] === (status | (channel - 1));
}

/** The first argument as a number; a message without one is a press, 1; undefined for text. [any] */
export function oscNumber({ arguments: [first] }: OscSurfaceMessage): number | undefined {
  if (!first) return 1;
  return typeof first.value === 'string' || Number.isNaN(Number(first.value)) ? undefined : Number(first.value);
}
