import { Needle, type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const REPORT_BYTES = 65;
const CHANNELS = 2;
/** Meters are told every other tick. */
const METER_TICKS = 2;
/** Its threshold and its full scale. */
const CEILING_DB = 0;
const FLOOR_DB = -36;
/** A meter falls so fast; it rises at once. */
const METER_FALL_SECONDS = 0.3;
const FREQUENCIES = 33;

interface Controls {
  inputDb: number;
  outputDb: number;
  attackMs: number;
  releaseMs: number;
  amount: number;
  width: number;
  even: { isOn: boolean; drive: number; amount: number; frequency: number };
  odd: { isOn: boolean; drive: number; amount: number; frequency: number };
  measuresOutput: boolean;
  isProcessing: boolean;
  clips: boolean;
  isIntelligent: boolean;
  isMidSide: boolean;
}

/** As it comes from the factory. */
const FACTORY: Controls = {
  inputDb: 0,
  outputDb: 0,
  attackMs: 10,
  releaseMs: 100,
  amount: 0,
  width: 50,
  even: { isOn: false, drive: 0, amount: 0, frequency: 0 },
  odd: { isOn: false, drive: 0, amount: 0, frequency: 0 },
  measuresOutput: false,
  isProcessing: true,
  clips: false,
  isIntelligent: false,
  isMidSide: false,
};

/** The controls that a page with the header 80 00 holds; undefined when a byte cannot be. */
function controlsOf(report: Uint8Array): Controls | undefined {
  if (report.length !== REPORT_BYTES || report[0] !== 0 || report[1] !== 0x80 || report[2] !== 0) return undefined;
  const page = report.subarray(1);
  const percent = (at: number) => (page[at]! / 255) * 100;
  const step = (at: number) => (page[at]! - 1) * 5; // 1 to 21: 0 to 100 %
  const attackMs = (page[4]! * 256 + page[5]!) / 10;
  const releaseMs = page[6]! * 256 + page[7]!;
  const bit = (n: number) => ((page[16]! >> n) & 1) === 1;
  const steps = [10, 11, 13, 14].map((at) => page[at]!);
  if (page[2]! > 200 || page[3]! > 200 || steps.some((one) => one < 1 || one > 21)) return undefined;
  if (attackMs < 1 || attackMs > 2500 || releaseMs < 10 || releaseMs > 1300) return undefined;
  if (page[12]! >= FREQUENCIES || page[15]! >= FREQUENCIES) return undefined;
  return {
    inputDb: page[2]! / 10,
    outputDb: page[3]! / 10 - 15,
    attackMs,
    releaseMs,
    amount: percent(8),
    width: percent(9),
    even: { isOn: bit(5), drive: step(10), amount: step(11), frequency: page[12]! },
    odd: { isOn: bit(6), drive: step(13), amount: step(14), frequency: page[15]! },
    measuresOutput: bit(0),
    isProcessing: bit(1),
    clips: bit(2),
    isIntelligent: bit(3),
    isMidSide: bit(4),
  };
}

/** Two bytes, the highest first. */
const big = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];

/**
 * A two-channel mastering limiter over USB HID. [control]
 *
 * Takes its page (header 80 00), tells page 1: for each channel its gain reduction (u16, lowest byte first, 1024 is none), whether it
 * clips, peak and RMS (i16, highest byte first, tenths of a dB, not below -36). What is above 0 dB behind the input level is reduced, with
 * attack and release as they are set; intelligent release is twice as fast. A page with a byte that cannot be changes nothing.
 */
export function masteringLimiter(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let controls = FACTORY;
  let refused = 0;
  let ticks = 0;
  let heard: readonly SoundLevel[] = [TEST_TONE, TEST_TONE];
  const channels = Array.from({ length: CHANNELS }, () => ({
    reductionDb: new Needle(0),
    peakDb: new Needle(FLOOR_DB),
    rmsDb: new Needle(FLOOR_DB),
    isClipped: false,
  }));

  const move = (i: number) => {
    const channel = channels[i]!;
    const { inputDb, outputDb, attackMs, releaseMs, isProcessing, isIntelligent, measuresOutput } = controls;
    const { peakDb, rmsDb } = heard[i] ?? TEST_TONE;
    const over = isProcessing ? Math.max(0, peakDb + inputDb - CEILING_DB) : 0;
    const release = releaseMs / (isIntelligent ? 2000 : 1000);
    const reduction = channel.reductionDb.follow(over, attackMs / 1000, release);
    const behindDb = measuresOutput ? inputDb - reduction + outputDb : inputDb;
    const bound = (db: number) => Math.max(FLOOR_DB, db);
    channel.peakDb.follow(bound(peakDb + behindDb), 0, METER_FALL_SECONDS);
    channel.rmsDb.follow(bound(rmsDb + behindDb), METER_FALL_SECONDS, METER_FALL_SECONDS);
    channel.isClipped = peakDb + inputDb - reduction + outputDb > CEILING_DB;
  };

  const tell = () => {
    const report = new Uint8Array(REPORT_BYTES);
    report[1] = 0x01;
    channels.forEach(({ reductionDb, peakDb, rmsDb, isClipped }, i) => {
      const reduction = Math.round(1024 * 10 ** (-reductionDb.value / 20));
      const tenths = (db: number) => big(Math.round(db * 10));
      const at = 2 + 7 * i;
      const bytes = [
        reduction & 0xff,
        reduction >> 8,
        isClipped ? 1 : 0,
        ...tenths(peakDb.value),
        ...tenths(rmsDb.value),
      ];
      report.set(bytes, at);
    });
    send(report);
  };

  return {
    receive(bytes) {
      const taken = controlsOf(bytes);
      if (taken) controls = taken;
      else refused++;
    },
    tick() {
      for (let i = 0; i < CHANNELS; i++) move(i);
      if (++ticks % METER_TICKS === 0) tell();
    },
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ ...controls, refused, reductionDb: channels.map(({ reductionDb }) => reductionDb.value) }),
  };
}
