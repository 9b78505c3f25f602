import { type SimulatedDevice, type SoundLevel, TEST_TONE } from '@audiocloud/api';

const FLOOR_DB = -60;
const CEILING_DB = 20;
const FALL_DB = 2;
const LONGEST_LINE = 1024;
const SET_GAIN = /^GAIN (-?\d{1,3}(?:\.\d)?)$/;

/**
 * A preamp with a line protocol: takes `GAIN -6.0`, tells `LEVEL -26.0` when it moves. Lines end with CR LF. [control]
 *
 * The level is what it hears and the gain; it rises at once and falls 2 dB a tick, as a meter does. A line that it cannot read
 * is answered by `ERROR`.
 */
export function linePreamp(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let text = '';
  let gainDb = 0;
  let levelDb = FLOOR_DB;
  let heard: SoundLevel = TEST_TONE;
  const say = (line: string) => send(Buffer.from(`${line}\r\n`, 'latin1'));
  return {
    receive(bytes) {
      text = (text + Buffer.from(bytes).toString('latin1')).slice(-LONGEST_LINE);
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const set = SET_GAIN.exec(text.slice(0, end));
        text = text.slice(end + 2);
        if (set) gainDb = Number(set[1]);
        else say('ERROR');
      }
    },
    tick() {
      const wantedDb = Math.min(CEILING_DB, Math.max(FLOOR_DB, heard.peakDb + gainDb));
      if (levelDb === wantedDb) return;
      levelDb = Math.max(wantedDb, levelDb - FALL_DB);
      say(`LEVEL ${levelDb.toFixed(1)}`);
    },
    hear: ([first]) => {
      heard = first ?? TEST_TONE;
    },
    state: () => ({ gainDb, levelDb }),
  };
}
