/* Art-Net 4, Artistic Licence: ArtPoll, ArtPollReply, ArtDmx. Numbers of two bytes are little-endian where nothing is said. */

const ID = Buffer.from('Art-Net\0', 'latin1');
const OPCODE = { poll: 0x2000, pollReply: 0x2100, dmx: 0x5000 };
const VERSION = 14;
/** Offsets in ArtPollReply. */
const REPLY = { shortName: 26, mac: 201, bytes: 207 };
/** Offsets in ArtDmx. */
const DMX = { sequence: 12, universe: 14, length: 16, data: 18 };

function head(opcode, bytes) {
  const packet = Buffer.alloc(bytes);
  ID.copy(packet);
  packet.writeUInt16LE(opcode, 8);
  packet.writeUInt16BE(VERSION, 10);
  return packet;
}

/** The question that every node answers. */
export const poll = () => head(OPCODE.poll, 14);

/** A universe's page. sequence: 1 to 255, so that a node may put packets in order. */
export function dmx(universe, sequence, data) {
  const length = data.length + (data.length % 2); // an even number, the protocol says
  const packet = head(OPCODE.dmx, DMX.data + length);
  packet[DMX.sequence] = sequence;
  packet.writeUInt16LE(universe, DMX.universe);
  packet.writeUInt16BE(length, DMX.length);
  packet.set(data, DMX.data);
  return packet;
}

/** `{ reply: { shortName, mac } }`, `{ universe, data }`, or undefined for what is neither. */
export function read(packet) {
  if (packet.length < 10 || !packet.subarray(0, 8).equals(ID)) return undefined;
  const opcode = packet.readUInt16LE(8);
  if (opcode === OPCODE.pollReply && packet.length >= REPLY.bytes) {
    const [shortName] = packet.toString('latin1', REPLY.shortName, REPLY.shortName + 18).split('\0');
    return { reply: { shortName, mac: packet.toString('hex', REPLY.mac, REPLY.mac + 6) } };
  }
  if (opcode !== OPCODE.dmx || packet.length < DMX.data) return undefined;
  const length = packet.readUInt16BE(DMX.length);
  if (packet.length < DMX.data + length) return undefined;
  return { universe: packet.readUInt16LE(DMX.universe), data: packet.subarray(DMX.data, DMX.data + length) };
}
