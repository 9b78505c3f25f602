/** Bytes of a message after its status byte, by its high nibble: program change and channel pressure have one. */
const dataBytes = (status: number) => ((status & 0xe0) === 0xc0 ? 1 : 2);
/** Of system messages. */
const systemDataBytes = (status: number) => (status === 0xf2 ? 2 : status === 0xf1 || status === 0xf3 ? 1 : 0);

/** No device of this kind says more in one message; what does is noise. */
const MAX_SYSEX_BYTES = 65536;

/** A number rounded and clamped to 7 bits, or to 14. [any] */
export const whole7 = (value: number) => Math.max(0, Math.min(0x7f, Math.round(value)));
export const whole14 = (value: number) => Math.max(0, Math.min(0x3fff, Math.round(value)));

/** Status byte of a channel message. kind: the high nibble. channel: 1 to 16. [any] */
export const channelStatus = (kind: number, channel: number) => kind | (channel - 1);

/**
 * Whole messages out of a stream of MIDI bytes, cut anywhere; running status is written out. [any]
 *
 * Real-time bytes between any two bytes are messages of one byte. `garbage` counts bytes that belong to no message.
 */
export class MidiReader {
  garbage = 0;
  /** Status of the message being read; 0: none. */
  private status = 0;
  private readonly data: number[] = [];

  *push(bytes: Uint8Array): Generator<Uint8Array> {
    for (const byte of bytes) {
      if (byte >= 0xf8) yield Uint8Array.of(byte);
      else if (byte === 0xf7 && this.status === 0xf0) yield this.take(0, byte);
      else if (byte >= 0x80) {
        this.drop();
        this.status = byte === 0xf7 ? 0 : byte;
        if (byte >= 0xf0 && byte !== 0xf0 && byte !== 0xf7 && systemDataBytes(byte) === 0) yield this.take(0);
      } else if (this.status === 0) this.garbage++;
      else {
        this.data.push(byte);
        if (this.status === 0xf0) {
          if (this.data.length > MAX_SYSEX_BYTES) {
            this.drop();
            this.status = 0;
          }
        } else if (this.status > 0xf0) {
          if (this.data.length === systemDataBytes(this.status)) yield this.take(0);
        } else if (this.data.length === dataBytes(this.status)) yield this.take(this.status);
      }
    }
  }

  /** The message that is complete. next: the status that goes on, running. */
  private take(next: number, ...last: number[]): Uint8Array {
    const message = Uint8Array.of(this.status, ...this.data, ...last);
    this.data.length = 0;
    this.status = next;
    return message;
  }

  private drop(): void {
    this.garbage += this.data.length;
    this.data.length = 0;
  }
}
