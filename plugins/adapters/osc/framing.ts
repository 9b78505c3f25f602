import { AudioCloudError } from '@audiocloud/api';

/** How packets stand in a stream of bytes. slip: RFC 1055, with END on both sides, as OSC 1.1 wants it. */
export type Framing = 'length-32-be' | 'length-16-le' | 'slip';

/** No packet of OSC gear is near this; what claims to be is another framing. */
export const LARGEST_BYTES = 1 << 20;

const SLIP = { end: 0xc0, escape: 0xdb, escapedEnd: 0xdc, escapedEscape: 0xdd } as const;

const failed = (message: string) => new AudioCloudError('ADAPTER_FAILED', message);

/** One packet as it stands in the stream. [any] Throws DRIVER_INVALID for one that is too long for its framing. */
export function frame(packet: Uint8Array, framing: Framing): Uint8Array {
  const longest = framing === 'length-16-le' ? 0xffff : LARGEST_BYTES;
  if (packet.length > longest)
    throw new AudioCloudError(
      'DRIVER_INVALID',
      `Cannot send a packet of ${packet.length} bytes: ${framing} holds ${longest} at most`,
    );
  if (framing === 'slip') return slip(packet);
  const head = framing === 'length-32-be' ? 4 : 2;
  const framed = Buffer.alloc(head + packet.length);
  if (head === 4) framed.writeUInt32BE(packet.length);
  else framed.writeUInt16LE(packet.length);
  framed.set(packet, head);
  return framed;
}

function slip(packet: Uint8Array): Uint8Array {
  const out: number[] = [SLIP.end];
  for (const byte of packet)
    if (byte === SLIP.end) out.push(SLIP.escape, SLIP.escapedEnd);
    else if (byte === SLIP.escape) out.push(SLIP.escape, SLIP.escapedEscape);
    else out.push(byte);
  out.push(SLIP.end);
  return Uint8Array.from(out);
}

/** Takes the packets out of a stream, however it is cut into pieces. [any] */
export interface FrameReader {
  /** The packets that are whole now. Throws ADAPTER_FAILED when the stream can no longer be read: close it. */
  push(bytes: Uint8Array): Uint8Array[];
}

export function frameReader(framing: Framing): FrameReader {
  return framing === 'slip' ? slipReader() : lengthReader(framing);
}

function lengthReader(framing: 'length-32-be' | 'length-16-le'): FrameReader {
  const head = framing === 'length-32-be' ? 4 : 2;
  let parts: Uint8Array[] = [];
  let held = 0;
  /** Bytes that must be there before something can be taken out. */
  let wanted = head;
  return {
    push(bytes) {
      parts.push(bytes);
      held += bytes.length;
      if (held < wanted) return [];
      const all = parts.length === 1 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.concat(parts);
      const packets: Uint8Array[] = [];
      let at = 0;
      for (wanted = head; all.length - at >= wanted; wanted = head) {
        const length = head === 4 ? all.readUInt32BE(at) : all.readUInt16LE(at);
        if (length > LARGEST_BYTES)
          throw failed(`Cannot read the stream: it claims a packet of ${length} bytes; the framing is not ${framing}`);
        wanted = head + length;
        if (all.length - at < wanted) break;
        if (length) packets.push(all.subarray(at + head, at + wanted));
        at += wanted;
      }
      parts = at < all.length ? [all.subarray(at)] : [];
      held = all.length - at;
      return packets;
    },
  };
}

/** What is longer than a packet can be is passed over up to the next END: a slip stream finds its way back. */
function slipReader(): FrameReader {
  let packet: number[] = [];
  let isEscaped = false;
  let isDamaged = false;
  return {
    push(bytes) {
      const packets: Uint8Array[] = [];
      for (const byte of bytes) {
        if (byte === SLIP.end) {
          if (packet.length && !isDamaged && !isEscaped) packets.push(Uint8Array.from(packet));
          packet = [];
          isEscaped = false;
          isDamaged = false;
        } else if (isEscaped) {
          isEscaped = false;
          if (byte === SLIP.escapedEnd) packet.push(SLIP.end);
          else if (byte === SLIP.escapedEscape) packet.push(SLIP.escape);
          else isDamaged = true;
        } else if (byte === SLIP.escape) isEscaped = true;
        else if (!isDamaged) packet.push(byte);
        if (packet.length > LARGEST_BYTES) {
          packet = [];
          isDamaged = true;
        }
      }
      return packets;
    },
  };
}
