import { AudioCloudError } from './errors.ts';

/** The largest message between domain and engine, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** A message on a byte stream: u32 little-endian length, then that many bytes. [any] */
export function frameMessage(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length, true);
  bytes.set(payload, 4);
  return bytes;
}

/** Collects chunks of a byte stream and gives whole messages. Throws TOO_LARGE; the stream is then of no more use. */
export class MessageReader {
  private chunks: Uint8Array[] = [];
  private bytes = 0;
  private wanted = -1;

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    for (;;) {
      if (this.wanted < 0) {
        if (this.bytes < 4) return;
        const head = this.take(4);
        this.wanted = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
        if (this.wanted > MAX_MESSAGE_BYTES)
          throw new AudioCloudError(
            'TOO_LARGE',
            `Cannot take a message of ${this.wanted} bytes: at most ${MAX_MESSAGE_BYTES}`,
          );
      }
      if (this.bytes < this.wanted) return;
      const message = this.take(this.wanted);
      this.wanted = -1;
      yield message;
    }
  }

  private take(count: number): Uint8Array {
    const first = this.chunks[0];
    this.bytes -= count;
    if (first && first.length >= count) {
      if (first.length === count) this.chunks.shift();
      else this.chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const out = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const chunk = this.chunks[0]!;
      const part = chunk.subarray(0, count - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(part.length);
    }
    return out;
  }
}
