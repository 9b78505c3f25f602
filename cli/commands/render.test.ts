import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { createWavWriter, openMedia, openTaskMedia, Registry, renderTask, WAV_HEADER_BYTES } from '@audiocloud/engine';
import t from 'tap';
import { watPackage } from '../../engine/plugin/fixtures/wat-package.ts';
import { assemble, watPlugin } from '../../engine/plugin/fixtures/wat-plugin.ts';
import { distance } from '../../plugins/testing/signals.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { fitSine } from '../../test/sine-fit.ts';
import { CommandProcess, ENTRY, RunningCommand, runCommand } from '../testing/run-command.ts';

await buildWasm({ ifMissing: true });
const stock = fileURLToPath(new URL('../../plugins', import.meta.url));
const tasks = fileURLToPath(new URL('../../examples/tasks', import.meta.url));
const EXAMPLE = join(tasks, 'example.json');
const TONE = join(tasks, 'tone.json');
const folder = t.testdir();
const at = (name: string) => join(folder, name);
const readTask = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Task;

/** A task file of its own. */
function written(name: string, task: object | string): string {
  writeFileSync(at(name), typeof task === 'string' ? task : JSON.stringify(task));
  return at(name);
}

const commands = new CommandProcess();
t.teardown(() => commands.end());

async function rendered(name: string, ...args: string[]): Promise<string> {
  const out = at(name);
  // one thread where threads are not the matter: starting more costs most of a short render
  const threads = args.includes('--threads') ? [] : ['--threads', '1'];
  const { code, stderr } = await commands.run('render', ...args, ...threads, '--out', out);
  if (code !== 0 || stderr !== '') throw new Error(`render ${args.join(' ')} ended with ${code}: ${stderr}`);
  return out;
}

/** A channel as the file has it. */
const channels = async (path: string) => (await openMedia(path)).data;

/** Sample for sample, bit for bit. */
const isSame = (a: Float32Array[], b: Float32Array[]) =>
  a.length === b.length && a.every((channel, c) => Buffer.compare(bytesOf(channel), bytesOf(b[c]!)) === 0);
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);

t.test('two renders of the example are the same bytes', async (t) => {
  const [one, two] = [await rendered('one.wav', EXAMPLE), at('two.wav')];
  t.match(await runCommand('render', EXAMPLE, '--out', two), { code: 0, stderr: '' }, 'in another process');
  const bytes = readFileSync(one);
  t.ok(bytes.equals(readFileSync(two)));
  t.equal(bytes.length, WAV_HEADER_BYTES + 16 * 48000 * 2 * 3, '16 seconds of 24 bits');
  const [left] = await channels(one);
  t.ok(
    left!.some((x) => Math.abs(x) > 0.1),
    'and there is sound in them',
  );
});

t.test('an earlier end changes no byte before it, dither included', async (t) => {
  const whole = readFileSync(await rendered('whole.wav', EXAMPLE, '--to', '3'));
  const part = readFileSync(await rendered('part.wav', EXAMPLE, '--to', '1.2345'));
  t.equal(part.length, WAV_HEADER_BYTES + Math.round(1.2345 * 48000) * 6);
  t.ok(part.subarray(WAV_HEADER_BYTES).equals(whole.subarray(WAV_HEADER_BYTES, part.length)));
});

t.test('a later start is the slice of the whole, where nothing remembers what was before', async (t) => {
  // two gains on two tracks: no memory
  const path = join(tasks, 'two-tracks.json');
  const whole = await channels(await rendered('all.wav', path, '--bits', '32f'));
  const slice = await channels(await rendered('slice.wav', path, '--bits', '32f', '--from', '1.23', '--to', '4.56'));
  const [from, to] = [Math.round(1.23 * 48000), Math.round(4.56 * 48000)];
  t.ok(
    isSame(
      slice,
      whole.map((channel) => channel.slice(from, to)),
    ),
  );
  // a tone begins at phase 0 wherever it begins: there it is the sound of playing from that place
  const fresh = await channels(await rendered('tone.wav', TONE, '--bits', '32f', '--to', '0.5'));
  const later = await channels(await rendered('later.wav', TONE, '--bits', '32f', '--from', '0.7', '--to', '1.2'));
  t.ok(isSame(later, fresh));
});

