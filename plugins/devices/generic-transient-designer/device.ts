import type { SimulatedDevice } from '@audiocloud/api';

const REPORT_BYTES = 65;
const FREQUENCIES = 40;
const MOST_TENTHS = 150;
const SWITCHES = ['link', 'autoGain', 'leftRight', 'eqMode', 'fullRange'] as const;

/**
 * A transient designer over USB HID, set and never asked: it says nothing. [control]
 *
 * Page 06: attack and sustain in tenths of a dB (i16, lowest byte first), the places of both frequencies in their lists of 40, and a byte
 * of switches. A page with a value that cannot be is counted and changes nothing.
 */
export function transientDesigner(): SimulatedDevice {
  let controls = {
    attackDb: 0,
    sustainDb: 0,
    frequencyA: 0,
    frequencyS: 0,
    switches: Object.fromEntries(SWITCHES.map((name) => [name, false])),
  };
  let refused = 0;
  return {
    receive(bytes) {
      const page = Buffer.from(bytes);
      if (page.length !== REPORT_BYTES || page[0] !== 0 || page[1] !== 0x06) return void refused++;
      const [attack, sustain] = [page.readInt16LE(2), page.readInt16LE(4)];
      const [frequencyA, frequencyS, bits] = [page[6]!, page[7]!, page[8]!];
      const isPossible =
        Math.abs(attack) <= MOST_TENTHS &&
        Math.abs(sustain) <= MOST_TENTHS &&
        frequencyA < FREQUENCIES &&
        frequencyS < FREQUENCIES &&
        bits < 1 << SWITCHES.length;
      if (!isPossible) return void refused++;
      const switches = Object.fromEntries(SWITCHES.map((name, i) => [name, ((bits >> i) & 1) === 1]));
      controls = { attackDb: attack / 10, sustainDb: sustain / 10, frequencyA, frequencyS, switches };
    },
    tick() {},
    state: () => ({ ...controls, refused }),
  };
}
