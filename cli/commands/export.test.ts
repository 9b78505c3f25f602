import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { startTestDomain, toneTask } from '../../domain/testing/test-domain.ts';
import { CommandProcess } from '../testing/run-command.ts';

const domain = await startTestDomain(t, { allowsPrivateUploads: true });

t.test('export', async (t) => {
  const command = new CommandProcess();
  t.teardown(() => command.end());
  const url = ['--url', domain.url];
  const folder = t.testdir();
  t.equal((await domain.create('cli-export', { ...toneTask, lengthSeconds: 0.25 })).status, 201);

  await t.test('makes files of a task, waits and fetches them', async (t) => {
    const out = join(folder, 'stems');
    const made = await command.run(
      'export',
      'cli-export',
      '--format',
      'flac',
      '--sink',
      'out',
      '--out',
      out,
      '--json',
      ...url,
    );
    t.equal(made.code, 0, made.stderr);
    const { out: path, frames, sha256, bytes, export: id } = JSON.parse(made.stdout);
    t.same([path, frames, statSync(path).size], [join(out, 'out.flac'), 12_000, bytes]);
    t.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), sha256);
    t.same(readdirSync(out), ['out.flac'], 'nothing half');
    t.equal((await domain.call('DELETE', `/v1/exports/${id}`)).status, 200);
  });

  await t.test('sound is as the flags say', async (t) => {
    const out = join(folder, 'loud');
    const rate = ['--rate', '44100', '--resampler', 'best'];
    const flags = ['--bits', '16', ...rate, '--dither', 'shaped', '--loudness', '-20', '--true-peak', '-3'];
    const tags = ['--tag', 'title=Rain', '--tag', 'artist=Anna'];
    const range = ['--to', '0.5', '--loudness-link', 'sum', '--out', out];
    const made = await command.run('export', 'cli-export', ...flags, ...tags, ...range, '--json', ...url);
    t.equal(made.code, 0, made.stderr);
    const { out: path, loudness, ...facts } = JSON.parse(made.stdout);
    t.match(facts, { sampleRate: 44_100, frames: 22_050, channels: 2, format: 'wav' });
    t.ok(Math.abs(loudness.integratedLufs + 20) < 0.1, `${loudness.integratedLufs} LUFS`);
    const bytes = readFileSync(path);
    t.match([bytes.includes('Rain'), bytes.includes('Anna')], [true, true], 'tags');
    const mp3 = await command.run('export', 'cli-export', '--format', 'mp3', '--bit-rate', '320', '--out', out, ...url);
    t.match(mp3, { code: 0, stdout: /main\.mp3: 0\.25 s, 2 channels, 48000 Hz/ });
  });

  await t.test('all that the domain takes is asked for', async (t) => {
    const ask = async (...flags: string[]) => {
      const { code, stdout, stderr } = await command.run(
        'export',
        'cli-export',
        '--no-wait',
        '--json',
        ...flags,
        ...url,
      );
      t.equal(code, 0, stderr);
      const one = JSON.parse(stdout);
      t.equal((await domain.call('DELETE', `/v1/exports/${one.id}`)).status, 200);
      return one;
    };
    const context = { order: 17 };
    const later = ['--at', '2199-12-01T03:00:00Z', '--upload', 'https://bucket.example/mix?signature=secret'];
    const sound = ['--rate', '44100', '--resampler', 'fast'];
    t.match(await ask(...later, ...sound, '--mode', 'real-time', '--context', JSON.stringify(context)), {
      state: 'scheduled',
      mode: 'real-time',
      start: { at: '2199-12-01T03:00:00Z' },
      context,
      outputs: [{ resampler: 'fast', upload: { to: 'https://bucket.example/mix', state: 'waiting' } }],
    });
    const types = ['media.imported', 'task.edited'];
    t.match(await ask('--on', types.join(','), '--realtime'), {
      state: 'scheduled',
      mode: 'real-time',
      start: { on: { types } },
    });
  });

  await t.test('a file that was uploaded is not fetched', async (t) => {
    const put = Promise.withResolvers<{ method: string | undefined; bytes: Buffer }>();
    const storage = createServer(async (request, response) => {
      put.resolve({ method: request.method, bytes: await buffer(request) });
      response.end();
    });
    await once(storage.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => storage.close());
    const to = `http://127.0.0.1:${(storage.address() as AddressInfo).port}/mix.wav`;
    const out = join(folder, 'uploaded');
    const made = await command.run(
      'export',
      'cli-export',
      '--upload',
      `${to}?key=secret`,
      '--out',
      out,
      '--json',
      ...url,
    );
    t.equal(made.code, 0, made.stderr);
    const { method, bytes } = await put.promise;
    t.equal(method, 'PUT');
    t.match(JSON.parse(made.stdout), { out: to, sha256: createHash('sha256').update(bytes).digest('hex') });
    t.notOk(existsSync(out));
  });

  await t.test('what it waits for is said, each reason once', async (t) => {
    const task = '/v1/tasks/cli-export/transport';
    t.equal(
      (await domain.call('PATCH', task, { play: true, loop: { startSeconds: 0, endSeconds: 0.25 } })).status,
      200,
    );
    const out = join(folder, 'waited');
    const made = command.run('export', 'cli-export', '--realtime', '--to', '0.1', '--out', out, '--json', ...url);
    const states = async () => (await domain.call('GET', '/v1/exports?state=waiting')).body.exports;
    let waiting = [];
    while (waiting.length === 0) waiting = await states();
    // So long that the command has looked, and more than one try has been refused.
    while (waiting[0].retries < 3) [waiting[0] = waiting[0]] = await states();
    t.equal((await domain.call('PATCH', task, { play: false, loop: null })).status, 200);
    const { code, stdout, stderr } = await made;
    t.equal(code, 0, stderr);
    t.equal(JSON.parse(stdout).frames, 4_800);
    const told = stderr.split('\n').filter((line) => line.includes('waits: '));
    t.same([told.length, new Set(told).size], [1, 1], stderr);
    t.match(told[0], /^export-\w+ waits: Cannot .*plays/);
    const later = new Date(Date.now() + 1_500).toISOString();
    const planned = await command.run('export', 'cli-export', '--at', later, '--to', '0.1', '--out', out, ...url);
    t.match(planned, { code: 0, stderr: `waits: it begins at ${later}`, stdout: /main\.wav: 0\.10 s/ });
  });

  await t.test('flags that cannot be are refused before anything is asked', async (t) => {
    for (const [args, code, says] of [
      [['--at', 'tomorrow'], 2, /--at.*wanted ISO 8601 with a zone/],
      [['--at', '2026-13-41T99:00:00Z'], 2, /wanted ISO 8601/],
      [['--on', 'task.edited,nothing.new'], 2, /there is no event 'nothing\.new'; wanted some of .*media\.imported/],
      [['--on', 'task.edited', '--at', '2199-12-01T03:00:00Z'], 2, /cannot be used with/],
      [['--context', '{order}'], 2, /wanted JSON/],
      [['--mode', 'fast'], 2, /offline, real-time/],
      [['--rate', '1'], 2, /from 8000 to 192000/],
      [['--tag', 'colour=red'], 1, /Cannot write the tag 'colour'/],
      [['--true-peak', '-1'], 1, /give --loudness as well/],
      [['--upload', 'https://a.example/a', '--upload', 'https://a.example/b'], 1, /Cannot upload 1 files to 2 URLs/],
    ] as const) {
      const refused = await command.run('export', 'cli-export', '--url', 'http://127.0.0.1:1', ...args);
      t.match(refused, { code, stdout: '', stderr: says }, args.join(' '));
    }
  });

  await t.test('what is refused is said, with what to do, and leaves no file', async (t) => {
    const out = join(folder, 'none');
    const refused = await command.run('export', 'no-task', '--out', out, ...url);
    t.match(refused, { code: 1, stdout: '', stderr: /Cannot find task no-task/ });
    const sink = await command.run('export', 'cli-export', '--sink', 'none', '--out', out, ...url);
    t.match(sink, { code: 1, stderr: /it has the sinks out, not 'none'/ });
    t.notOk(existsSync(out));
  });

  await t.test('without waiting it prints the id', async (t) => {
    const { code, stdout } = await command.run('export', 'cli-export', '--no-wait', ...url);
    t.equal(code, 0);
    const id = stdout.trim();
    while ((await domain.call('GET', `/v1/exports/${id}`)).body.state !== 'done');
    await domain.call('DELETE', `/v1/exports/${id}`);
  });
});
