import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, Task } from '@audiocloud/api';
import { type MidiData, writeMidi } from 'midi-file';
import t from 'tap';
import { CommandProcess } from '../testing/run-command.ts';

const commands = new CommandProcess();
t.teardown(() => commands.end());
const midi = (...args: string[]) => commands.run('midi', ...args);
const folder = t.testdir();
const at = (name: string) => join(folder, name);

const END = { deltaTime: 0, type: 'endOfTrack' } as const;
const tracks: MidiData['tracks'] = [
  [
    { deltaTime: 0, type: 'trackName', text: 'Tempo' },
    { deltaTime: 0, type: 'setTempo', microsecondsPerBeat: 1e6 },
    END,
  ],
  [
    { deltaTime: 0, type: 'trackName', text: 'Keys' },
    { deltaTime: 0, type: 'controller', channel: 0, controllerType: 64, value: 127 },
    { deltaTime: 96, type: 'noteOn', channel: 0, noteNumber: 60, velocity: 100 },
    { deltaTime: 96, type: 'noteOff', channel: 0, noteNumber: 60, velocity: 0 },
    END,
  ],
  [
    { deltaTime: 0, type: 'noteOn', channel: 9, noteNumber: 36, velocity: 64 },
    { deltaTime: 48, type: 'noteOff', channel: 9, noteNumber: 36, velocity: 0 },
    END,
  ],
];
writeFileSync(
  at('my song.mid'),
  Uint8Array.from(writeMidi({ header: { format: 1, numTracks: 3, ticksPerBeat: 96 }, tracks })),
);
const task: Task = {
  name: 'A task',
  sampleRate: 48000,
  instances: { synth: { model: 'audiocloud:synth' }, drums: { model: 'audiocloud:sampler' } },
  notes: { old: { instance: 'synth', notes: [] } },
  lanes: { a: { instance: 'synth', parameter: 'x', points: [{ seconds: 0, value: 'a { "seconds": b }' }] } },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const written = (name: string) => {
  writeFileSync(at(name), JSON.stringify(task));
  return at(name);
};
const readTask = (name: string) => check(Task, JSON.parse(readFileSync(at(name), 'utf8')), name, 'TASK_INVALID');
const keys = [{ seconds: 1, lengthSeconds: 1, note: 60, velocity: 100 }];
const drums = [{ seconds: 0, lengthSeconds: 0.5, note: 36, velocity: 64, channel: 10 }];
const messages = [{ seconds: 0, bytes: [0xb0, 64, 127] }];

t.test('says what is in a file', async (t) => {
  const { code, stdout } = await midi(at('my song.mid'));
  t.equal(code, 0);
  t.match(stdout, /format 1, 3 tracks\n/);
  t.match(stdout, /track 1 'Tempo': 0 notes and 0 other messages\n/);
  t.match(stdout, /track 2 'Keys': 1 notes and 1 other messages, channels 1, to 2\.00 s\n/);
  t.match(stdout, /track 3: 1 notes and 0 other messages, channels 10, to 0\.50 s\n/);
  t.match(JSON.parse((await midi(at('my song.mid'), '--json')).stdout), {
    format: 1,
    tracks: [{ track: 1, name: 'Tempo' }, {}, {}],
  });
});

t.test('writes into a task, which stays as it was but for the notes', async (t) => {
  const path = written('task.json');
  const run = await midi(at('my song.mid'), '--instance', 'synth', '--task', path);
  t.match(run, { code: 0, stderr: '' });
  t.match(run.stdout, /task\.json: 2 notes and 1 other messages for 'synth', as 'my-song'\n/);
  t.same(readTask('task.json'), {
    ...task,
    notes: { ...task.notes, 'my-song': { instance: 'synth', notes: [...drums, ...keys], messages } },
  });
  const lines = readFileSync(path, 'utf8').split('\n');
  t.ok(lines.includes('        { "seconds": 1, "lengthSeconds": 1, "note": 60, "velocity": 100 }'), 'a note is a line');
  t.match(Object.keys(readTask('task.json')), Object.keys(task), 'in the same order');

  const again = await midi(
    at('my song.mid'),
    '--instance',
    'drums',
    '--name',
    'my-song',
    '--track',
    '3',
    '--port',
    'hits',
    '--at',
    '2.5',
    '--task',
    path,
  );
  t.match(again.stdout, /1 notes and 0 other messages for 'drums', as 'my-song', which is replaced/);
  t.same(readTask('task.json').notes, {
    ...task.notes,
    'my-song': { instance: 'drums', port: 'hits', notes: [{ ...drums[0], seconds: 2.5 }] },
  });
  t.same(readdirSync(folder).sort(), ['my song.mid', 'task.json'], 'nothing else is left behind');
});

t.test('prints the edit of a task', async (t) => {
  const { code, stdout } = await midi(at('my song.mid'), '--instance', 'synth', '--channel', '1', '--json');
  t.equal(code, 0);
  t.same(JSON.parse(stdout), {
    edits: [{ op: 'put', part: 'notes', name: 'my-song', value: { instance: 'synth', notes: keys, messages } }],
  });
});

t.test('what it cannot do it says, and writes nothing', async (t) => {
  const path = written('kept.json');
  const before = readFileSync(path);
  writeFileSync(at('text.mid'), 'this is no MIDI file');
  writeFileSync(at('cut.mid'), readFileSync(at('my song.mid')).subarray(0, 60));
  writeFileSync(at('bad.json'), '{ "sampleRate": "fast" }');
  const song = at('my song.mid');
  const refused: [string, RegExp, string[]][] = [
    ['MIDI_INVALID', /nowhere\.mid.*no such file/, [at('nowhere.mid')]],
    ['MIDI_INVALID', /text\.mid.*does not begin with 'MThd'/, [at('text.mid'), '--instance', 'synth', '--task', path]],
    ['MIDI_INVALID', /cut\.mid.*ends early/, [at('cut.mid'), '--instance', 'synth', '--task', path]],
    ['NODE_UNKNOWN', /no instance 'ghost'; it has synth, drums/, [song, '--instance', 'ghost', '--task', path]],
    ['TASK_INVALID', /bad\.json.*sampleRate/, [song, '--instance', 'synth', '--task', at('bad.json')]],
    ['TASK_INVALID', /gone\.json/, [song, '--instance', 'synth', '--task', at('gone.json')]],
    ['REQUEST_INVALID', /--instance/, [song, '--task', path]],
    ['REQUEST_INVALID', /either --task.*or --json/, [song, '--instance', 'synth']],
    ['REQUEST_INVALID', /either --task.*or --json/, [song, '--instance', 'synth', '--task', path, '--json']],
    ['REQUEST_INVALID', /track 9.*it has 3/, [song, '--instance', 'synth', '--task', path, '--track', '9']],
  ];
  for (const [code, says, args] of refused) {
    const run = await midi(...args);
    t.equal(run.code, 1, String(says));
    t.match(run.stderr, new RegExp(code));
    t.match(run.stderr, says);
    t.equal(run.stdout, '');
  }
  t.ok(readFileSync(path).equals(before));
  for (const wrong of [['--track', '0'], ['--channel', '17'], ['--at=-1'], ['--name', '9'], ['--loud']])
    t.equal((await midi(song, ...wrong)).code, 2, wrong.join(' '));
  t.match((await midi('--help')).stdout, /audiocloud midi song\.mid --instance synth --task task\.json/);
});
