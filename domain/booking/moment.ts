import { AudioCloudError } from '@audiocloud/api';

/** A moment as it is told. [any] */
export const momentText = (ms: number): string => new Date(ms).toISOString();

/** The moment that somebody wrote. Throws RESERVATION_TIME for one that no calendar has. [any] */
export function readMoment(text: string, name: string): number {
  const ms = Date.parse(text);
  // V8 takes 30 February for 2 March: the date has to come back as it was written.
  const written = text.slice(0, 10);
  const isReal = !Number.isNaN(ms) && momentText(Date.parse(`${written}T00:00:00Z`)).startsWith(written);
  if (isReal) return ms;
  throw new AudioCloudError('RESERVATION_TIME', `Cannot read ${name}: ${text} is in no calendar`, { [name]: text });
}
