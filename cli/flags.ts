import { LONGEST_SECONDS } from '@audiocloud/api';
import { InvalidArgumentError } from 'commander';

// What is written behind the flags of commands.

export function secondsUpTo(most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0 && value <= most))
      throw new InvalidArgumentError(`wanted seconds from 0 to ${most}.`);
    return value;
  };
}

export const seconds = secondsUpTo(LONGEST_SECONDS);

export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`wanted a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A flag that may be given again. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

export type Pair = readonly [name: string, value: string];

/** A flag `name=value` that may be given again. */
export function pair(text: string, before: readonly Pair[]): Pair[] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('wanted name=value.');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

/** What --data is without being given. */
export const dataFolder = (): string => process.env['AUDIOCLOUD_DATA'] ?? 'data';

/** What a client of a domain shows: the flag, else the environment, else nothing. */
export function tokenOption(flag: string | undefined): { token?: string } {
  const token = flag ?? process.env['AUDIOCLOUD_TOKEN'];
  return token ? { token } : {};
}
