import { AudioCloudError, type ErrorBody } from '@audiocloud/api';
import t from 'tap';
import type { Wake } from '../actors/actor.ts';
import { Random } from '../simulation/world/random.ts';
import {
  type ExportActor,
  exportActor,
  type ExportEffect,
  type ExportEvent,
  type ExportFacts,
  hasEnded,
  type Made,
  MOST_TRIES,
  newExport,
} from './export-job-step.ts';

const error = (code: ErrorBody['code']): ErrorBody => new AudioCloudError(code, 'it is so').toJSON();
const broken = error('RENDER_FAILED');
const full = error('DISK_FULL');
const away = error('ENGINE_UNAVAILABLE');
const gone = error('TASK_UNKNOWN');
const made: Made = {
  files: [],
  report: {
    engine: 'embedded',
    revision: 1,
    startedAt: '2026-11-30T08:00:00.000Z',
    endedAt: '2026-11-30T08:00:01.000Z',
    seconds: 1,
    missedBlocks: 0,
    lostFrames: 0,
    isFaultless: true,
    failed: [],
  },
};

/** Sends events one after another at one time; gives the last state and all effects. */
function run(state: ExportActor, nowMs: number, ...events: (ExportEvent | Wake)[]) {
  const effects: ExportEffect[] = [];
  for (const event of events) {
    const step = exportActor.step(state, event, nowMs);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects, kinds: effects.map(({ kind }) => kind) };
}
const running = (facts: ExportFacts = {}) =>
  run(newExport({ isTaken: true, ...facts }), 0, { type: 'begin' }, { type: 'turn' }).state;
const twoUploads = { uploads: [0, 2].map((output) => ({ output, isDone: false })) };

t.test('it waits for its turn, has its files made, and is done when their place and its end are stored', async (t) => {
  const asked = run(newExport({ isTaken: true }), 0, { type: 'begin' });
  t.same([asked.state.state, asked.kinds], ['queued', ['ask']]);
  const begun = run(asked.state, 1, { type: 'turn' }, { type: 'progress', frames: 4, ofFrames: 10 });
  t.same([begun.state.state, begun.state.frames, begun.state.ofFrames, begun.kinds], ['running', 4, 10, ['make']]);
  const whole = run(begun.state, 2, { type: 'made', made });
  t.same([whole.kinds, whole.state.state, whole.state.isKept], [['leave', 'keep'], 'running', false]);
  const kept = run(whole.state, 3, { type: 'kept' });
  t.same([kept.kinds, kept.state.outcome, kept.state.state], [['store'], { state: 'done' }, 'running']);
  t.equal(run(kept.state, 4, { type: 'stored' }).state.state, 'done');
});

t.test('one that begins later takes the task when its time has come, or its event', async (t) => {
  const timed = run(newExport({ startsAtMs: 5_000 }), 1_000, { type: 'begin' });
  t.same([timed.state.state, timed.kinds, exportActor.wakeAtMs(timed.state)], ['scheduled', [], 5_000]);
  t.same(run(timed.state, 4_999, { type: 'wake' }).kinds, [], 'not before it');
  const due = run(timed.state, 5_000, { type: 'wake' });
  t.same([due.kinds, due.state.state], [['take'], 'scheduled']);
  t.same(run(due.state, 5_001, { type: 'taken' }).kinds, ['ask']);
  const awaiting = run(newExport({ awaitsEvent: true }), 0, { type: 'begin' });
  t.same([awaiting.kinds, exportActor.wakeAtMs(awaiting.state)], [[], undefined], 'an event costs no timer');
  const come = run(awaiting.state, 9, { type: 'start' });
  t.same(come.kinds, ['take']);
  t.same(run(come.state, 10, { type: 'start' }, { type: 'taken' }).kinds, ['ask'], 'once');
  const late = run(newExport({ startsAtMs: 5_000 }), 6_000, { type: 'begin' });
  t.same(late.kinds, ['take'], 'what is over is now');
});

t.test('a task that is gone when it begins has it fail; an engine that is away is waited for', async (t) => {
  const taking = run(newExport(), 0, { type: 'begin' }).state;
  const failed = run(taking, 0, { type: 'refused', error: gone });
  t.same([failed.kinds.at(-1), failed.state.outcome], ['store', { state: 'failed', error: gone }]);
  let state = running();
  for (let tries = 1; tries <= MOST_TRIES * 3; tries++) {
    state = run(state, tries * 60_000, { type: 'refused', error: away }).state;
    t.equal(state.state, 'waiting');
    state = run(state, tries * 60_000 + 30_000, { type: 'wake' }, { type: 'turn' }).state;
  }
  t.equal(state.state, 'running');
});

