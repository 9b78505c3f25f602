import { simulatedAdapter, TEST_TONE } from '@audiocloud/api';

/** The preamp without hardware: takes `GAIN -6.0`, tells `LEVEL -26.0` when it moves, 2 dB a tick when it falls. */
function preamp(send) {
  let text = '';
  let gainDb = 0;
  let levelDb = -60;
  let heard = TEST_TONE;
  return {
    receive(bytes) {
      text += Buffer.from(bytes).toString('latin1');
      const lines = text.split('\r\n');
      text = lines.pop();
      for (const line of lines) {
        const set = /^GAIN (-?\d+\.\d)$/.exec(line);
        if (set) gainDb = Number(set[1]);
      }
    },
    tick() {
      const wantedDb = Math.min(20, Math.max(-60, heard.peakDb + gainDb));
      if (levelDb === wantedDb) return;
      levelDb = Math.max(wantedDb, levelDb - 2);
      send(Buffer.from(`LEVEL ${levelDb.toFixed(1)}\r\n`));
    },
    hear([first]) {
      heard = first;
    },
    state: () => ({ gainDb, levelDb }),
  };
}

export const adapter = simulatedAdapter(preamp, { delayMs: 10, jitterMs: 5 });
