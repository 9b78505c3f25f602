const PLACE = /\{value\}|\{skip\}/;
/** Plain decimal: what a person or a device writes. Linear to match; longer texts are refused before. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const MAX_VALUE_CHARACTERS = 64;

export interface LineTemplate {
  /** The template with the value in its place. */
  write(value: string): string;
  /** What stands in the place of the value if the whole line fits ('' without such a place), else undefined. */
  match(line: string): string | undefined;
}

/** What is wrong with the template of a value, or undefined: it must hold `{value}` once and no unknown braces. [any] */
export function templateProblem(template: string): string | undefined {
  const values = template.split('{value}').length - 1;
  if (values !== 1) return `has ${values} times {value}, wanted once: write it where the value stands`;
  return braceProblem(template);
}

/** What is wrong with a line that is matched without a value. [any] */
export function braceProblem(template: string): string | undefined {
  if (/[{}]/.test(template.split(PLACE).join('')))
    return 'has a brace outside of {value} and {skip}: only these are known, remove the others';
  return /\}\{/.test(template) ? 'has two places without text between: nobody can tell where one ends' : undefined;
}

/**
 * Text with a place `{value}`, to write and to match; `{skip}` is any text. [any]
 *
 * Matching compares text, never a pattern of the user's; each place takes as little as the text after it allows.
 */
export function lineTemplate(template: string): LineTemplate {
  const texts = template.split(PLACE);
  const places = template.match(new RegExp(PLACE, 'g')) ?? [];
  const head = texts[0]!;
  const tail = texts.at(-1)!;
  return {
    write: (value) => template.replace('{value}', () => value),
    match(line) {
      if (!places.length) return line === template ? '' : undefined;
      if (line.length < head.length + tail.length || !line.startsWith(head) || !line.endsWith(tail)) return undefined;
      const end = line.length - tail.length;
      let value = '';
      let at = head.length;
      for (const [i, place] of places.entries()) {
        const isLast = i === places.length - 1;
        const next = isLast ? end : line.indexOf(texts[i + 1]!, at);
        if (next < 0 || next > end) return undefined;
        if (place === '{value}') {
          if (next === at || next - at > MAX_VALUE_CHARACTERS) return undefined;
          value = line.slice(at, next);
        }
        at = next + (isLast ? 0 : texts[i + 1]!.length);
        if (at > end) return undefined;
      }
      return value;
    },
  };
}

/** A number as a line says it, or undefined for all that is not a plain decimal. [any] */
export function parseNumber(text: string): number | undefined {
  return text.length <= MAX_VALUE_CHARACTERS && NUMBER.test(text) ? Number(text) : undefined;
}

/** `value` with so many digits after the point, and at least so many before it; never `-0`. [any] */
export function formatNumber(value: number, decimals: number, digits = 1): string {
  const text = Math.abs(value).toFixed(decimals);
  const padded = text.padStart(digits + (decimals ? decimals + 1 : 0), '0');
  return value < 0 && Number(text) !== 0 ? `-${padded}` : padded;
}