t.test('a try that failed is followed by another, later each time; then it is given up', async (t) => {
  const first = run(running(), 1_000, { type: 'refused', error: full });
  t.same([first.state.state, first.kinds, exportActor.wakeAtMs(first.state)], ['waiting', ['leave'], 1_250]);
  t.same(run(first.state, 1_250, { type: 'wake' }, { type: 'turn' }).kinds, ['ask', 'make']);
  let state = running();
  for (let tries = 1; tries < MOST_TRIES; tries++) {
    state = run(state, tries * 60_000, { type: 'refused', error: full }).state;
    state = run(state, tries * 60_000 + 30_000, { type: 'wake' }, { type: 'turn' }).state;
  }
  const last = run(state, 1e7, { type: 'refused', error: full });
  t.same([last.kinds.at(-1), last.state.outcome], ['store', { state: 'failed', error: full }]);
});

t.test('uploads follow one after another when the files are kept; one in vain does not take the others', async (t) => {
  const kept = run(running(twoUploads), 0, { type: 'made', made }, { type: 'kept' });
  t.same([kept.effects.at(-1), kept.state.state], [{ kind: 'upload', output: 0 }, 'uploading']);
  const sent = run(kept.state, 1, { type: 'sent', bytes: 7 }, { type: 'uploaded' });
  t.same(sent.effects, [{ kind: 'note', output: 0 }]);
  const second = run(sent.state, 2, { type: 'noted' });
  t.same(second.effects, [{ kind: 'upload', output: 2 }]);
  const refused = run(second.state, 3, { type: 'upload-refused', error: broken });
  t.same([refused.effects, exportActor.wakeAtMs(refused.state)], [[], 253]);
  let { state } = refused;
  for (let tries = 1; tries < MOST_TRIES; tries++)
    state = run(state, tries * 60_000, { type: 'wake' }, { type: 'upload-refused', error: broken }).state;
  t.match(state, { outcome: { state: 'done' }, uploads: [{ state: 'done' }, { state: 'failed' }] });
  t.equal(run(state, 1e7, { type: 'stored' }).state.state, 'done');
  const again = run(
    newExport({
      isTaken: true,
      made,
      uploads: [
        { output: 0, isDone: true },
        { output: 2, isDone: false },
      ],
    }),
    0,
    { type: 'begin' },
  );
  t.same(again.effects, [{ kind: 'upload', output: 2 }], 'after a restart only what is missing');
});

t.test('cancelled: what runs ends first, what waits ends at once, what ended stays', async (t) => {
  const stopped = run(running(), 0, { type: 'cancel' });
  t.same([stopped.kinds, stopped.state.state], [['abort'], 'running']);
  for (const event of [{ type: 'refused', error: broken } as const, { type: 'made', made } as const]) {
    const { kinds, state } = run(stopped.state, 1, event);
    t.same([kinds.at(-1), state.outcome], ['store', { state: 'cancelled' }]);
  }
  const uploading = run(running(twoUploads), 0, { type: 'made', made }, { type: 'kept' }, { type: 'cancel' });
  t.equal(uploading.kinds.at(-1), 'abort');
  t.same(run(uploading.state, 1, { type: 'upload-refused', error: broken }).state.outcome, { state: 'cancelled' });
  const scheduled = run(newExport({ awaitsEvent: true }), 0, { type: 'begin' }, { type: 'cancel' });
  t.same(scheduled.kinds, ['leave', 'store']);
  const done = run(running(), 0, { type: 'made', made }, { type: 'kept' }, { type: 'stored' }).state;
  t.same(run(done, 1, { type: 'cancel' }), { state: done, effects: [], kinds: [] });
  t.same(run(newExport({ desired: 'cancelled' }), 0, { type: 'begin' }).kinds, ['store'], 'after a restart too');
});

