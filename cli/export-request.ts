import {
  AskedMoment,
  AudioCloudError,
  type DomainEvent,
  EVENT_TYPES,
  type ExportCreate,
  type ExportMode,
  type ExportStart,
  type LoudnessLink,
  LOUDNESS_LINKS,
} from '@audiocloud/api';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Value } from 'typebox/value';
import { collect, seconds } from './flags.ts';
import { type OutputFlags, soundOutput } from './output-flags.ts';

/** What is said of an export, as `POST /v1/exports` takes it. */
export interface ExportRequestFlags extends OutputFlags {
  sink: string[];
  upload: string[];
  from?: number;
  to?: number;
  mode?: ExportMode;
  realtime?: boolean;
  at?: string;
  on?: DomainEvent['type'][];
  loudnessLink?: LoudnessLink;
  context?: { json: unknown };
}

/** Adds the flags of ExportRequestFlags to a command, but those of OutputFlags. */
export function withExportFlags(command: Command): Command {
  return command
    .option('--sink <name>', 'a sink, which becomes a file; may be given again. Default: the first', collect, [])
    .addOption(
      new Option(
        '--loudness-link <kind>',
        'with --loudness: each file its own gain (default), that of the first, or that of the sum of all, so that stems add up',
      ).choices([...LOUDNESS_LINKS]),
    )
    .option('--from <seconds>', 'first place on the timeline', seconds)
    .option('--to <seconds>', "last place; default: the task's end, with tails", seconds)
    .addOption(
      new Option(
        '--mode <mode>',
        'offline (default): as fast as it goes, without hardware; real-time: played once through its hardware, and recorded',
      ).choices(['offline', 'real-time']),
    )
    .addOption(new Option('--realtime', 'the same as --mode real-time').conflicts('mode'))
    .option('--at <time>', 'not before this moment: ISO 8601 with a zone, e.g. 2026-12-01T03:00:00Z', moment)
    .addOption(
      new Option('--on <event,...>', 'at the first event of one of these types that comes, e.g. media.imported')
        .argParser(eventTypes)
        .conflicts('at'),
    )
    .option(
      '--upload <url>',
      'pre-signed https URL that a file is put at; one for each --sink, in their order. It is not fetched then',
      collect,
      [],
    )
    .option('--context <json>', 'any JSON of at most 8 KiB, told with the export and its events', json);
}

/** What the flags ask for. Throws REQUEST_INVALID. */
export function exportRequest(task: string, flags: ExportRequestFlags): ExportCreate {
  const { sink, upload, mode, realtime, loudnessLink, from, to, context } = flags;
  const sinks = sink.length > 0 ? sink : [undefined];
  if (upload.length > 0 && upload.length !== sinks.length)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot upload ${sinks.length} files to ${upload.length} URLs: give --upload once for each --sink, in their order`,
      { files: sinks.length, urls: upload.length },
    );
  const sound = soundOutput(flags.format ?? 'wav', flags);
  return {
    task,
    outputs: sinks.map((name, i) => ({
      ...sound,
      ...(name === undefined ? {} : { sink: name }),
      ...(upload.length === 0 ? {} : { upload: { url: upload[i]! } }),
    })),
    mode: mode ?? (realtime ? 'real-time' : 'offline'),
    start: startOf(flags),
    ...(loudnessLink === undefined ? {} : { loudnessLink }),
    ...(from === undefined ? {} : { fromSeconds: from }),
    ...(to === undefined ? {} : { toSeconds: to }),
    ...(context === undefined ? {} : { context: context.json }),
  };
}

function startOf({ at, on }: ExportRequestFlags): ExportStart {
  if (at !== undefined) return { at };
  return on === undefined ? { when: 'now' } : { on: { types: on } };
}

function moment(text: string): string {
  if (!Value.Check(AskedMoment, text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('wanted ISO 8601 with a zone, such as 2026-12-01T03:00:00Z.');
  return text;
}

function eventTypes(text: string): DomainEvent['type'][] {
  const types = [...new Set(text.split(','))];
  const unknown = types.find((type) => !EVENT_TYPES.includes(type));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no event '${unknown}'; wanted some of ${EVENT_TYPES.join(', ')}.`);
  return types as DomainEvent['type'][];
}

/** In an object, since null is JSON too. */
function json(text: string): { json: unknown } {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    throw new InvalidArgumentError(`wanted JSON: ${(error as Error).message}.`);
  }
}
