import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, MediaFacts } from '@audiocloud/api';
import t from 'tap';
import { findProgram } from './guarded-spawn.ts';
import { InspectPool } from './inspect-pool.ts';
import { readPeaksHeader } from './peaks-file.ts';
import { wavHeader } from './wav-header.ts';

t.setTimeout(120_000);

const LEAD = join(import.meta.dirname, '../../examples/media/lead.flac');

/** Silence without end for a test: 2 GiB that take no room, for more than a minute of work. */
function endless(path: string): string {
  const frames = 2 ** 29;
  writeFileSync(path, wavHeader(48000, 2, '16', frames));
  truncateSync(path, 128 + 4 * frames);
  return path;
}

/** Looks into a file, and tells when it is at work. */
function begun(pool: InspectPool, path: string, signal?: AbortSignal) {
  const { promise: atWork, resolve } = Promise.withResolvers<void>();
  const peaksPath = `${path}.peaks`;
  const facts = pool.inspect({ path, peaksPath }, { onProgress: () => resolve(), ...(signal ? { signal } : {}) });
  facts.catch(() => {});
  return { facts, atWork };
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 10));
};

t.test('a file is looked into, and its peaks are there', async (t) => {
  const pool = new InspectPool();
  t.teardown(() => pool.close());
  const path = join(t.testdir(), 'lead.peaks');
  const told: number[] = [];
  const facts = await pool.inspect({ path: LEAD, peaksPath: path }, { onProgress: ({ frames }) => told.push(frames) });
  check(MediaFacts, facts, 'facts', 'MESSAGE_INVALID');
  t.match(facts, {
    container: 'flac',
    codec: 'flac',
    sampleRate: 48000,
    channels: 1,
    frames: 768000,
    bitDepth: 16,
    isLossy: false,
  });
  t.match(readPeaksHeader(readFileSync(path)), { sampleRate: 48000, channels: 1, frames: 768000 });
  t.equal(told.at(-1), 768000);
  t.same(
    told,
    [...told].sort((a, b) => a - b),
    'frames never become fewer',
  );
});

t.test('small files cost no process each', async (t) => {
  const pool = new InspectPool({ processes: 1 });
  t.teardown(() => pool.close());
  const dir = t.testdir();
  const pids = new Set<number>();
  const jobs = Array.from({ length: 20 }, async (_, i) => {
    const path = join(dir, `${i}.wav`);
    writeFileSync(path, Buffer.concat([wavHeader(44100, 1, '16', 10 + i), Buffer.alloc(2 * (10 + i))]));
    t.equal((await pool.inspect({ path })).frames, 10 + i);
    for (const pid of pool.pids) pids.add(pid);
  });
  await Promise.all(jobs);
  t.equal(pids.size, 1);
});

t.test('a process that is killed is tried again, then takes only its file', async (t) => {
  const pool = new InspectPool({ processes: 2 });
  t.teardown(() => pool.close());
  const dir = t.testdir();
  const path = endless(join(dir, 'a.wav'));
  const { facts, atWork } = begun(pool, path);
  await atWork;
  const [first] = pool.pids as [number];
  process.kill(first, 'SIGKILL');
  await until(() => pool.pids.length === 1 && pool.pids[0] !== first && existsSync(`${path}.peaks.part0`));
  const other = pool.inspect({ path: LEAD });
  process.kill(pool.pids[0]!, 'SIGKILL');
  await t.rejects(facts, { code: 'MEDIA_DAMAGED', message: /broke down 2 times, the last time with SIGKILL/ });
  t.equal((await other).frames, 768000, 'another file');
  t.same(readdirSync(dir), ['a.wav'], 'no peaks, no part of them');
});

t.test('a process that hangs is ended', async (t) => {
  const pool = new InspectPool({ limits: { stallSeconds: 2 } });
  t.teardown(() => pool.close());
  const { facts, atWork } = begun(pool, endless(join(t.testdir(), 'a.wav')));
  await atWork;
  const [pid] = pool.pids as [number];
  process.kill(pid, 'SIGSTOP');
  await t.rejects(facts, { code: 'MEDIA_DAMAGED', message: /no progress for \d\.\d s, at most 2 are allowed/ });
  await until(() => !isRunning(pid));
  t.same(pool.pids, []);
  t.equal((await pool.inspect({ path: LEAD })).frames, 768000, 'another file');
});

t.test('a process that takes too much memory, or is too slow, is ended', async (t) => {
  const path = endless(join(t.testdir(), 'a.wav'));
  for (const [limits, message] of [
    [{ memoryBytes: 2 ** 20 }, /took \d+ MiB of memory, at most 1 are allowed, \d+ over/],
    [{ graceSeconds: 0.5, samplesPerSecond: 1e12 }, /took \d\.\d s for \d+ samples, at most 0\.5 are allowed/],
  ] as const) {
    const pool = new InspectPool({ limits });
    await t.rejects(pool.inspect({ path }), { code: 'MEDIA_DAMAGED', message });
    pool.close();
  }
});

t.test('cancelling ends the process; what waits has not begun', async (t) => {
  const pool = new InspectPool({ processes: 1 });
  t.teardown(() => pool.close());
  const dir = t.testdir();
  const [first, second] = [new AbortController(), new AbortController()];
  const { facts, atWork } = begun(pool, endless(join(dir, 'a.wav')), first.signal);
  await atWork;
  const waiting = begun(pool, endless(join(dir, 'b.wav')), second.signal);
  const [pid] = pool.pids as [number];
  second.abort();
  await t.rejects(waiting.facts, { code: 'RENDER_CANCELLED' });
  first.abort();
  await t.rejects(facts, { code: 'RENDER_CANCELLED' });
  await until(() => !isRunning(pid));
  t.same(readdirSync(dir).sort(), ['a.wav', 'b.wav']);
  const after = begun(pool, join(dir, 'a.wav'));
  await after.atWork;
  pool.close();
  await t.rejects(after.facts, { code: 'RENDER_CANCELLED' }, 'so does closing');
});

t.test('sound beyond a limit is refused, with the limit and how far over', async (t) => {
  const pool = new InspectPool();
  t.teardown(() => pool.close());
  for (const [limits, message] of [
    [{ seconds: 15 }, /as long as 16 s or more, at most 15 s are allowed, 1 s over/],
    [
      { decodedBytes: 3_000_000 },
      /decodes to 3072000 bytes or more, at most 3000000 bytes are allowed, 72000 bytes over/,
    ],
  ] as const)
    await t.rejects(pool.inspect({ path: LEAD, limits }), { code: 'TOO_LARGE', message });
  await t.rejects(pool.inspect({ path: '/nowhere/a.wav' }), { code: 'MEDIA_MISSING' });
  await t.rejects(pool.inspect({ path: LEAD, peaksPath: '/nowhere/peaks' }), { code: 'MEDIA_UNREADABLE' });
});

const noLimits = findProgram('prlimit') ? false : 'no prlimit';
t.test('the system holds a process to its memory', { skip: noLimits }, async (t) => {
  const pool = new InspectPool();
  t.teardown(() => pool.close());
  const { facts, atWork } = begun(pool, endless(join(t.testdir(), 'a.wav')));
  await atWork;
  const limits = readFileSync(`/proc/${pool.pids[0]}/limits`, 'utf8');
  t.match(limits, /Max data size +1073741824 +1073741824/);
  t.match(limits, /Max core file size +0 /);
  pool.close();
  await t.rejects(facts);
});
