import type { SimulatedDevice } from '@audiocloud/api';

/** The sound that the simulated strip gets, at its meter when the gain is 0 dB. */
const INPUT_DB = -20;
const FALL_DB = 2;
const FLOOR_DB = -60;

const padded = (length: number) => (length & ~3) + 4;

/** A text of a packet and where the next part begins; undefined when it does not end inside. */
function textAt(packet: Buffer, at: number): [text: string, next: number] | undefined {
  const end = packet.indexOf(0, at);
  return end < 0 ? undefined : [packet.toString('latin1', at, end), at + padded(end - at)];
}

/** `address ,f value`, or `address ,s text`. */
function message(address: string, argument: number | string): Buffer {
  const tag = typeof argument === 'number' ? ',f' : ',s';
  const text = (value: string) => Buffer.from(value.padEnd(padded(value.length), '\0'), 'latin1');
  const last = typeof argument === 'number' ? Buffer.alloc(4) : text(argument);
  if (typeof argument === 'number') last.writeFloatBE(argument);
  return Buffer.concat([text(address), text(tag), last]);
}

/**
 * A channel strip with OSC: `/strip/gain` (dB, f) and `/strip/mute` (0 or 1, f or i), which answer their value when they come
 * without one, and `/strip/level` (dB, f), which it tells when it moves. [control]
 *
 * The level rises at once and falls 2 dB a tick. What it cannot read is answered by `/error ,s address`.
 */
export function oscStrip(send: (packet: Uint8Array) => void): SimulatedDevice {
  const values: Record<string, number> = { '/strip/gain': 0, '/strip/mute': 0 };
  let levelDb = FLOOR_DB;
  return {
    receive(bytes) {
      const packet = Buffer.from(bytes);
      const [address = '', afterAddress] = textAt(packet, 0) ?? [];
      const [tags = '', at] = (afterAddress !== undefined && textAt(packet, afterAddress)) || [];
      const known = values[address];
      if (known === undefined || at === undefined) send(message('/error', address));
      else if (tags === ',') send(message(address, known));
      else if (tags === ',f' && packet.length === at + 4) values[address] = packet.readFloatBE(at);
      else if (tags === ',i' && packet.length === at + 4) values[address] = packet.readInt32BE(at);
      else send(message('/error', address));
    },
    tick() {
      const wantedDb = values['/strip/mute'] ? FLOOR_DB : Math.max(FLOOR_DB, INPUT_DB + values['/strip/gain']!);
      if (levelDb === wantedDb) return;
      levelDb = Math.max(wantedDb, levelDb - FALL_DB);
      send(message('/strip/level', levelDb));
    },
  };
}
