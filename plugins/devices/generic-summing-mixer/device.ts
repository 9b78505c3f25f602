import { type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const CHANNELS = 24;
const [LEVELS, PANS, BUSES] = [0x10, 0x11, 0x12];
const LEAST_DB = -48;
const LAST_BUS = 2;
/** Number of the report, page, 63 bytes of which 24 are used. */
const REPORT_BYTES = 65;

/**
 * A summing mixer over USB HID: a page for each kind of value, a byte for each channel from byte 2 on. [control]
 *
 * Page 10: level in quarters of a dB above -48 dB, 0 to 232. Page 11: pan, 0 left, 127 middle, 254 right. Page 12: bus, 0 to 2. A
 * page with a byte that cannot be is refused whole and counted. It has no meters: what it would put out stands in its state.
 */
export function summingMixer(): SimulatedDevice {
  const levels = new Array<number>(CHANNELS).fill(LEAST_DB);
  const pans = new Array<number>(CHANNELS).fill(0);
  const buses = new Array<number>(CHANNELS).fill(0);
  let refused = 0;
  let heard: readonly SoundLevel[] = new Array<SoundLevel>(CHANNELS).fill(TEST_TONE);

  const pages: Record<number, { most: number; to: number[]; value: (byte: number) => number }> = {
    [LEVELS!]: { most: 232, to: levels, value: (byte) => LEAST_DB + byte / 4 },
    [PANS!]: { most: 254, to: pans, value: (byte) => byte / 127 - 1 },
    [BUSES!]: { most: LAST_BUS, to: buses, value: (byte) => byte },
  };

  /** Both outputs in dB of full scale, as powers add; the pan is of constant power. */
  const outputDb = () =>
    [Math.cos, Math.sin].map((side) => {
      const power = levels.reduce((sum, levelDb, i) => {
        const gain = side(((pans[i]! + 1) * Math.PI) / 4);
        return sum + gain ** 2 * 10 ** (((heard[i]?.rmsDb ?? TEST_TONE.rmsDb) + levelDb) / 10);
      }, 0);
      return Number((10 * Math.log10(Math.max(power, 1e-12))).toFixed(1));
    });

  return {
    receive(bytes) {
      const page = bytes[0] === 0 && bytes.length === REPORT_BYTES ? pages[bytes[1]!] : undefined;
      const given = bytes.subarray(2, 2 + CHANNELS);
      if (!page || given.some((byte) => byte > page.most)) refused++;
      else page.to.splice(0, CHANNELS, ...[...given].map(page.value));
    },
    tick() {},
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ levels, pans: pans.map((pan) => Number(pan.toFixed(3))), buses, refused, outputDb: outputDb() }),
  };
}
