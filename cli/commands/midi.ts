import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { AudioCloudError, check, NAME_PATTERN, type Notes, Task } from '@audiocloud/api';
import { Command, InvalidArgumentError } from 'commander';
import { seconds, wholeNumber } from '../flags.ts';
import { midiContents } from '../midi/midi-contents.ts';
import { midiNotes } from '../midi/midi-notes.ts';
import { type MidiFile, readMidiFile } from '../midi/read-midi-file.ts';
import { readJson } from '../read-json.ts';
import { writeJson } from '../write-json.ts';

interface MidiFlags {
  instance?: string;
  port?: string;
  name?: string;
  task?: string;
  track?: number;
  channel?: number;
  at: number;
  json?: boolean;
}

function name(text: string): string {
  if (new RegExp(NAME_PATTERN).test(text)) return text;
  throw new InvalidArgumentError('wanted a letter, then letters, digits, _ and -, at most 64 in all.');
}

/** `audiocloud midi`: a Standard MIDI File as notes of a task. */
export function midiCommand(): Command {
  return new Command('midi')
    .description(
      'Takes the notes of a MIDI file over into a task, for an instrument to play along the timeline. With the file alone it says what is in it.',
    )
    .argument('<file>', 'a Standard MIDI File (.mid)')
    .option('--instance <name>', 'the instance of the task that plays the notes')
    .option('--task <file>', 'JSON file with the task: the notes are written into it')
    .option('--json', 'print JSON instead: with --instance the body of POST /v1/tasks/ID/edits')
    .option(
      '--name <name>',
      'name of the notes in the task; what has that name is replaced. Default: from the file',
      name,
    )
    .option('--port <id>', 'which midi input of the instance; default: the first', name)
    .option('--track <number>', 'take one track; default: all', wholeNumber(1, 65535))
    .option('--channel <number>', 'take one MIDI channel; default: all', wholeNumber(1, 16))
    .option('--at <seconds>', 'where on the timeline the file begins', seconds, 0)
    .addHelpText(
      'after',
      `
Notes, controllers, programs, pressure and pitch bend are taken, at the places that the tempos of the file give them;
channels stay as they are. System Exclusive is left out. A file with several instruments is taken over in turns, each with
its track or channel and the instance that is to play it.

Examples:
  audiocloud midi song.mid                                      what is in it
  audiocloud midi song.mid --instance synth --task task.json    all notes into a task file
  audiocloud midi song.mid --instance bass --track 3 --name bass-line --task task.json
  audiocloud midi song.mid --instance synth --json | curl -X POST localhost:7700/v1/tasks/ID/edits \\
    -H 'content-type: application/json' -H "authorization: Bearer $AUDIOCLOUD_TOKEN" -d @-   into a task of a running domain`,
    )
    .action(midi);
}

function midi(path: string, flags: MidiFlags): void {
  const what = `the MIDI file ${path}`;
  const file = readMidiFile(read(path, what), what);
  if (flags.instance === undefined) {
    if (flags.task !== undefined)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot write into ${flags.task}: say with --instance what plays the notes`,
      );
    printContents(file, path, what, flags.json);
    return;
  }
  if ((flags.task === undefined) !== (flags.json === true))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot take the notes of ${path}: give either --task, to write them into a file, or --json, to print them`,
    );
  const part: Notes = {
    instance: flags.instance,
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...midiNotes(file, what, { track: flags.track, channel: flags.channel, atSeconds: flags.at }),
  };
  if (part.messages?.length === 0) delete part.messages;
  const partName = flags.name ?? nameOf(path);
  if (flags.task === undefined) {
    console.log(JSON.stringify({ edits: [{ op: 'put', part: 'notes', name: partName, value: part }] }));
    return;
  }
  const isThere = writeInto(flags.task, partName, part);
  const { notes, messages = [] } = part;
  console.log(
    `${flags.task}: ${notes.length} notes and ${messages.length} other messages for '${part.instance}', as '${partName}'${isThere ? ', which is replaced' : ''}`,
  );
}

function read(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AudioCloudError('MIDI_INVALID', `Cannot read ${what}: ${(cause as Error).message}`, { path }, { cause });
  }
}

/** A name for notes: that of the file, as far as names of tasks allow it. */
function nameOf(path: string): string {
  const stem = basename(path, extname(path)).replace(/[^A-Za-z0-9_-]+/g, '-');
  return (/^[A-Za-z]/.test(stem) ? stem : `notes-${stem}`).slice(0, 64);
}

/** Returns whether there were notes of that name. */
function writeInto(path: string, partName: string, part: Notes): boolean {
  const task = check(Task, readJson(path, 'task', 'TASK_INVALID'), `task ${path}`, 'TASK_INVALID');
  const instances = Object.keys(task.instances ?? {});
  if (!instances.includes(part.instance))
    throw new AudioCloudError(
      'NODE_UNKNOWN',
      `Cannot write the notes into ${path}: the task has no instance '${part.instance}'; it has ${instances.join(', ') || 'none'}`,
      { instance: part.instance },
    );
  const isThere = Object.hasOwn(task.notes ?? {}, partName);
  const edited = { ...task, notes: { ...task.notes, [partName]: part } };
  writeJson(path, check(Task, edited, `task ${path}`, 'TASK_INVALID'));
  return isThere;
}

function printContents(file: MidiFile, path: string, what: string, isJson = false): void {
  const tracks = midiContents(file, what);
  if (isJson) {
    console.log(JSON.stringify({ format: file.format, tracks }));
    return;
  }
  console.log(`${path}: format ${file.format}, ${tracks.length} ${tracks.length === 1 ? 'track' : 'tracks'}`);
  for (const { track, name: title, channels, notes, messages, endSeconds } of tracks)
    console.log(
      `  track ${track}${title ? ` '${title}'` : ''}: ${notes} notes and ${messages} other messages${channels.length ? `, channels ${channels.join(' ')}, to ${endSeconds.toFixed(2)} s` : ''}`,
    );
}
