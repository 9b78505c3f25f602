import { Needle, type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const REPORT_BYTES = 65;
const METER_TICKS = 2;
const KNOB_MOST = 0x7f;
const CHANNEL_KNOBS = ['threshold', 'ratio', 'attack', 'release', 'feed', 'elliptic'] as const;
const SHARED_KNOBS = ['control', 'emphasis', 'output'] as const;
const LAST_OUTPUT_TYPE = 2;
/** The threshold knob at its end. */
const LOWEST_THRESHOLD_DB = -40;
const HIGHEST_RATIO = 10;
const MOST_REDUCTION_DB = 20;

type Knobs<Names extends readonly string[]> = Record<Names[number], number>;

/** Knobs in percent from bytes 0 to 7f; undefined when one cannot be. */
function knobs<const Names extends readonly string[]>(names: Names, bytes: Uint8Array): Knobs<Names> | undefined {
  if (bytes.length < names.length || bytes.some((byte) => byte > KNOB_MOST)) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, (bytes[i]! / KNOB_MOST) * 100])) as Knobs<Names>;
}

type Channel = Knobs<typeof CHANNEL_KNOBS>;
const ZERO: Channel = { threshold: 0, ratio: 0, attack: 0, release: 0, feed: 0, elliptic: 0 };

/** What a channel takes off a sound. */
function reduction({ threshold, ratio }: Channel, { peakDb }: SoundLevel): number {
  const over = peakDb - (threshold / 100) * LOWEST_THRESHOLD_DB;
  return Math.max(0, over) * (1 - 1 / (1 + ((HIGHEST_RATIO - 1) * ratio) / 100));
}

/**
 * A stereo tube compressor over USB HID. [control]
 *
 * Takes page 04: six knobs for each channel, three for both, all 0 to 7f, and the output type, 0 to 2. Tells page 05: the gain reduction of
 * the channel that reduces more, 0 to 7f for 0 to -20 dB. Attack is 1 to 100 ms, release 50 ms to 2 s, the threshold 0 to -40 dB, the ratio 1
 * to 10 over the travel of their knobs. A page with a byte that cannot be changes nothing.
 */
export function tubeCompressor(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let channels: [Channel, Channel] = [ZERO, ZERO];
  let shared: Knobs<typeof SHARED_KNOBS> = { control: 0, emphasis: 0, output: 0 };
  let outputType = 0;
  let refused = 0;
  let ticks = 0;
  let heard: readonly SoundLevel[] = [TEST_TONE, TEST_TONE];
  const needle = new Needle(0);

  return {
    receive(bytes) {
      const isPage = bytes.length === REPORT_BYTES && bytes[0] === 0 && bytes[1] === 0x04;
      const left = knobs(CHANNEL_KNOBS, bytes.subarray(2, 8));
      const right = knobs(CHANNEL_KNOBS, bytes.subarray(8, 14));
      const both = knobs(SHARED_KNOBS, bytes.subarray(14, 17));
      if (!isPage || !left || !right || !both || bytes[17]! > LAST_OUTPUT_TYPE) return void refused++;
      channels = [left, right];
      shared = both;
      outputType = bytes[17]!;
    },
    tick() {
      const wanted = channels.map((channel, i) => reduction(channel, heard[i] ?? TEST_TONE));
      const deeper = channels[wanted[0]! >= wanted[1]! ? 0 : 1];
      const attackSeconds = 0.001 * 100 ** (deeper.attack / 100);
      const releaseSeconds = 0.05 * 40 ** (deeper.release / 100);
      needle.follow(Math.max(...wanted), attackSeconds, releaseSeconds);
      if (++ticks % METER_TICKS !== 0) return;
      const report = new Uint8Array(REPORT_BYTES);
      report[1] = 0x05;
      report[2] = Math.round((KNOB_MOST * Math.min(MOST_REDUCTION_DB, needle.value)) / MOST_REDUCTION_DB);
      send(report);
    },
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ channels, ...shared, outputType, refused, reductionDb: needle.value }),
  };
}