t.test('sample formats: floats as rendered, 24 and 16 bits within their dither', async (t) => {
  const task = readTask(EXAMPLE);
  const media = await openTaskMedia(task, { folder: tasks, sampleRate: 48000 });
  const wanted = await renderTask({ task, media, registry: Registry.open([stock]), toSeconds: 2 });
  const header = (path: string) => {
    const view = new DataView(new Uint8Array(readFileSync(path)).buffer);
    return { format: view.getUint16(56, true), rate: view.getUint32(60, true), bits: view.getUint16(70, true) };
  };
  const sound = async (bits: string) => {
    const path = await rendered(`${bits}.wav`, EXAMPLE, '--to', '2', '--bits', bits);
    return { data: await channels(path), ...header(path) };
  };
  const float = await sound('32f');
  t.match(float, { format: 3, bits: 32, rate: 48000 });
  t.ok(isSame(float.data, wanted.data));
  for (const bits of [24, 16]) {
    const whole = await sound(String(bits));
    t.match(whole, { format: 1, bits });
    // triangular dither is at most 1 step, rounding half of one
    const limit = 1.5 * 2 ** (1 - bits);
    for (const c of [0, 1]) {
      const error = distance(whole.data[c]!, wanted.data[c]!);
      t.ok(error > limit / 6 && error <= limit * 1.001, `${bits} bits: ${error / limit} of the most`);
    }
  }
});

t.test('another sample rate is the same sound at that rate', async (t) => {
  for (const rate of [44100, 96000]) {
    const path = await rendered(`${rate}.wav`, TONE, '--sample-rate', String(rate), '--bits', '32f', '--to', '1');
    const { data, sampleRate, frames } = await openMedia(path);
    t.equal(sampleRate, rate);
    t.equal(frames, rate);
    const fit = fitSine(data[0]!.subarray(rate / 10), rate, 440);
    t.ok(Math.abs(fit.frequencyHz - 440) < 0.01, `${fit.frequencyHz} Hz`);
    t.ok(Math.abs(20 * Math.log10(fit.amplitude) + 18) < 0.01);
  }
  // media are resampled: as long, and as loud
  const path = await rendered('down.wav', EXAMPLE, '--sample-rate', '32000', '--bits', '32f', '--to', '4');
  const [low] = await channels(path);
  const [whole] = await channels(await rendered('up.wav', EXAMPLE, '--bits', '32f', '--to', '4'));
  const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0) / x.length);
  t.ok(Math.abs(20 * Math.log10(rms(low!) / rms(whole!))) < 0.5);
});

t.test('events in a file are applied at their frames', async (t) => {
  const mute = [{ frame: 24000, instance: 'master', parameter: 'mute', value: true }];
  const events = written('events.json', JSON.stringify(mute));
  const [left] = await channels(await rendered('muted.wav', TONE, '--events', events, '--to', '1', '--bits', '32f'));
  const [all] = await channels(await rendered('plain.wav', TONE, '--to', '1', '--bits', '32f'));
  t.ok(isSame([left!.slice(0, 24000)], [all!.slice(0, 24000)]));
  t.ok(left!.subarray(30000).every((x) => x === 0));
});

t.test('what was done is told: a sentence, or one line of JSON', async (t) => {
  const text = await commands.run('render', TONE, '--to', '2', '--bits', '16', '--out', at('told.wav'));
  t.equal(text.code, 0);
  t.match(
    text.stdout,
    /told\.wav: 2\.00 s, 2 channels, 48000 Hz, 16 bits, peak -18\.0 dBFS, -18\.7 LUFS, in [\d.]+ s \(\d+ x real time\)\n$/,
  );
  const json = await commands.run('render', TONE, '--to', '2', '--json', '--out', at('told.wav'));
  t.equal(json.stdout.split('\n').length, 2);
  t.match(JSON.parse(json.stdout), {
    out: at('told.wav'),
    sampleRate: 48000,
    channels: 2,
    frames: 96000,
    latencyFrames: 0,
    bits: '24',
    clippedSamples: 0,
    failed: [],
  });
  const loud = readTask(TONE);
  loud.instances!['master']!.parameters = { gain: 24 };
  const clipped = await commands.run('render', written('loud.json', loud), '--to', '0.1', '--out', at('loud.wav'));
  t.equal(clipped.code, 0);
  t.match(clipped.stderr, /warning: \d+ samples were beyond full scale .* --bits 32f/);
});

