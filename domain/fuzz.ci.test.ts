import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { FuzzRun } from './testing/fuzz/fuzz-run.ts';
import { beRude, RUDE } from './testing/fuzz/rude-clients.ts';

/*
 * Requests, live messages and bytes that nobody should send, made from the OpenAPI and AsyncAPI documents and a seed. Each case
 * follows from the seed and its number; a failure prints both: `AUDIOCLOUD_SEED=1 AUDIOCLOUD_CASE=2 node domain/fuzz.ci.test.ts`
 * sends that request alone, without AUDIOCLOUD_CASE the whole run is the same again.
 */
const isLong = process.env['AUDIOCLOUD_LONG'] === '1';
const REQUESTS = isLong ? 70_000 : 4_000;
const MESSAGES = isLong ? 30_000 : 2_000;
const TURNS = isLong ? 10 : 2;
const GOAL_LOOP_P99_MS = 20;
/** What may be in use more at the end than after the first turns, in bytes: code that was compiled and tables that grew once. */
const MOST_GROWTH = 6 * 1024 * 1024;
const MOST_TOLD = 20;

const seed = Number(process.env['AUDIOCLOUD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const onlyCase = process.env['AUDIOCLOUD_CASE'];
const onlyLive = process.env['AUDIOCLOUD_LIVE']?.split('-').map(Number);
t.setTimeout(isLong ? 60 * 60 * 1000 : 5 * 60 * 1000);

const mb = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

t.test('bad input gets an error, and nothing else happens', async (t) => {
  t.comment(`AUDIOCLOUD_SEED=${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  mkdirSync(join(folder, 'media'));
  const run = await FuzzRun.start(seed, {
    dataDir: join(folder, 'data'),
    mediaDirs: [join(folder, 'media')],
    // What a request may ask for would fill any disk.
    exportLimits: { jobs: 1, mostBytes: 2 ** 26, mostOpen: 20, reserveBytes: 2 ** 30 },
    pluginDirs: [fileURLToPath(new URL('../plugins', import.meta.url))],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
  });
  t.teardown(async () => {
    await run.close();
    rmSync(folder, { recursive: true, force: true });
  });
  if (onlyCase !== undefined || onlyLive) {
    if (onlyCase !== undefined) await run.http(Number(onlyCase), Number(onlyCase) + 1);
    if (onlyLive) await run.live(onlyLive[0]!, onlyLive[1]!);
    t.same(run.failures, []);
    return;
  }

  const share = (all: number, turn: number) => Math.round((all * turn) / TURNS);
  let worstP99 = 0;
  let early = 0;
  let last = 0;
  let toldFailures = 0;
  for (let turn = 0; turn < TURNS && !run.hasEnded; turn++) {
    await run.http(share(REQUESTS, turn), share(REQUESTS, turn + 1));
    await run.live(share(MESSAGES, turn), share(MESSAGES, turn + 1));
    await beRude(run, turn);
    await run.checkTheirs();
    await run.clean();
    const { heapBytes, externalBytes, residentBytes, ...loop } = await run.measure();
    t.comment(
      `turn ${turn + 1}: ${mb(heapBytes)} of the heap and ${mb(externalBytes)} beside it in use, ${mb(residentBytes)} resident; ` +
        `event loop late by p99 ${loop.loopP99Ms.toFixed(1)} ms, at most ${loop.loopMaxMs.toFixed(0)} ms, ` +
        `by its own work ${loop.ownP99Ms.toFixed(1)} ms, at most ${loop.ownMaxMs.toFixed(0)} ms`,
    );
    // at once: a run of an hour may be ended before its end
    for (; toldFailures < Math.min(MOST_TOLD, run.failures.length); toldFailures++) t.fail(run.failures[toldFailures]!);
    worstP99 = Math.max(worstP99, loop.ownP99Ms);
    last = heapBytes + externalBytes;
    if (turn < Math.ceil(TURNS / 5)) early = last;
  }
  const told = [...run.answers].sort(([, a], [, b]) => b - a).map(([answer, count]) => `${answer}: ${count}`);
  t.comment(`${run.operations.length} operations, ${Object.keys(RUDE).length} rude clients; ${told.join(', ')}`);
  for (const failure of run.failures.slice(toldFailures, MOST_TOLD)) t.fail(failure);
  t.equal(run.failures.length, 0, 'no crash, no unhandled rejection, no 500, every refusal an ErrorBody');
  t.ok((run.answers.get('201') ?? 0) > 0 && (run.answers.get('200') ?? 0) > 0, 'some requests were right');
  t.ok(last - early <= MOST_GROWTH, `memory is flat: ${mb(early)} after the first turns, ${mb(last)} at the end`);
  // elsewhere other tests take the processor: there it is only told
  if (isLong)
    t.ok(
      worstP99 < GOAL_LOOP_P99_MS,
      `event loop late by its own work by p99 ${worstP99.toFixed(1)} ms in the worst turn`,
    );
});
