import { LineMapping } from '@audiocloud/api';
import { formatNumber, lineTemplate, templateProblem } from '../line-template.ts';
import type { MappingKind } from './kind.ts';

/** Digits that a number of a map was written with. */
const decimalsOf = (number: number) => Math.min(6, (String(number).split('.')[1] ?? '').length);

/** A line of text. */
export const line: MappingKind<LineMapping> = {
  key: 'line',
  carries: 'stream',
  schema: LineMapping,
  wires: () => 'text',
  occupies: ({ line }) => [`line ${JSON.stringify(line)}`],
  writer({ line, map, decimals = 0, digits }) {
    const { write } = lineTemplate(line);
    return (wire) => {
      const text =
        typeof wire === 'number' ? formatNumber(wire, map ? decimalsOf(wire) : decimals, digits) : String(wire);
      return { key: undefined, bytes: Buffer.from(write(text), 'latin1') };
    };
  },
  reader({ line }) {
    const { match } = lineTemplate(line);
    return (incoming) => (typeof incoming === 'string' ? match(incoming) : undefined);
  },
  *problems({ line, decimals, digits, map }, direction) {
    const problem = templateProblem(line);
    if (problem) {
      const [message, mend] = problem.split(': ') as [string, string];
      yield { check: 'line-place', place: '/line', message, mend };
    }
    if (direction === 'parameters' && line.includes('{skip}'))
      yield {
        check: 'line-skip',
        place: '/line',
        message: 'holds {skip}: what is sent has no text that may be anything',
        mend: 'write the text that the device wants',
      };
    if (direction === 'reports' && /[\r\n]/.test(line))
      yield {
        check: 'line-end',
        place: '/line',
        message: 'holds a line end: what is matched is one line without it',
        mend: 'remove it',
      };
    if (/\\[rnt]/.test(line))
      yield {
        check: 'line-escape',
        place: '/line',
        message: 'holds a backslash and a letter: only double quotes make a line end of it',
        mend: 'write it in double quotes: "...\\r\\n"',
      };
    if (direction === 'reports' && (decimals !== undefined || digits !== undefined))
      yield {
        check: 'line-digits',
        place: decimals === undefined ? '/digits' : '/decimals',
        message: 'only a number that is sent has decimals and digits',
        mend: 'remove it',
      };
    else if (Array.isArray(map) && decimals !== undefined)
      yield {
        check: 'line-digits',
        place: '/decimals',
        message: 'a map says itself how its numbers are written',
        mend: 'remove decimals',
      };
  },
};