const noScript = spawnSync('script', ['--version']).status !== 0 && 'script (a terminal for commands) is not installed';
t.test('a bar on a terminal, and only there', { skip: noScript }, async (t) => {
  const onTerminal = (...more: string[]) => {
    const words = [
      process.execPath,
      ENTRY,
      'render',
      TONE,
      '--to',
      '20',
      '--threads',
      '1',
      '--out',
      at('bar.wav'),
      ...more,
    ];
    const line = words.map((word) => `'${word}'`).join(' ');
    const { status, stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
    t.equal(status, 0);
    return stdout;
  };
  t.match(onTerminal(), /rendering .* 100 %/s);
  const quiet = onTerminal('--quiet');
  t.equal(quiet.split('\n').length, 2, 'one line');
  t.notMatch(quiet, /rendering/);
  t.match(JSON.parse(onTerminal('--json').trim()), { frames: 20 * 48000 });
  // `rendered` fails for anything on stderr, which all other tests here have as a pipe
});

t.test('any number of threads writes the same bytes', async (t) => {
  const files: Buffer[] = [];
  for (const threads of ['1', '2', '3'])
    files.push(readFileSync(await rendered(`threads${threads}.wav`, EXAMPLE, '--threads', threads)));
  const [one, two, three] = files;
  t.ok(one!.equals(two!) && one!.equals(three!));
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  t.test(`${signal} ends a render; no half file stays, and an older file is as it was`, async (t) => {
    const here = t.testdir({ 'old.wav': 'an older file' });
    const out = join(here, 'old.wav');
    const command = new RunningCommand(['render', TONE, '--to', '50000', '--threads', '1', '--out', out]);
    while (!readdirSync(here).some((name) => name.endsWith('.part') && statSync(join(here, name)).size > 1e6)) {
      if (command.child.exitCode !== null) throw new Error((await command.finished).stderr);
      await sleep(10);
    }
    command.child.kill(signal);
    const { code, stderr, stdout } = await command.finished;
    t.equal(code, 1);
    t.match(stderr, /^RENDER_CANCELLED: .*cancelled after \d+ of 2400000000 frames/);
    t.equal(stdout, '');
    t.same(readdirSync(here), ['old.wav']);
    t.equal(readFileSync(out, 'utf8'), 'an older file');
  });

t.test('a wrong flag ends with 2 and says what is wanted', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--out', at('x.wav')], /missing required argument 'task'/],
    [[TONE], /required option '-o, --out <file>' not specified/],
    [[TONE, '--out', at('x.wav'), '--bits', '12'], /--bits.*'12' is invalid.*16, 24, 32, 32f/],
    [[TONE, '--out', at('x.wav'), '--sample-rate', '7999'], /7999.*from 8000 to 192000/],
    [[TONE, '--out', at('x.wav'), '--sample-rate', 'fast'], /fast.*from 8000 to 192000/],
    [[TONE, '--out', at('x.wav'), '--block', '0'], /from 1 to 8192/],
    [[TONE, '--out', at('x.wav'), '--block', '12.5'], /from 1 to 8192/],
    [[TONE, '--out', at('x.wav'), '--block', ''], /from 1 to 8192/],
    [[TONE, '--out', at('x.wav'), '--threads', '0'], /from 1 to 16/],
    [[TONE, '--out', at('x.wav'), '--from=-1'], /seconds from 0 to 864000/],
    [[TONE, '--out', at('x.wav'), '--from', ''], /seconds from 0 to 864000/],
    [[TONE, '--out', at('x.wav'), '--to', 'end'], /seconds from 0 to 864000/],
    [[TONE, '--out', at('x.wav'), '--to', '1e300'], /seconds from 0 to 864000/],
    [[TONE, '--out', at('x.wav'), '--loud'], /unknown option '--loud'/],
    [[TONE, 'more', '--out', at('x.wav')], /too many arguments/],
  ];
  for (const [args, says] of wrong) {
    const { code, stderr, stdout } = await commands.run('render', ...args);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, says);
    t.match(stderr, /--help/, 'and where to read more');
    t.equal(stdout, '');
  }
  t.equal((await commands.run('render', '--help')).code, 0);
});

