import { type Adapter, type SimulatedDevice, simulatedAdapter } from '@audiocloud/api';

/** The sound that the simulated preamp gets, at its meter when the gain is 0 dB. */
const INPUT_DB = -20;
const FALL_DB = 2;
const SET_GAIN = /^GAIN (-?\d{1,3}(?:\.\d)?)$/;

/**
 * A preamp with a line protocol: takes `GAIN -6.0`, tells `LEVEL -26.0` when it moves. Lines end with CR LF. [control]
 *
 * The level rises at once and falls 2 dB a tick, as a meter does. A line that it cannot read is answered by `ERROR`.
 */
function linePreamp(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let text = '';
  let gainDb = 0;
  let levelDb = -60;
  const say = (line: string) => send(Buffer.from(`${line}\r\n`, 'latin1'));
  return {
    receive(bytes) {
      text = (text + Buffer.from(bytes).toString('latin1')).slice(-1024);
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const set = SET_GAIN.exec(text.slice(0, end));
        text = text.slice(end + 2);
        if (set) gainDb = Number(set[1]);
        else say('ERROR');
      }
    },
    tick() {
      const wantedDb = INPUT_DB + gainDb;
      if (levelDb === wantedDb) return;
      levelDb = Math.max(wantedDb, levelDb - FALL_DB);
      say(`LEVEL ${levelDb.toFixed(1)}`);
    },
  };
}

/** Serial ports without hardware: a preamp on every port that is asked for. */
export const adapter: Adapter = simulatedAdapter(linePreamp);
