/** A MIDI controller as a driver names it. channel: 1 to 16. */
export interface Controller {
  channel: number;
  controller: number;
  bits?: 7 | 14 | undefined;
}

/** The largest value of a controller. */
export const controllerMax = ({ bits }: Controller): number => (bits === 14 ? 0x3fff : 0x7f);

/**
 * Control change with `value` rounded and clamped to 7 or 14 bits. [any]
 *
 * 14 bits: most significant half on the controller, then the rest on controller + 32 (MIDI 1.0 Detailed
 * Specification, table III): a receiver takes the pair as one value when the second has come.
 */
export function ccBytes(target: Controller, value: number): Uint8Array {
  const whole = Math.max(0, Math.min(controllerMax(target), Math.round(value)));
  const status = 0xb0 | (target.channel - 1);
  return target.bits === 14
    ? Uint8Array.of(status, target.controller, whole >> 7, status, target.controller + 32, whole & 0x7f)
    : Uint8Array.of(status, target.controller, whole);
}

/** A control change that came in. channel: 1 to 16. */
export interface ControlChange {
  channel: number;
  controller: number;
  value: number;
}

/** Data bytes of a channel message, by its status. */
const dataBytes = (status: number) => ((status & 0xe0) === 0xc0 ? 1 : 2);

/**
 * Control changes out of a stream of MIDI bytes, cut anywhere. [any]
 *
 * Knows running status, real-time bytes between any two bytes, and SysEx (passed over). `garbage` counts bytes that
 * belong to no message.
 */
export class ControlChangeReader {
  garbage = 0;
  /** Status of the message being read; 0: none; 0xf0: inside a message of the system that is passed over. */
  private status = 0;
  private readonly data: number[] = [];

  *push(bytes: Uint8Array): Generator<ControlChange> {
    for (const byte of bytes) {
      if (byte >= 0xf8) continue; // real time: clock, active sensing, ...
      if (byte >= 0x80) {
        this.garbage += this.data.length;
        this.data.length = 0;
        this.status = byte < 0xf0 ? byte : byte === 0xf7 || byte === 0xf6 ? 0 : 0xf0;
        continue;
      }
      if (this.status === 0xf0) continue;
      if (this.status === 0) {
        this.garbage++;
        continue;
      }
      this.data.push(byte);
      if (this.data.length < dataBytes(this.status)) continue;
      const [controller, value] = this.data;
      this.data.length = 0;
      if ((this.status & 0xf0) === 0xb0)
        yield { channel: (this.status & 0x0f) + 1, controller: controller!, value: value! };
    }
  }
}
