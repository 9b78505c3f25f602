import { isDeepStrictEqual, styleText } from 'node:util';
import type { ErrorBody, SimulatedFault, SoundLevel } from '@audiocloud/api';
import type { AdapterPackage } from '@audiocloud/engine';
import type { UnitEvent } from './simulated-unit.ts';

/** One line of what `audiocloud device simulate` prints. */
export type SimulateLine =
  | UnitEvent
  | { event: 'fault'; fault: SimulatedFault }
  | { event: 'level'; levels: readonly SoundLevel[] }
  | { event: 'refused'; error: ErrorBody };

interface Simulated {
  model: string;
  driver: string;
  bus: AdapterPackage;
}

const paint = (colour: 'green' | 'cyan' | 'gray' | 'yellow' | 'red', text: string): string =>
  styleText(colour, text, { stream: process.stdout });

/** Bytes that are text for people too. */
function readable(bytes: Uint8Array, { carries }: AdapterPackage): string {
  const hex = Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
  if (carries === 'requests') return Buffer.from(bytes).toString('utf8');
  if (carries !== 'stream' || !/^[\x20-\x7e\r\n\t]*$/.test(Buffer.from(bytes).toString('latin1'))) return hex;
  return `${hex}  ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`;
}

const inRack = ({ port, settings }: { port: object; settings?: object }): string =>
  `port: ${JSON.stringify(port)}${settings ? `, settings: ${JSON.stringify(settings)}` : ''}`;

/** What of a state is not as it was. */
const news = (before: Record<string, unknown>, state: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(state).filter(([name, value]) => !isDeepStrictEqual(value, before[name])));

/** A line as a person reads it. before: of a state, the one that was told last; without it all is told. [any] */
export function simulateText(
  line: SimulateLine,
  { model, driver, bus }: Simulated,
  before?: Record<string, unknown>,
): string {
  switch (line.event) {
    case 'plugged':
      return [
        paint('green', `${model} is there. For rack.yaml:`),
        `  - { id: '${model.split('@')[0]}:one', driver: '${driver}', ${inRack(line.rack)} }`,
      ].join('\n');
    case 'received':
      return `<- ${readable(line.bytes, bus)}`;
    case 'sent':
      return paint('cyan', `-> ${readable(line.bytes, bus)}`);
    case 'state':
      return paint('gray', `=  ${JSON.stringify(before ? news(before, line.state) : line.state)}`);
    case 'fault':
      return paint('yellow', `fault: ${line.fault}`);
    case 'level':
      return paint('yellow', `level: ${line.levels.map(({ peakDb }) => `${peakDb} dB`).join(', ')}`);
    case 'unplugged':
      return paint('yellow', `unplugged: ${line.why}`);
    case 'refused':
      return paint('red', line.error.message);
  }
}
