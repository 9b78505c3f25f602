import { Needle, type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const REPORT_BYTES = 65;
const CHANNELS = 2;
const METER_TICKS = 2;
/** Bytes of a channel in the page of controls. */
const CHANNEL_BYTES = 6;
const KNOB_MOST = 0x3f;
const RATIOS = [4, 8, 12, 20];
/** The level behind the input knob from which it compresses: it has no threshold of its own. */
const THRESHOLD_DB = -30;
/** Behind the compressor the sound is raised by this much, so that the output knob has something to turn down. */
const MAKE_UP_DB = 20;
/** 0 on its meter. */
const REFERENCE_DB = -18;
const [LEAST_DB, MOST_DB] = [-20, 3];
const METER_SECONDS = 0.3;

interface Channel {
  inputDb: number;
  outputDb: number;
  attack: number;
  release: number;
  ratio: number;
  mode: number;
}

const FACTORY: Channel = { inputDb: -60, outputDb: -60, attack: 4, release: 4, ratio: 4, mode: 1 };

/** A channel of the page of controls; undefined when a byte cannot be. */
function channelOf([input, output, attack, release, ratio, mode]: Uint8Array): Channel | undefined {
  if ([input, output, attack, release].some((knob) => knob! > KNOB_MOST)) return undefined;
  if (RATIOS[ratio!] === undefined || mode! < 1 || mode! > 3) return undefined;
  const turned = (knob: number, from: number, to: number) => from + ((to - from) * knob) / KNOB_MOST;
  return {
    inputDb: turned(input!, -60, 0),
    outputDb: turned(output!, -60, 0),
    attack: turned(attack!, 1, 7),
    release: turned(release!, 1, 7),
    ratio: RATIOS[ratio!]!,
    mode: mode!,
  };
}

/** 1 is slow, 7 is fast: 800 to 20 us, and 1.1 s to 50 ms, as such compressors have it. */
const attackSeconds = (knob: number) => 0.0008 * (0.00002 / 0.0008) ** ((knob - 1) / 6);
const releaseSeconds = (knob: number) => 1.1 * (0.05 / 1.1) ** ((knob - 1) / 6);

/** A byte of a meter: 0 is -20 dB, 255 is 3 dB. */
const meter = (db: number) =>
  Math.round((255 * (Math.min(MOST_DB, Math.max(LEAST_DB, db)) - LEAST_DB)) / (MOST_DB - LEAST_DB));

/**
 * A two-channel FET compressor over USB HID. [control]
 *
 * Takes page 02: link (bit 0), then for each channel input and output level (0 to 3f: -60 to 0 dB), attack and release (0 to 3f: 1 to 7),
 * ratio (place in 4, 8, 12, 20) and mode (1 to 3). Tells page 03: gain reductions, then levels, 0 to 255 for -20 to 3 dB. Linked, both
 * channels reduce what the louder one wants. A page with a byte that cannot be changes nothing.
 */
export function fetCompressor(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let isLinked = false;
  let channels: Channel[] = [FACTORY, FACTORY];
  let refused = 0;
  let ticks = 0;
  let heard: readonly SoundLevel[] = [TEST_TONE, TEST_TONE];
  const reductionsDb = channels.map(() => new Needle(0));
  const levelsDb = channels.map(() => new Needle(LEAST_DB));

  const move = () => {
    const wanted = channels.map(({ inputDb, ratio }, i) => {
      const over = (heard[i] ?? TEST_TONE).peakDb + inputDb - THRESHOLD_DB;
      return Math.max(0, over) * (1 - 1 / ratio);
    });
    const linked = Math.max(...wanted);
    channels.forEach(({ inputDb, outputDb, attack, release }, i) => {
      const target = isLinked ? linked : wanted[i]!;
      const reduction = reductionsDb[i]!.follow(target, attackSeconds(attack), releaseSeconds(release));
      const outDb = (heard[i] ?? TEST_TONE).rmsDb + inputDb - reduction + MAKE_UP_DB + outputDb - REFERENCE_DB;
      levelsDb[i]!.follow(Math.min(MOST_DB, Math.max(LEAST_DB, outDb)), METER_SECONDS, METER_SECONDS);
    });
  };

  return {
    receive(bytes) {
      const isPage = bytes.length === REPORT_BYTES && bytes[0] === 0 && bytes[1] === 0x02 && bytes[2]! <= 1;
      const taken = [0, 1].map((i) => channelOf(bytes.subarray(3 + CHANNEL_BYTES * i, 3 + CHANNEL_BYTES * (i + 1))));
      if (!isPage || taken.includes(undefined)) return void refused++;
      isLinked = bytes[2] === 1;
      channels = taken as Channel[];
    },
    tick() {
      move();
      if (++ticks % METER_TICKS !== 0) return;
      const report = new Uint8Array(REPORT_BYTES);
      report[1] = 0x03;
      for (let i = 0; i < CHANNELS; i++) {
        report[2 + i] = meter(-reductionsDb[i]!.value);
        report[4 + i] = meter(levelsDb[i]!.value);
      }
      send(report);
    },
    hear: (levels) => {
      heard = levels;
    },
    state: () => ({ isLinked, channels, refused, reductionsDb: reductionsDb.map(({ value }) => value) }),
  };
}
