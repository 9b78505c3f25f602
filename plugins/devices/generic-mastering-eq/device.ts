import type { SimulatedDevice } from '@audiocloud/api';

const BANDS = ['lf', 'lmf', 'mf', 'hmf', 'hf'];
const FREQUENCIES = 21;

interface Control {
  type: 'i' | 'f';
  value: number;
  takes: (value: number) => boolean;
}

const between = (least: number, most: number) => (value: number) => value >= least && value <= most;

/** Every address and what stands behind it: `/eq/CHANNEL/BAND/NAME`. */
function allControls(): Map<string, Control> {
  const of = (band: string): Record<string, Control> => ({
    bypass: { type: 'i', value: 0, takes: between(0, 1) },
    // the highest band has a slope of 6 or 12 dB
    shape:
      band === 'hf'
        ? { type: 'i', value: 6, takes: (value) => value === 6 || value === 12 }
        : { type: 'f', value: 1, takes: between(Math.fround(0.4), 4) },
    frequency: { type: 'i', value: 0, takes: between(0, FREQUENCIES - 1) },
    gain: { type: 'f', value: 0, takes: between(-5, 5) },
    x2: { type: 'i', value: 0, takes: between(0, 1) },
  });
  const named = [1, 2].flatMap((channel) =>
    BANDS.flatMap((band) =>
      Object.entries(of(band)).map(([name, control]) => [`/eq/${channel}/${band}/${name}`, control] as const),
    ),
  );
  return new Map(named);
}

/** Text that ends with a zero, filled up to four bytes. */
const padded = (text: string): Buffer => Buffer.from(text.padEnd((text.length & ~3) + 4, '\0'), 'latin1');

/** A text in a packet and where the next part begins; undefined when it does not end inside. */
function textAt(packet: Buffer, at: number): readonly [text: string, next: number] | undefined {
  const end = packet.indexOf(0, at);
  return end < 0 ? undefined : [packet.toString('latin1', at, end), at + ((end - at) & ~3) + 4];
}

/** An OSC 1.0 message with one argument, or with none. */
function message(address: string, control?: Control): Buffer {
  if (!control) return Buffer.concat([padded(address), padded(',')]);
  const argument = Buffer.alloc(4);
  if (control.type === 'i') argument.writeInt32BE(control.value);
  else argument.writeFloatBE(control.value);
  return Buffer.concat([padded(address), padded(`,${control.type}`), argument]);
}

/**
 * A five-band mastering equalizer with OSC, an address for each control of each channel. [control]
 *
 * A message with a value sets it; one without is answered by the same address with the value. `/ping` is answered by `/ping`. What has no
 * such address, another type, or a value out of its range is counted and changes nothing.
 */
export function masteringEq(send: (packet: Uint8Array) => void): SimulatedDevice {
  const controls = allControls();
  let refused = 0;

  /** Whether it was for us. */
  const take = (packet: Buffer): boolean => {
    const [address = '', at] = textAt(packet, 0) ?? [];
    const [tags, next] = (at !== undefined && textAt(packet, at)) || [];
    if (next === undefined) return false;
    if (address === '/ping') send(message(address));
    if (address === '/ping') return true;
    const control = controls.get(address);
    if (!control) return false;
    if (tags === ',') {
      send(message(address, control));
      return true;
    }
    if (tags !== `,${control.type}` || packet.length !== next + 4) return false;
    const value = control.type === 'i' ? packet.readInt32BE(next) : packet.readFloatBE(next);
    if (!control.takes(value)) return false;
    control.value = value;
    return true;
  };

  return {
    receive(bytes) {
      if (!take(Buffer.from(bytes))) refused++;
    },
    tick() {},
    state: () => ({
      ...Object.fromEntries([...controls].map(([address, { value }]) => [address, Number(value.toFixed(4))])),
      refused,
    }),
  };
}
