const PLACE = '{value}';
/** Plain decimal: what a person or a device writes. Linear to match; longer texts are refused before. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const MAX_VALUE_CHARACTERS = 64;

export interface LineTemplate {
  /** The template with the value in its place. */
  write(value: string): string;
  /** What stands in the place if the whole line fits, else undefined. */
  match(line: string): string | undefined;
}

/** What is wrong with a template, or undefined: it must hold `{value}` once and no other braces. [any] */
export function templateProblem(template: string): string | undefined {
  const parts = template.split(PLACE);
  if (parts.length !== 2) return `has ${parts.length - 1} times {value}, wanted once: write it where the value stands`;
  if (/[{}]/.test(parts.join(''))) return 'has a brace outside of {value}: only {value} is known, remove the others';
  return undefined;
}

/** Text with one place `{value}`, to write and to match. Matching compares text, never a pattern of the user's. [any] */
export function lineTemplate(template: string): LineTemplate {
  const [head, tail] = template.split(PLACE) as [string, string];
  return {
    write: (value) => head + value + tail,
    match(line) {
      const length = line.length - head.length - tail.length;
      if (length < 1 || length > MAX_VALUE_CHARACTERS || !line.startsWith(head) || !line.endsWith(tail))
        return undefined;
      return line.slice(head.length, head.length + length);
    },
  };
}

/** A number as a line says it, or undefined for all that is not a plain decimal. [any] */
export function parseNumber(text: string): number | undefined {
  return text.length <= MAX_VALUE_CHARACTERS && NUMBER.test(text) ? Number(text) : undefined;
}

/** `value` with so many digits after the point; never `-0`. [any] */
export function formatNumber(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text;
}
