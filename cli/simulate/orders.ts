import { AudioCloudError, SIMULATED_FAULTS, SILENCE, type SimulatedFault, type SoundLevel } from '@audiocloud/api';

/** What may be told to a simulated device. */
export type Order =
  | { order: 'fault'; fault: SimulatedFault }
  | { order: 'level'; levels: SoundLevel[] }
  | { order: 'state' }
  | { order: 'quit' };

const MOST_DB = 24;
/** A sine's RMS is so far below its peak. */
const CREST_DB = 3;

/** Reads a line such as `fault late` or `level -6 -12`. Throws REQUEST_INVALID that says what is wanted. [any] */
export function readOrder(line: string): Order {
  const [order = '', ...words] = line.trim().split(/\s+/);
  const refuse = (wanted: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', `Cannot do '${line.trim()}': wanted ${wanted}`);
  };
  if (order === 'fault') {
    const fault = SIMULATED_FAULTS.find((one) => one === words[0]);
    return fault && words.length === 1 ? { order, fault } : refuse(`fault and one of ${SIMULATED_FAULTS.join(', ')}`);
  }
  if (order === 'level') {
    const peaks = words.map(Number);
    if (!peaks.length || peaks.some((peak) => !(peak >= SILENCE.peakDb && peak <= MOST_DB)))
      return refuse(`level and decibels from ${SILENCE.peakDb} to ${MOST_DB}, one for each channel`);
    return {
      order,
      levels: peaks.map((peakDb) => ({ peakDb, rmsDb: Math.max(SILENCE.rmsDb, peakDb - CREST_DB) })),
    };
  }
  if ((order === 'state' || order === 'quit') && !words.length) return { order };
  return refuse('fault NAME, level DB ..., state or quit');
}
