import { type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const START = 0xa5;
/** Bytes of a frame by its chain, with start and check. */
const FRAME_BYTES: Readonly<Record<number, number>> = { 1: 16, 2: 16, 3: 4 };
const LONGEST = 256;

const OFF = 'off';
const INPUT_GAINS = [OFF, -10, -5, 0, 5, 10, 15, 20];
const HIGH_PASSES = [OFF, 22, 45, 70, 160, 360];
const LOWS = [OFF, 20, 35, 60, 110, 220];
const LOW_MIDS = [OFF, 120, 180, 240, 360, 480, 720, 1600, 2400, 3200, 4800, 7200];
const HIGH_MIDS = [OFF, 360, 480, 720, 1000, 1600, 2400, 3200, 4200, 4800, 7200, 8400];
const HIGHS = [OFF, 8000, 10000, 12000, 16000, 20000];
const PADS = [OFF, -10, -20];

/** CRC-8 of the polynomial x^8 + x^2 + x + 1, by polynomial division on a whole message of bits. */
function check(bytes: Uint8Array): number {
  let rest = 0;
  for (const byte of [...bytes, 0])
    for (let bit = 7; bit >= 0; bit--) {
      rest = (rest << 1) | ((byte >> bit) & 1);
      if (rest & 0x100) rest ^= 0x107;
    }
  return rest;
}

/** Where the contacts of a switch are: byte and bit, by position. */
type Contacts = readonly (readonly [byte: number, bit: number])[];
const run = (byte: number, from: number, to: number): Contacts =>
  Array.from({ length: to - from + 1 }, (_, i) => [byte, from + i] as const);

/** The position of a rotary switch; undefined when not exactly one contact is closed. */
function position(frame: Uint8Array, contacts: Contacts, isFirstInverted = false): number | undefined {
  const closed = contacts.flatMap(([byte, bit], i) => {
    const isSet = ((frame[byte]! >> bit) & 1) === 1;
    return isSet !== (isFirstInverted && i === 0) ? [i] : [];
  });
  return closed.length === 1 ? closed[0] : undefined;
}

/** 0 to 1023: eight bits in a byte, the two lowest of it in byte 14. */
const potentiometer = (frame: Uint8Array, byte: number, shift: number): number =>
  frame[byte]! * 4 + ((frame[14]! >> shift) & 3);

const gainDb = (steps: number, mostDb: number): number => Number(((steps / 1023) * 2 * mostDb - mostDb).toFixed(2));

interface Strip {
  inputGain: string | number;
  highPass: string | number;
  lowFrequency: string | number;
  lowGain: number;
  lowMidFrequency: string | number;
  lowMidGain: number;
  lowMidWidth: boolean;
  highMidFrequency: string | number;
  highMidGain: number;
  highMidWidth: boolean;
  highFrequency: string | number;
  highGain: number;
  eqBypass: boolean;
}

/** A channel as its registers say; undefined when a switch stands between two positions. */
function stripOf(frame: Uint8Array): Strip | undefined {
  const switches = [
    [INPUT_GAINS, position(frame, [...run(2, 0, 3), ...run(3, 0, 3)], true)],
    [HIGH_PASSES, position(frame, [...run(2, 4, 6), ...run(3, 4, 6)])],
    [LOWS, position(frame, [...run(4, 0, 2), ...run(5, 0, 2)], true)],
    [LOW_MIDS, position(frame, [...run(6, 0, 7), ...run(7, 0, 3)])],
    [HIGH_MIDS, position(frame, [...run(8, 0, 7), ...run(9, 0, 3)])],
    [HIGHS, position(frame, [...run(4, 3, 5), ...run(5, 3, 5)], true)],
  ] as const;
  if (switches.some(([, at]) => at === undefined)) return undefined;
  const [inputGain, highPass, lowFrequency, lowMidFrequency, highMidFrequency, highFrequency] = switches.map(
    ([values, at]) => values[at!]!,
  ) as [string, string, string, string, string, string];
  return {
    inputGain,
    highPass,
    lowFrequency,
    lowGain: gainDb(potentiometer(frame, 10, 6), 16),
    lowMidFrequency,
    lowMidGain: gainDb(potentiometer(frame, 11, 4), 12),
    lowMidWidth: (frame[7]! & 0x10) !== 0,
    highMidFrequency,
    highMidGain: gainDb(potentiometer(frame, 12, 2), 12),
    highMidWidth: (frame[7]! & 0x20) !== 0,
    highFrequency,
    highGain: gainDb(potentiometer(frame, 13, 0), 16),
    eqBypass: (frame[7]! & 0x40) === 0, // the relay lets the equalizer in
  };
}

/**
 * Two channels of preamp and equalizer behind a serial bridge, set and never asked: it says nothing. [control]
 *
 * A frame is A5, a chain (1 left, 2 right, 3 the output pads), its registers, and a CRC-8 over chain and registers. A frame with a wrong
 * check, or with a switch between two positions, is counted and changes nothing.
 */
export function dualPreamp(): SimulatedDevice {
  const strips: (Strip | undefined)[] = [undefined, undefined];
  let pads: (string | number)[] = [OFF, OFF];
  let refused = 0;
  let heard: readonly SoundLevel[] = [TEST_TONE, TEST_TONE];
  let stream: number[] = [];

  const take = (frame: Uint8Array): boolean => {
    if (check(frame.subarray(1, -1)) !== frame.at(-1)) return false;
    const chain = frame[1]!;
    if (chain === 3) {
      const found = [position(frame, run(2, 0, 2)), position(frame, run(2, 3, 5))];
      if (found.includes(undefined)) return false;
      pads = found.map((at) => PADS[at!]!);
      return true;
    }
    const strip = stripOf(frame);
    if (strip) strips[chain - 1] = strip;
    return strip !== undefined;
  };

  const outputDb = () =>
    strips.map((strip, i) => {
      const gain = strip?.inputGain ?? OFF;
      if (typeof gain !== 'number') return null; // nothing goes through
      return (heard[i] ?? TEST_TONE).peakDb + gain + (typeof pads[i] === 'number' ? (pads[i] as number) : 0);
    });

  return {
    receive(bytes) {
      stream.push(...bytes);
      for (;;) {
        const start = stream.indexOf(START);
        if (start < 0) break;
        stream = stream.slice(start);
        const wanted = stream.length > 1 ? FRAME_BYTES[stream[1]!] : LONGEST;
        if (wanted !== undefined && stream.length < wanted) return;
        if (wanted !== undefined && take(Uint8Array.from(stream.slice(0, wanted)))) stream = stream.slice(wanted);
        else {
          refused++;
          stream = stream.slice(1); // the start of the next frame may stand inside
        }
      }
      stream = [];
    },
    tick() {},
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ left: strips[0] ?? null, right: strips[1] ?? null, pads, refused, outputDb: outputDb() }),
  };
}
