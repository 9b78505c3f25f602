import type { OscMapping } from '@audiocloud/api';

export type OscType = OscMapping['osc']['type'];
/** T: a boolean, F on the wire when false. */
export interface OscArgument {
  type: OscType;
  value: number | string | boolean;
}
export interface OscMessage {
  address: string;
  arguments: OscArgument[];
}

/** Bundles within bundles: as deep as anybody needs. */
const MAX_DEPTH = 8;

/** Text ends with 1 to 4 zero bytes, up to a multiple of 4 (OSC 1.0, OSC-string). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function argument({ type, value }: OscArgument): Buffer {
  const number = Number(value);
  switch (type) {
    case 'f': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatBE(number);
      return bytes;
    }
    case 'd': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(number);
      return bytes;
    }
    case 'i': {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(number))));
      return bytes;
    }
    case 'h': {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(Math.round(number))));
      return bytes;
    }
    case 's':
      return text(String(value));
    case 'T':
      return Buffer.alloc(0);
  }
}

/** One OSC 1.0 message as a packet. [any] */
export function writeOsc(message: OscMessage): Uint8Array {
  const tags = message.arguments.map(({ type, value }) => (type === 'T' ? (value ? 'T' : 'F') : type));
  return Buffer.concat([text(message.address), text(`,${tags.join('')}`), ...message.arguments.map(argument)]);
}

/** The messages of a packet, those of a bundle in their order; undefined for what is no OSC. [any] */
export function readOsc(packet: Uint8Array): OscMessage[] | undefined {
  try {
    return readPacket(Buffer.from(packet.buffer, packet.byteOffset, packet.length), 0);
  } catch {
    return undefined; // cut short: a read beyond the end
  }
}

function readPacket(bytes: Buffer, depth: number): OscMessage[] | undefined {
  if (depth > MAX_DEPTH || bytes.length % 4 !== 0) return undefined;
  if (bytes.toString('latin1', 0, 8) !== '#bundle\0') {
    const message = readMessage(bytes);
    return message && [message];
  }
  const messages: OscMessage[] = [];
  for (let at = 16; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (at + 4 + size > bytes.length) return undefined;
    const inner = readPacket(bytes.subarray(at + 4, at + 4 + size), depth + 1);
    if (!inner) return undefined;
    messages.push(...inner);
    at += 4 + size;
  }
  return messages;
}

function readMessage(bytes: Buffer): OscMessage | undefined {
  let at = 0;
  const readText = (): string | undefined => {
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    const value = bytes.toString('latin1', at, end);
    at = (end + 4) & ~3;
    return value;
  };
  const address = readText();
  if (!address?.startsWith('/')) return undefined;
  const tags = at < bytes.length ? readText() : ',';
  if (!tags?.startsWith(',')) return undefined;
  const values: OscArgument[] = [];
  const take = (size: number) => {
    at += size;
    return at - size;
  };
  for (const tag of tags.slice(1)) {
    if (tag === 'f') values.push({ type: 'f', value: bytes.readFloatBE(take(4)) });
    else if (tag === 'd') values.push({ type: 'd', value: bytes.readDoubleBE(take(8)) });
    else if (tag === 'i') values.push({ type: 'i', value: bytes.readInt32BE(take(4)) });
    else if (tag === 'h') values.push({ type: 'h', value: Number(bytes.readBigInt64BE(take(8))) });
    else if (tag === 'T' || tag === 'F') values.push({ type: 'T', value: tag === 'T' });
    else if (tag === 's') {
      const value = readText();
      if (value === undefined) return undefined;
      values.push({ type: 's', value });
    } else return undefined;
  }
  return { address, arguments: values };
}
