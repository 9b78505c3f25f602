import { CONTROLLER, NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, SUSTAIN } from './messages.ts';

/** A message that an instance takes: of a channel, whole. */
export function isChannelMessage(data: Uint8Array | null): data is Uint8Array {
  if (!data || data.length < 2 || data.length > 3) return false;
  const isShort = (data[0]! & 0xe0) === 0xc0; // program and channel pressure
  return data[0]! >= 0x80 && data[0]! < 0xf0 && data.length === (isShort ? 2 : 3);
}

/** What a MIDI keyboard holds, so that all of it can be let go when it is unplugged or another one is chosen. */
export class HeldByInput {
  /** Channel x 128 + note. */
  private readonly keys = new Set<number>();
  private readonly pedals = new Set<number>();

  /** Takes a message on its way to an instance. */
  follow(bytes: Uint8Array): void {
    const [status = 0, first = 0, second = 0] = bytes;
    const channel = status & 0x0f;
    const key = (channel << 7) | first;
    const kind = status & 0xf0;
    if (kind === NOTE_ON && second > 0) this.keys.add(key);
    else if (kind === NOTE_ON || kind === NOTE_OFF) this.keys.delete(key);
    else if (kind === CONTROLLER && first === SUSTAIN && second >= 64) this.pedals.add(channel);
    else if (kind === CONTROLLER && first === SUSTAIN) this.pedals.delete(channel);
  }

  /** Messages that let everything go. */
  release(): number[][] {
    const messages = [
      ...[...this.keys].map((key) => [NOTE_OFF | (key >> 7), key & 0x7f, RELEASE_VELOCITY]),
      ...[...this.pedals].map((channel) => [CONTROLLER | channel, SUSTAIN, 0]),
    ];
    this.keys.clear();
    this.pedals.clear();
    return messages;
  }
}