t.test('a wrong file ends with 1, a code, the name of the thing and what to do; nothing is written', async (t) => {
  const tone = readTask(TONE);
  const { connections, instances } = tone;
  const here = t.testdir({ folder: {} });
  const out = join(here, 'x.wav');
  mkdirSync(join(here, 'media'));
  const file = await createWavWriter(join(here, 'media', 'three.wav'), { sampleRate: 48000, channels: 3, bits: '16' });
  await file.write([0, 1, 2].map(() => new Float32Array(100)));
  await file.close();
  writeFileSync(join(here, 'media', 'text.wav'), 'this is no sound at all, but a sentence in English');
  const damaged = readFileSync(join(tasks, '../media/bass.flac'));
  damaged.fill(0xaa, 20_000, 60_000);
  writeFileSync(join(here, 'media', 'damaged.flac'), damaged);
  const withMedia = (name: string, width = 2) => ({
    sampleRate: 48000,
    media: { m: { path: `media/${name}` } },
    tracks: { t: { channels: width, clips: [{ media: 'm', startSeconds: 0 }] } },
    connections: { a: { from: { node: 't' }, to: { node: 'out' } } },
    sinks: { out: { kind: 'stream', channels: width } },
  });
  const through = (id: string) => ({
    ...tone,
    instances: { ...instances, through: { model: id } },
    connections: { ...connections, more: { from: { node: 'through' }, to: { node: 'main' } } },
  });
  let count = 0;
  const file_ = (task: object | string) => {
    const path = join(here, `task${count++}.json`);
    writeFileSync(path, typeof task === 'string' ? task : JSON.stringify(task));
    return path;
  };
  const oldAbi = watPackage(t, {}, { manifest: { abi: '2.0' } });
  const otherAbi = watPackage(t, { abi: '(global (export "ac_abi") i32 (i32.const 0x20000))' });
  const wasi = watPackage(t, {
    imports: '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))',
  });
  const noMaximum = watPackage(t, { memory: '(memory (export "memory") 2)' });
  const endless = watPackage(t, { start: { ac_create: '(loop $l (br $l))' } });
  const traps = watPackage(t, { start: { ac_activate: '(unreachable)' } });
  const text = watPackage(t, {}, { bytes: new TextEncoder().encode('no module') });
  const plain = watPackage(t, {});
  // a folder of packages, of which one is refused
  const several = join(here, 'several');
  for (const [name, parts] of [
    ['good', {}],
    ['bad', { memory: '(memory (export "memory") 2)' }],
  ] as const) {
    mkdirSync(join(several, name), { recursive: true });
    writeFileSync(join(several, name, 'plugin.wasm'), assemble(watPlugin(parts)));
    const model = JSON.parse(readFileSync(join(plain, 'audiocloud.json'), 'utf8')).models[0];
    writeFileSync(
      join(several, name, 'audiocloud.json'),
      JSON.stringify({
        kind: 'wasm',
        abi: '1.0',
        module: 'plugin.wasm',
        models: [{ ...model, id: `test:${name}` }],
      }),
    );
  }
  const cases: [code: string, says: RegExp, task: string, ...more: string[]][] = [
    ['TASK_INVALID', /nowhere\.json.*no such file/, join(here, 'nowhere.json')],
    ['TASK_INVALID', /task.*folder/, join(here, 'folder')],
    ['TASK_INVALID', /task0\.json.*not JSON/, file_('{ "sampleRate": 48000,')],
    ['TASK_INVALID', /task1\.json.*sampleRate/, file_({ ...tone, sampleRate: 'fast' })],
    ['TASK_INVALID', /colour/, file_({ ...tone, colour: 1 })],
    [
      'MODEL_UNKNOWN',
      /nobody:nothing/,
      file_({ ...tone, instances: { ...instances, master: { model: 'nobody:nothing' } } }),
    ],
    [
      'MODEL_UNKNOWN',
      /audiocloud:gian.*audiocloud:gain/,
      file_({ ...tone, instances: { ...instances, master: { model: 'audiocloud:gian' } } }),
    ],
    [
      'CHANNELS_MISMATCH',
      /master\.out to main\.in .*'master-main'/,
      file_({ ...tone, sinks: { main: { kind: 'stream', channels: 3 } } }),
    ],
    [
      'GRAPH_CYCLE',
      /master -> master goes round/,
      file_({ ...tone, connections: { ...connections, again: { from: { node: 'master' }, to: { node: 'master' } } } }),
    ],
    [
      'NODE_UNKNOWN',
      /ghost/,
      file_({ ...tone, connections: { x: { from: { node: 'ghost' }, to: { node: 'main' } } } }),
    ],
    [
      'PARAMETER_VALUE',
      /gain.*1000/,
      file_({ ...tone, instances: { ...instances, master: { model: 'audiocloud:gain', parameters: { gain: 1000 } } } }),
    ],
    ['MEDIA_MISSING', /gone\.wav.*no such file/, file_(withMedia('gone.wav'))],
    ['MEDIA_UNSUPPORTED', /text\.wav/, file_(withMedia('text.wav'))],
    ['MEDIA_DAMAGED', /damaged\.flac/, file_(withMedia('damaged.flac', 1))],
    ['CHANNELS_MISMATCH', /'t'.*3/, file_(withMedia('three.wav'))],
    ['REQUEST_INVALID', /no end of its own: give --to/, file_({ ...tone, lengthSeconds: undefined })],
    ['REQUEST_INVALID', /from 3 s to 2 s: the end must be after/, TONE, '--from', '3', '--to', '2'],
    ['SINK_UNKNOWN', /sinks main, not 'side'/, TONE, '--sink', 'side'],
    ['SINK_UNKNOWN', /no sink/, file_({ ...tone, sinks: {}, connections: {} })],
    ['REQUEST_INVALID', /events.*nowhere\.json/, TONE, '--events', join(here, 'nowhere.json')],
    [
      'REQUEST_INVALID',
      /events.*frame/,
      TONE,
      '--events',
      file_([{ frame: -1, instance: 'master', parameter: 'gain', value: 1 }]),
    ],
    ['NODE_UNKNOWN', /ghost/, TONE, '--events', file_([{ frame: 1, instance: 'ghost', parameter: 'gain', value: 1 }])],
    [
      'PARAMETER_UNKNOWN',
      /master\.colour/,
      TONE,
      '--events',
      file_([{ frame: 1, instance: 'master', parameter: 'colour', value: 1 }]),
    ],
    ['PLUGIN_MISSING', /nowhere.*no such folder/, TONE, '--plugins', join(here, 'nowhere')],
    ['PLUGIN_MISSING', /no audiocloud\.json/, TONE, '--plugins', join(here, 'folder')],
    ['PLUGIN_ABI', /ABI 2\.0, this engine speaks 1\.0/, TONE, '--plugins', oldAbi],
    ['PLUGIN_ABI', /2\.0, this engine 1\.0/, TONE, '--plugins', otherAbi],
    ['PLUGIN_RULES', /imports.*wasi_snapshot_preview1\.fd_write/, TONE, '--plugins', wasi],
    ['PLUGIN_RULES', /memory-maximum/, TONE, '--plugins', noMaximum],
    ['PLUGIN_RULES', /valid-wasm/, TONE, '--plugins', text],
    ['PLUGIN_RULES', /test:bad.*refused.*memory-maximum/, file_(through('test:bad')), '--plugins', several],
    [
      'INSTANCE_FAILED',
      /ac_create of test:through.*fuel exhausted/,
      file_(through('test:through')),
      '--plugins',
      endless,
    ],
    ['INSTANCE_FAILED', /ac_activate of test:through.*unreachable/, file_(through('test:through')), '--plugins', traps],
    ['RENDER_FAILED', /no\/such\/folder.*choose a folder/, TONE, '--out', join(here, 'no/such/folder/x.wav')],
    ['RENDER_FAILED', /it is a folder/, TONE, '--out', join(here, 'folder'), '--format', 'wav'],
    ['REQUEST_INVALID', /ends with \.wav, \.flac, \.mp3, \.opus; give --format/, TONE, '--out', join(here, 'x.ogg')],
    ['REQUEST_INVALID', /the render reads that file/, join(here, 'task3.json'), '--out', join(here, 'task3.json')],
    [
      'REQUEST_INVALID',
      /the render reads that file/,
      file_(withMedia('text.wav')),
      '--out',
      join(here, 'media/text.wav'),
    ],
    [
      'REQUEST_INVALID',
      /its instance 'preamp' is hardware \(generic:line-preamp\); add --realtime/,
      file_({ ...tone, instances: { ...instances, preamp: { model: 'generic:line-preamp', fixed: 'any' } } }),
    ],
  ];
  const before = readdirSync(here, { recursive: true }).length;
  for (const [code, says, task, ...more] of cases) {
    const run = await commands.run('render', task, ...(more.includes('--out') ? [] : ['--out', out]), ...more);
    const name = `${code} ${says.source}`;
    t.equal(run.code, 1, name);
    t.equal(run.stderr.split(':')[0], code, name);
    t.match(run.stderr, says, name);
    t.ok(run.stderr.trim().split('\n').length >= 2, 'and advice');
    t.equal(run.stdout, '');
  }
  t.equal(readdirSync(here, { recursive: true }).length, before, 'no file was made');
  const json = await commands.run('render', TONE, '--out', out, '--sink', 'side', '--json');
  t.match(JSON.parse(json.stderr), { error: { code: 'SINK_UNKNOWN', advice: /sink/ } });
  t.equal(json.code, 1);
  // the good one of the two plugins can be used
  t.equal((await commands.run('render', file_(through('test:good')), '--plugins', several, '--out', out)).code, 0);
});

