import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../../domain/testing/test-domain.ts';
import { CommandProcess, ENTRY, RunningCommand } from '../testing/run-command.ts';

const domain = await sharedTestDomain(t, 'sounding');
const noScript = spawnSync('script', ['--version']).status !== 0 && 'script (a terminal for commands) is not installed';
const HEADER_BYTES = 128; // with room for the chunk of RF64
const FULL_24 = 2 ** 23;
const SECONDS = 60;

t.test('listen', { timeout: 100_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'listen-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const command = new CommandProcess();
  t.teardown(() => command.end());
  t.equal((await domain.call('PATCH', '/v1/tasks/sounding/transport', { play: true })).status, 200);
  const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
  const rendered = (await renderTask({ task: toneTask, media: {}, registry, toSeconds: SECONDS })).data;
  const run = (...args: string[]) => command.run('listen', 'sounding', '--url', domain.url, ...args);
  const int24 = (bytes: Buffer, sample: number) => bytes.readIntLE(HEADER_BYTES + 3 * sample, 3);

  await t.test('a WAV file holds what was rendered, bit for bit, where the report says', async (t) => {
    const out = join(folder, 'take.wav');
    const taken = async () => {
      const { code, stdout, stderr } = await run('--out', out, '--seconds', '0.5', '--json');
      t.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    let take = await taken();
    const isWhole = () => take.heard.lostFrames + take.heard.concealedFrames + take.heard.skippedFrames === 0;
    // a busy machine may lose some, and the report says so: then it is taken again
    for (let more = 9; more > 0 && !isWhole(); more--) take = await taken();
    const { heard, ...facts } = take;
    t.match(facts, { out, sampleRate: 48000, channels: 2, format: 'flac24' });
    t.match(heard, { heardFrames: 24000, lostFrames: 0, concealedFrames: 0, skippedFrames: 0, reconnects: 0 });
    const bytes = readFileSync(out);
    t.equal(bytes.length, HEADER_BYTES + 24000 * 2 * 3, 'the very length');
    t.equal(heard.runs.length, 1);
    const [{ streamFrame }] = heard.runs;
    let wrong = 0;
    for (let i = 0; i < 24000; i++)
      for (let c = 0; c < 2; c++)
        if (int24(bytes, 2 * i + c) !== Math.round(rendered[c]![streamFrame + i]! * FULL_24)) wrong++;
    t.equal(wrong, 0, `from frame ${streamFrame} on`);
  });

  await t.test('samples go to standard output, and the report beside them', async (t) => {
    const { finished } = new RunningCommand(
      ['listen', 'sounding', '--url', domain.url, '--format', 's16', '--out', '-', '--seconds', '0.2'],
      {},
    );
    const { code, stdout, stderr } = await finished;
    t.equal(code, 0, stderr);
    t.ok(stdout.length > 0, 'samples');
    t.match(
      stderr,
      /^heard 0\.20 s, 2 channels, 48000 Hz, s16 at \d+ kbit\/s; \d+ frames lost, \d+ skipped, 0 reconnects/,
    );
  });

  await t.test('a program that is named gets f32', async (t) => {
    const file = join(folder, 'played.raw');
    const { code, stdout, stderr } = await run('--player', `tee ${file}`, '--format', 'f32', '--seconds', '0.2');
    t.equal(code, 0, stderr);
    t.match(stdout, /^heard 0\.20 s, 2 channels, 48000 Hz, f32/);
    const bytes = readFileSync(file);
    t.equal(bytes.length, 9600 * 2 * 4);
    t.ok(new Float32Array(Uint8Array.from(bytes).buffer).some((sample) => Math.abs(sample) > 0.05));
  });

  await t.test('opus in another rate of the task is as long as the task says', async (t) => {
    await domain.create('slow', { ...toneTask, sampleRate: 44100 });
    t.equal((await domain.call('PATCH', '/v1/tasks/slow/transport', { play: true })).status, 200);
    const out = join(folder, 'opus.wav');
    const asked = ['--format', 'opus', '--bit-rate', '96000', '--seconds', '0.5', '--json'];
    // until nothing was lost: a busy machine may lose some, and the report says so
    for (let more = 9; more >= 0; more--) {
      const { code, stdout, stderr } = await command.run('listen', 'slow', '--url', domain.url, '--out', out, ...asked);
      t.equal(code, 0, stderr);
      const { sampleRate, heard } = JSON.parse(stdout);
      if (heard.lostFrames > 0 && more > 0) continue;
      t.equal(heard.heardFrames, Math.round(0.5 * sampleRate));
      return;
    }
  });

  await t.test('on a terminal it says that it waits for the task to play', { skip: noScript }, async (t) => {
    await domain.create('standing');
    const out = join(folder, 'waited.wav');
    const words = [
      process.execPath,
      ENTRY,
      'listen',
      'standing',
      '--url',
      domain.url,
      '--out',
      out,
      '--seconds',
      '0.1',
    ];
    const child = spawn('script', ['-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null']);
    let shown = '';
    child.stdout.setEncoding('utf8');
    for await (const text of child.stdout) {
      const wasShown = shown.includes('waits for the task to play');
      shown += text;
      if (!wasShown && shown.includes('waits for the task to play'))
        await domain.call('PATCH', '/v1/tasks/standing/transport', { play: true });
    }
    t.match(shown, /waits for the task to play/);
    t.match(shown, /waited\.wav: heard 0\.10 s/, 'and then it plays');
  });

  await t.test('what cannot be is refused', async (t) => {
    for (const [args, wanted] of [
      [['--node', 'nowhere', '--out', join(folder, 'no.wav')], /NODE_UNKNOWN/],
      [['--out', join(folder, 'no.mp3')], /wanted a name that ends with \.wav/],
      [['--player', '/no/such/player', '--seconds', '1'], /DEVICE_FAILED.*Cannot play through/],
      [['--out', join(folder, 'no/such/folder.wav'), '--seconds', '1'], /RENDER_FAILED/],
    ] as const) {
      const { code, stderr } = await run(...args);
      t.equal(code, 1);
      t.match(stderr, wanted);
    }
    t.equal((await run('--format', 'mp3')).code, 2);
    t.match(await run('--ago', '100'), { code: 2, stderr: /--ago.*wanted seconds from 0 to 60/ });
    const away = await command.run('listen', 'sounding', '--url', 'http://127.0.0.1:1', '--out', join(folder, 'x.wav'));
    t.match(away, { code: 1, stderr: /^CONNECTION_LOST: Cannot connect to the domain at http:\/\/127\.0\.0\.1:1/ });
    t.match(
      (await command.run('listen', 'nothing', '--url', domain.url, '--out', join(folder, 'x.wav'))).stderr,
      /TASK_UNKNOWN/,
    );
  });
});
