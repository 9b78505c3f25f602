/** Data bytes after a status byte: by high nibble for channel messages, by the whole byte for system ones. */
function dataBytes(status: number): number {
  if (status < 0xf0) return (status & 0xe0) === 0xc0 ? 1 : 2; // program change and channel pressure have one
  return status === 0xf2 ? 2 : status === 0xf1 || status === 0xf3 ? 1 : 0;
}

/** No device has dumps of this size: what never ends is left out. */
const LONGEST_SYSEX = 1 << 20;
const SYSEX = 0xf0;
const END = 0xf7;
const REAL_TIME = 0xf8;

/** Takes whole messages out of bytes, however they are cut into pieces. [any] */
export interface MidiReader {
  /** The messages that are whole now; a real-time message stands before the one that it interrupts. */
  push(bytes: Uint8Array): Uint8Array[];
}

/**
 * Bytes as whole messages: RtMidi sends one message a call, and some systems give a long SysEx in pieces. [any]
 *
 * Running status is written out. What is no message (data without status, a SysEx that another status cuts off) is left out:
 * it must not reach a device or a driver. A message that has begun waits for its other bytes.
 */
export function midiReader(): MidiReader {
  let running = 0;
  let open: number[] = [];
  let isTooLong = false;
  return {
    push(bytes) {
      const messages: Uint8Array[] = [];
      const end = () => {
        if (!isTooLong) messages.push(Uint8Array.from(open));
        open = [];
        isTooLong = false;
      };
      const begin = (status: number) => {
        open = [status];
        isTooLong = false;
        if (status !== SYSEX && dataBytes(status) === 0) end();
      };
      for (const byte of bytes) {
        if (byte >= REAL_TIME) messages.push(Uint8Array.of(byte));
        else if (byte === END) {
          if (open[0] === SYSEX) {
            open.push(END);
            end();
          }
          running = 0;
        } else if (byte >= 0x80) {
          running = byte < SYSEX ? byte : 0;
          begin(byte);
        } else {
          if (!open.length && running) open = [running];
          if (!open.length) continue;
          if (open.length < LONGEST_SYSEX) open.push(byte);
          else isTooLong = true;
          if (open[0] !== SYSEX && open.length === dataBytes(open[0]!) + 1) end();
        }
      }
      return messages;
    },
  };
}