t.test('an instance that fails while rendering is named, exit code 1, and the rest is there', async (t) => {
  const tone = readTask(TONE);
  const task = {
    ...tone,
    instances: { ...tone.instances, bad: { model: 'test:low-pass' } },
    connections: {
      ...tone.connections,
      'to-bad': { from: { node: 'tone' }, to: { node: 'bad' }, channels: [[0, 0]] },
      'from-bad': { from: { node: 'bad' }, to: { node: 'main' } },
    },
  };
  const traps = watPackage(t, { start: { ac_process: '(unreachable)' } }, { id: 'test:low-pass' });
  const plain = await channels(await rendered('plain.wav', TONE, '--bits', '32f'));
  for (const [plugin, says] of [
    [traps, /warning: Instance 'bad' \(test:low-pass\) stays muted after several faults .*: unreachable/],
    [watPackage(t, { start: { ac_process: '(loop $l (br $l))' } }, { id: 'test:low-pass' }), /'bad'.*fuel exhausted/],
    [
      watPackage(t, { start: { ac_process: '(return (i32.const 0))' } }, { id: 'test:low-pass' }),
      /'bad'.*error status/,
    ],
  ] as const) {
    const out = at('failed.wav');
    const run = await runCommand(
      'render',
      written('bad.json', task),
      '--plugins',
      plugin,
      '--bits',
      '32f',
      '--out',
      out,
    );
    t.equal(run.code, 1);
    t.match(run.stderr, says);
    t.ok(isSame(await channels(out), plain), 'the other branch is bit for bit what it is alone');
  }
  const json = await commands.run('render', at('bad.json'), '--plugins', traps, '--json', '--out', at('failed.wav'));
  t.match(JSON.parse(json.stdout), { failed: [/'bad'.*unreachable/] });
});
