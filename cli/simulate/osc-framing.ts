/** How OSC packets stand in a stream: written on one side, found on the other. */
export interface StreamFraming {
  frame(packet: Uint8Array): Uint8Array;
  /** Whole packets, as far as they came. [control] */
  reader(): (bytes: Uint8Array) => Uint8Array[];
}

/** What no device sends in one packet: a length above it is no length. */
const LONGEST = 65_536;

function withLength(bytes: 2 | 4, order: 'big' | 'little'): StreamFraming {
  const isLittle = order === 'little';
  return {
    frame(packet) {
      const whole = new Uint8Array(bytes + packet.length);
      const view = new DataView(whole.buffer);
      if (bytes === 2) view.setUint16(0, packet.length, isLittle);
      else view.setUint32(0, packet.length, isLittle);
      whole.set(packet, bytes);
      return whole;
    },
    reader() {
      let rest: Buffer = Buffer.alloc(0);
      return (came) => {
        rest = Buffer.concat([rest, came]);
        const packets: Uint8Array[] = [];
        while (rest.length >= bytes) {
          const length = isLittle ? rest.readUIntLE(0, bytes) : rest.readUIntBE(0, bytes);
          if (length > LONGEST) rest = Buffer.alloc(0);
          if (rest.length < bytes + length) break;
          packets.push(rest.subarray(bytes, bytes + length));
          rest = rest.subarray(bytes + length);
        }
        return packets;
      };
    },
  };
}

/** RFC 1055. */
const [END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE] = [0xc0, 0xdb, 0xdc, 0xdd];

const slip: StreamFraming = {
  frame(packet) {
    const escaped = [...packet].flatMap((byte) =>
      byte === END ? [ESCAPE, ESCAPED_END] : byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte],
    );
    return Uint8Array.from([END, ...escaped, END]);
  },
  reader() {
    let packet: number[] = [];
    let isEscaped = false;
    return (came) => {
      const packets: Uint8Array[] = [];
      for (const byte of came) {
        if (byte === END) {
          if (packet.length) packets.push(Uint8Array.from(packet));
          packet = [];
        } else if (byte === ESCAPE) isEscaped = true;
        else {
          packet.push(isEscaped ? (byte === ESCAPED_END ? END : ESCAPE) : byte);
          isEscaped = false;
        }
      }
      return packets;
    };
  },
};

/** By the name that the adapter's setting has. */
export const FRAMINGS: Readonly<Record<string, StreamFraming>> = {
  'length-32-be': withLength(4, 'big'),
  'length-16-le': withLength(2, 'little'),
  slip,
};
