import { AudioCloudError, type ExportCreate, OUTPUT_FORMAT_FACTS, type SoundOutput } from '@audiocloud/api';
import { readMoment } from '../booking/moment.ts';
import type { ExportOutputRecord, ExportRecord } from './export-record.ts';

/** The record of an export that is asked for, with all that was left out. Throws REQUEST_INVALID, RESERVATION_TIME. [any] */
export function newExportRecord(
  wanted: ExportCreate,
  { nowMs, newestEvent, keepForSeconds }: { nowMs: number; newestEvent: number; keepForSeconds: number },
): ExportRecord {
  const { task, fromSeconds, toSeconds, loudnessLink, context, mode = 'offline', start = { when: 'now' } } = wanted;
  if (fromSeconds !== undefined && toSeconds !== undefined && toSeconds <= fromSeconds)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot export from ${fromSeconds} s to ${toSeconds} s: the end must be after the start`,
    );
  return {
    task,
    outputs: namedOutputs(wanted.outputs),
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
    ...(loudnessLink === undefined ? {} : { loudnessLink }),
    ...(context === undefined ? {} : { context }),
    mode,
    start,
    keepForSeconds: wanted.keepForSeconds ?? keepForSeconds,
    createdAtMs: nowMs,
    desired: 'done',
    ...('at' in start ? { startsAtMs: readMoment(start.at, 'at') } : {}),
    ...('on' in start ? { afterEvent: newestEvent } : {}),
    uploaded: [],
  };
}

/** Outputs under names of which each is there once. */
function namedOutputs(outputs: ExportCreate['outputs']): ExportOutputRecord[] {
  const names = new Set<string>();
  return outputs.map((output, i) => {
    requireSound(output, i);
    const wish = output.name ?? output.sink ?? 'main';
    let name = wish;
    // Two formats of one sink.
    for (let n = 2; output.name === undefined && names.has(name); n++) name = `${wish.slice(0, 60)}-${n}`;
    if (names.has(name))
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot export: two outputs are named '${name}'; each needs its own name`,
        {
          name,
        },
      );
    names.add(name);
    return { ...output, name };
  });
}

/** What a format cannot hold is refused before anything is rendered; the rest the engine says. */
function requireSound({ format, depth, bitRate }: SoundOutput, i: number): void {
  const { depths } = OUTPUT_FORMAT_FACTS[format];
  const refuse = (why: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', `Cannot export output ${i + 1} as ${format}: ${why}`, { output: i });
  };
  if (depth !== undefined && !depths.includes(depth))
    refuse(depths.length > 0 ? `depth is ${depth}, wanted ${depths.join(' or ')}` : 'it has no depth, leave it out');
  if (bitRate !== undefined && depths.length > 0) refuse('it has no bitRate, leave it out');
}