t.test('files that are lost before they have their place are made again', async (t) => {
  const whole = run(running(), 0, { type: 'made', made }).state;
  const failed = run(whole, 1_000, { type: 'unstored', error: full });
  t.same([failed.kinds, exportActor.wakeAtMs(failed.state)], [[], 1_250]);
  t.same(run(failed.state, 1_250, { type: 'wake' }).kinds, ['keep']);
  const lost = run(whole, 0, { type: 'lost', error: full });
  t.same([lost.state.state, lost.state.made], ['waiting', undefined]);
  t.same(run(lost.state, 250, { type: 'wake' }).kinds, ['ask']);
});

/** What the store has of it. */
interface Stored {
  desired: 'done' | 'cancelled';
  isTaken: boolean;
  made?: Made;
  isDone: [boolean, boolean];
  end?: string;
}

/** One export with a world around it in which everything may fail, until `healsMs`. Returns what is wrong. */
function live(seed: number): string | undefined {
  const random = new Random(seed);
  const healsMs = random.between(0, 120_000);
  const startsAtMs = random.chance(0.3) ? random.between(0, 60_000) : undefined;
  const waitsForEvent = startsAtMs === undefined && random.chance(0.3);
  const eventAtMs = waitsForEvent ? random.between(0, 60_000) : undefined;
  const hasUploads = random.chance(0.5);
  let nowMs = 0;
  const stored: Stored = {
    desired: 'done',
    isTaken: startsAtMs === undefined && !waitsForEvent,
    isDone: [false, false],
  };
  const taken = (): ExportActor =>
    newExport({
      desired: stored.desired,
      isTaken: stored.isTaken,
      made: stored.made,
      ...(startsAtMs === undefined ? {} : { startsAtMs }),
      awaitsEvent: waitsForEvent && !stored.isTaken,
      uploads: hasUploads ? stored.isDone.map((isDone, output) => ({ output, isDone })) : [],
    });
  let job = taken();
  let coming: { atMs: number; event: ExportEvent }[] = [];
  let hasTurn = false;
  let isAsking = false;
  let hasStarted = false;
  /** Works that run: of files and of the store. */
  let works = 0;
  let writes = 0;
  let isCancelling = false;
  /** A write that waits for that of the cancellation. */
  let waiting: ExportEffect | undefined;
  let wrong: string | undefined;
  const isBad = () => nowMs < healsMs && random.chance(0.5);
  const later = (event: ExportEvent, mostMs = 3_000) => coming.push({ atMs: nowMs + random.delay(1, mostMs), event });
  const write = (effect: ExportEffect) => {
    if (isCancelling) {
      waiting = effect;
      return;
    }
    writes += 1;
    if (writes > 1 || works > 0) wrong = `two write at once: ${effect.kind}`;
    if (stored.end) wrong = 'it writes after its end';
    const isRefused = isBad();
    switch (effect.kind) {
      case 'take':
        if (isRefused) later({ type: 'refused', error: random.chance(0.1) ? gone : away });
        else {
          stored.isTaken = true;
          later({ type: 'taken' });
        }
        break;
      case 'keep':
        if (isRefused) later(random.chance(0.3) ? { type: 'lost', error: full } : { type: 'unstored', error: full });
        else {
          stored.made = job.made!;
          later({ type: 'kept' });
        }
        break;
      case 'note':
        if (isRefused) later({ type: 'unstored', error: full });
        else {
          stored.isDone[effect.output] = true;
          later({ type: 'noted' });
        }
        break;
      case 'store': {
        const { outcome } = job;
        if (stored.desired === 'cancelled' && outcome!.state !== 'cancelled')
          wrong = `cancelled ends as ${outcome!.state}`;
        if (outcome!.state === 'done' && !stored.made) wrong = 'done without files';
        if (isRefused) later({ type: 'unstored', error: full });
        else {
          stored.end = outcome!.state;
          later({ type: 'stored' });
        }
        break;
      }
    }
  };
  const perform = (effect: ExportEffect) => {
    switch (effect.kind) {
      case 'ask':
        isAsking = true;
        break;
      case 'leave':
        isAsking = false;
        hasTurn = false;
        break;
      case 'make':
        works += 1;
        if (!hasTurn) wrong = 'it works out of turn';
        if (!stored.isTaken) wrong = 'it makes what is not taken';
        if (startsAtMs !== undefined && nowMs < startsAtMs) wrong = 'it begins before its time';
        if (waitsForEvent && !hasStarted) wrong = 'it begins before its event';
        if (works > 1 || writes > 0) wrong = 'two work at once';
        later({ type: 'progress', frames: 3, ofFrames: 10 });
        later(
          isBad()
            ? { type: 'refused', error: random.pick([away, full, random.chance(0.1) ? gone : away]) }
            : { type: 'made', made },
        );
        break;
      case 'upload':
        works += 1;
        if (!stored.made) wrong = 'it uploads what has no place';
        if (stored.isDone[effect.output]) wrong = 'it uploads twice what it knows to be there';
        if (works > 1 || writes > 0) wrong = 'two work at once';
        later({ type: 'sent', bytes: 3 });
        later(isBad() ? { type: 'upload-refused', error: broken } : { type: 'uploaded' });
        break;
      case 'abort':
        for (const one of coming) {
          if (one.event.type === 'made') one.event = { type: 'refused', error: broken };
          if (one.event.type === 'uploaded') one.event = { type: 'upload-refused', error: broken };
        }
        break;
      default:
        write(effect);
    }
  };
  const send = (event: ExportEvent | Wake) => {
    if (event.type === 'refused' && job.busy === 'take') writes -= 1;
    else if (['made', 'refused', 'uploaded', 'upload-refused'].includes(event.type)) works -= 1;
    if (['taken', 'kept', 'lost', 'noted', 'stored', 'unstored'].includes(event.type)) writes -= 1;
    if (event.type === 'cancel') isCancelling = false;
    const step = exportActor.step(job, event, nowMs);
    job = step.state;
    for (const effect of step.effects) perform(effect);
    if (waiting && !isCancelling) {
      const effect = waiting;
      waiting = undefined;
      write(effect);
    }
  };
  send({ type: 'begin' });
  while (!wrong && !hasEnded(job)) {
    const wakeMs = exportActor.wakeAtMs(job) ?? Number.POSITIVE_INFINITY;
    const startMs = eventAtMs !== undefined && !hasStarted ? eventAtMs : Number.POSITIVE_INFINITY;
    const nextMs = Math.min(wakeMs, startMs, ...coming.map(({ atMs }) => atMs));
    nowMs = Math.max(nowMs, Math.min(nextMs, nowMs + random.between(10, 5_000)));
    if (nowMs > Math.max(healsMs, startsAtMs ?? 0, eventAtMs ?? 0) + 150_000) return `no end: ${JSON.stringify(job)}`;
    const due = coming.filter(({ atMs }) => atMs <= nowMs);
    coming = coming.filter(({ atMs }) => atMs > nowMs);
    for (const { event } of due) send(event);
    if (startMs <= nowMs) {
      hasStarted = true;
      send({ type: 'start' });
    }
    if (wakeMs <= nowMs) send({ type: 'wake' });
    if (isAsking && random.chance(0.6)) {
      isAsking = false;
      hasTurn = true;
      send({ type: 'turn' });
    }
    // A cancellation is stored in the lane of the store: never while something else is.
    if (writes === 0 && !isCancelling && stored.desired === 'done' && random.chance(0.02) && !hasEnded(job)) {
      isCancelling = true;
      stored.desired = 'cancelled';
      later({ type: 'cancel' });
    }
    // Killed: it begins again as it was stored, and the events that it waits for are read again.
    if (nowMs < healsMs && !stored.end && random.chance(0.05)) {
      coming = [];
      [hasTurn, isAsking, works, writes] = [false, false, 0, 0];
      [isCancelling, waiting] = [false, undefined];
      job = taken();
      send({ type: 'begin' });
      if (hasStarted) send({ type: 'start' });
    }
  }
  if (wrong) return wrong;
  if (hasTurn || isAsking) return 'it ended and keeps its turn';
  if (stored.end !== job.state) return `stored is ${stored.end}, told is ${job.state}`;
  if (stored.desired === 'cancelled' && job.state === 'done') return 'cancelled, and done';
  if ((job.state === 'failed') !== (job.tries.error !== null))
    return 'failed without a cause, or a cause without failing';
  return exportActor.wakeAtMs(job) === undefined ? undefined : 'it ended and has a timer';
}

t.test('1,000 exports in worlds that fail end after the last fault, as it was wanted', async (t) => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 1_000; seed++) {
    const wrong = live(seed);
    if (wrong) {
      t.fail(`seed ${seed}: ${wrong}`);
      ends.add(wrong);
    }
  }
  t.same([...ends], []);
});
