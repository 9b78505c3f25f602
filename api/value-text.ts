import type { Parameter, Report, Value } from './model.ts';
import { AudioCloudError } from './errors.ts';
import { numberToValue } from './parameter-value.ts';

const SILENT = ['none', 'toggle'];

function decimalsOf(parameter: Parameter | Report): number {
  if ('decimals' in parameter && parameter.decimals !== undefined) return parameter.decimals;
  return parameter.unit === 'frames' || parameter.unit === 'Hz' ? 0 : 1;
}

/** What a person reads: `-6.0 dB`, `1.25 kHz`, `off`, `on`, `4.0:1`. [any] */
export function valueToText(parameter: Parameter | Report, value: Value): string {
  const { range, unit } = parameter;
  if (range.kind === 'toggle') return value === true || value === 1 ? 'on' : 'off';
  if (range.kind === 'list') {
    const label = range.values.find((entry) => entry.value === value)?.label;
    if (label !== undefined) return label;
    if (typeof value !== 'number') return String(value);
    return SILENT.includes(unit) ? String(value) : `${value} ${unit}`;
  }
  const number = Number(value);
  if (unit === 'dB' && 'taper' in parameter && parameter.taper === 'db' && number <= range.min) return '-inf dB';
  if (unit === 'Hz' && Math.abs(number) >= 1000) return `${(number / 1000).toFixed(2)} kHz`;
  const text = number.toFixed(decimalsOf(parameter));
  if (unit === 'ratio') return `${text}:1`;
  return SILENT.includes(unit) ? text : `${text} ${unit}`;
}

/** The value that a person typed; the unit may be left out. Throws PARAMETER_VALUE for what cannot be read. [any] */
export function textToValue(parameter: Parameter | Report, text: string): Value {
  const { range, unit } = parameter;
  const typed = text.trim();
  if (range.kind === 'toggle' && /^(on|off|true|false|1|0)$/i.test(typed)) return /^(on|true|1)$/i.test(typed);
  if (range.kind === 'list') {
    const entry = range.values.find(
      (candidate) => valueToText(parameter, candidate.value) === typed || String(candidate.value) === typed,
    );
    if (entry) return entry.value;
  }
  if (range.kind === 'continuous' || range.kind === 'stepped') {
    if (/^-inf/i.test(typed)) return range.min;
    const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(k?)\s*(.*)$/i.exec(typed);
    const rest = match?.[3]?.replace(/^:1$/, 'ratio') ?? '';
    if (match && (rest === '' || rest.toLowerCase() === unit.toLowerCase()))
      return numberToValue(parameter, Number(match[1]) * (match[2] ? 1000 : 1));
  }
  throw new AudioCloudError(
    'PARAMETER_VALUE',
    `Cannot read '${text}' as ${parameter.name}: wanted something like '${example(parameter)}'`,
    { parameter: parameter.id },
  );
}

function example(parameter: Parameter | Report): string {
  const { range } = parameter;
  if (range.kind === 'toggle') return 'on';
  return valueToText(parameter, range.kind === 'list' ? range.values[0]!.value : range.max);
}
