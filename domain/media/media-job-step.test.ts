import { AudioCloudError, type MediaFacts } from '@audiocloud/api';
import t from 'tap';
import type { Wake } from '../actors/actor.ts';
import { Random } from '../simulation/world/random.ts';
import {
  type Content,
  hasEnded,
  type MediaJobActor,
  mediaJobActor,
  type MediaJobEffect,
  type MediaJobEvent,
  MOST_TRIES,
  newMediaJob,
} from './media-job-step.ts';

const content: Content = { sha256: 'a'.repeat(64), bytes: 10 };
const facts: MediaFacts = {
  container: 'wav',
  codec: 'pcm_s16',
  sampleRate: 48_000,
  channels: 2,
  frames: 480,
  isLossy: false,
  loudness: {},
  tags: {},
};
const away = new AudioCloudError('ENGINE_UNAVAILABLE', 'no engine is there').toJSON();
const damaged = new AudioCloudError('MEDIA_DAMAGED', 'cannot be decoded').toJSON();
const broken = new AudioCloudError('MEDIA_UNREADABLE', 'disk I/O error').toJSON();
const forbidden = new AudioCloudError('MEDIA_FORBIDDEN', 'leads out').toJSON();

/** Sends events one after another at one time; gives the last state and all effects. */
function run(state: MediaJobActor, nowMs: number, ...events: (MediaJobEvent | Wake)[]) {
  const effects: MediaJobEffect[] = [];
  for (const event of events) {
    const step = mediaJobActor.step(state, event, nowMs);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects, kinds: effects.map(({ kind }) => kind) };
}
const running = () => run(newMediaJob(), 0, { type: 'begin' }, { type: 'turn' }).state;
const inspecting = () => run(running(), 0, { type: 'copied', content }).state;

t.test('it waits for its turn, copies, has it looked into, and is done when that is stored', async (t) => {
  const asked = run(newMediaJob(), 0, { type: 'begin' });
  t.same([asked.state.state, asked.kinds], ['queued', ['ask']]);
  const begun = run(asked.state, 1, { type: 'turn' }, { type: 'progress', bytes: 4, totalBytes: 10 });
  t.same([begun.state.state, begun.state.bytes, begun.state.totalBytes, begun.kinds], ['running', 4, 10, ['copy']]);
  const copied = run(begun.state, 2, { type: 'copied', content });
  t.same([copied.state.state, copied.state.bytes, copied.kinds], ['inspecting', 10, ['inspect']], 'in the same turn');
  const inspected = run(copied.state, 3, { type: 'inspected', facts });
  t.same([inspected.kinds, inspected.state.outcome], [['leave', 'store'], { state: 'done', content, facts }]);
  t.equal(inspected.state.state, 'inspecting', 'not done before it is stored');
  t.equal(run(inspected.state, 3, { type: 'stored' }).state.state, 'done');
});

t.test('a content that is known is not looked into again', async (t) => {
  const { kinds, state } = run(running(), 2, { type: 'copied', content, facts });
  t.same([kinds, state.outcome], [['leave', 'store'], { state: 'done', content, facts }]);
});

t.test('what cannot be decoded fails at once', async (t) => {
  const { kinds, state } = run(inspecting(), 2, { type: 'refused', error: damaged });
  t.same([kinds, state.outcome], [['leave', 'store'], { state: 'failed', error: damaged }]);
});

t.test('without an engine it waits, is never given up, copies nothing again, and goes on when one comes', async (t) => {
  let state = inspecting();
  for (let tries = 0; tries < 3 * MOST_TRIES; tries++) {
    const waits = run(state, tries * 60_000, { type: 'unserved', error: away });
    t.same([waits.state.state, waits.kinds, waits.state.tries.error], ['waiting', ['leave'], away]);
    t.equal(mediaJobActor.wakeAtMs(waits.state), tries * 60_000 + 30_000, 'it looks by itself too');
    const again = run(waits.state, tries * 60_000 + 1, { type: 'served' }, { type: 'served' }, { type: 'turn' });
    t.same([again.state.state, again.kinds], ['inspecting', ['ask', 'inspect']]);
    state = again.state;
  }
  t.same(run(running(), 0, { type: 'served' }).kinds, [], 'others do not care');
});

t.test('an engine that is lost over it costs a try, and no copy', async (t) => {
  const lost = run(inspecting(), 1_000, { type: 'refused', error: away });
  t.same([lost.state.state, lost.state.tries.failures, lost.kinds], ['waiting', 1, ['leave']]);
  t.same(run(lost.state, 1_250, { type: 'wake' }, { type: 'turn' }).kinds, ['ask', 'inspect']);
  const gone = run(inspecting(), 1_000, { type: 'refused', error: broken });
  t.same(
    run(gone.state, 1_250, { type: 'wake' }, { type: 'turn' }).kinds,
    ['ask', 'copy'],
    'what the disk lost is copied',
  );
});

t.test('called off while it is looked into, it ends when that has ended', async (t) => {
  const stopped = run(inspecting(), 0, { type: 'cancel' });
  t.same([stopped.kinds, stopped.state.state], [['abort'], 'inspecting']);
  for (const event of [
    { type: 'refused', error: away } as const,
    { type: 'unserved', error: away } as const,
    { type: 'inspected', facts } as const,
  ]) {
    const { kinds, state } = run(stopped.state, 1, event);
    t.same([kinds, state.outcome], [['leave', 'store'], { state: 'cancelled' }]);
  }
});

t.test(
  'a try that failed is followed by another one, later each time, and gives its turn back meanwhile',
  async (t) => {
    const first = run(running(), 1_000, { type: 'refused', error: broken });
    t.same([first.state.state, first.kinds, mediaJobActor.wakeAtMs(first.state)], ['waiting', ['leave'], 1_250]);
    t.same(run(first.state, 1_100, { type: 'wake' }).kinds, [], 'not before its time');
    const second = run(first.state, 1_250, { type: 'wake' }, { type: 'turn' }, { type: 'refused', error: broken });
    t.same(second.kinds, ['ask', 'copy', 'leave']);
    t.equal(mediaJobActor.wakeAtMs(second.state), 1_750);
  },
);

t.test('it is given up after so many tries, or at once when another one would be in vain', async (t) => {
  let state = running();
  for (let tries = 1; tries < MOST_TRIES; tries++) {
    state = run(state, tries * 60_000, { type: 'refused', error: broken }).state;
    t.equal(state.state, 'waiting');
    state = run(state, tries * 60_000 + 30_000, { type: 'wake' }, { type: 'turn' }).state;
  }
  const last = run(state, 1e7, { type: 'refused', error: broken });
  t.same([last.kinds.at(-1), last.state.outcome], ['store', { state: 'failed', error: broken }]);
  const hopeless = run(running(), 0, { type: 'refused', error: forbidden });
  t.same([hopeless.kinds.at(-1), hopeless.state.outcome], ['store', { state: 'failed', error: forbidden }]);
  t.same(run(hopeless.state, 0, { type: 'stored' }).state.tries.error, forbidden, 'with its cause');
});

t.test('cancelled: a copy ends first, what waits ends at once, what ended stays', async (t) => {
  const stopped = run(running(), 0, { type: 'cancel' });
  t.same([stopped.kinds, stopped.state.state, stopped.state.desired], [['abort'], 'running', 'cancelled']);
  for (const event of [{ type: 'refused', error: broken } as const, { type: 'copied', content } as const]) {
    const { kinds, state } = run(stopped.state, 1, event);
    t.same([kinds.at(-1), state.outcome], ['store', { state: 'cancelled' }]);
  }
  t.same(run(newMediaJob(), 0, { type: 'begin' }, { type: 'cancel' }).kinds, ['ask', 'leave', 'store']);
  const done = run(inspecting(), 0, { type: 'inspected', facts }, { type: 'stored' }).state;
  t.same(run(done, 1, { type: 'cancel' }), { state: done, effects: [], kinds: [] });
  t.same(run(newMediaJob('cancelled'), 0, { type: 'begin' }).kinds, ['store'], 'after a restart too');
});

t.test('cancelled while it waits to be stored, it ends as cancelled', async (t) => {
  const { state, kinds } = run(inspecting(), 0, { type: 'inspected', facts }, { type: 'cancel' });
  t.same([kinds, state.outcome], [['leave', 'store', 'leave'], { state: 'cancelled' }]);
  t.equal(run(state, 1, { type: 'stored' }).state.state, 'cancelled');
});

t.test('an end that is not stored is stored later; a copy that is lost is made again', async (t) => {
  const copied = run(inspecting(), 0, { type: 'inspected', facts }).state;
  const failed = run(copied, 1_000, { type: 'unstored', error: broken });
  t.same([failed.kinds, mediaJobActor.wakeAtMs(failed.state)], [[], 1_250]);
  t.same(run(failed.state, 1_250, { type: 'wake' }).kinds, ['store']);
  const lost = run(copied, 0, { type: 'lost', error: broken });
  t.same([lost.state.state, lost.kinds], ['waiting', ['leave']]);
  t.same(run(lost.state, 250, { type: 'wake' }, { type: 'turn' }).kinds, ['ask', 'copy']);
});

/** One job with a world around it in which everything may fail, until `healsMs`. Returns what is wrong. */
function live(seed: number): string | undefined {
  const random = new Random(seed);
  const healsMs = random.between(0, 120_000);
  let nowMs = 0;
  let job = newMediaJob();
  /** What is told later. */
  let coming: { atMs: number; event: MediaJobEvent }[] = [];
  let hasTurn = false;
  let isAsking = false;
  let copies = 0;
  let stores = 0;
  /** That it is cancelled is being stored; an end waits for that. */
  let isCancelling = false;
  let isStoreWaiting = false;
  let wrong: string | undefined;
  let isCancelled = false;
  const isBad = () => nowMs < healsMs && random.chance(0.5);
  const later = (event: MediaJobEvent, mostMs = 3_000) => coming.push({ atMs: nowMs + random.delay(1, mostMs), event });
  const perform = (effect: MediaJobEffect) => {
    switch (effect.kind) {
      case 'ask':
        isAsking = true;
        break;
      case 'leave':
        isAsking = false;
        hasTurn = false;
        break;
      case 'copy':
        copies += 1;
        if (!hasTurn) wrong = 'it copies out of turn';
        if (copies > 1 || stores > 0) wrong = 'two write at once';
        later({ type: 'progress', bytes: 3, totalBytes: 10 });
        later(
          isBad()
            ? { type: 'refused', error: random.chance(0.1) ? forbidden : broken }
            : { type: 'copied', content, ...(random.chance(0.2) ? { facts } : {}) },
        );
        break;
      case 'inspect':
        copies += 1;
        if (!hasTurn) wrong = 'it is looked into out of turn';
        if (copies > 1 || stores > 0) wrong = 'two write at once';
        if (!job.content) wrong = 'what is looked into was not copied';
        later(
          !isBad()
            ? { type: 'inspected', facts }
            : random.chance(0.5)
              ? { type: 'unserved', error: away }
              : { type: 'refused', error: random.pick([damaged, broken, away]) },
        );
        break;
      case 'abort':
        for (const one of coming)
          if (one.event.type === 'copied' || one.event.type === 'inspected')
            one.event = { type: 'refused', error: broken };
        break;
      case 'store':
        if (isCancelling) isStoreWaiting = true;
        else store();
        break;
    }
  };
  const store = () => {
    const { state } = job.outcome!;
    isStoreWaiting = false;
    stores += 1;
    if (copies > 0 || stores > 1) wrong = 'two write at once';
    if (isCancelled && state !== 'cancelled') wrong = `cancelled ends as ${state}`;
    if (!isBad()) later({ type: 'stored' });
    else if (state === 'done' && random.chance(0.3)) later({ type: 'lost', error: broken });
    else later({ type: 'unstored', error: broken });
  };
  const send = (event: MediaJobEvent | Wake) => {
    if (['copied', 'inspected', 'refused', 'unserved'].includes(event.type)) copies -= 1;
    if (event.type === 'stored' || event.type === 'unstored' || event.type === 'lost') stores -= 1;
    if (event.type === 'cancel') [isCancelling, isCancelled] = [false, true];
    const step = mediaJobActor.step(job, event, nowMs);
    job = step.state;
    for (const effect of step.effects) perform(effect);
    if (isStoreWaiting && !isCancelling) store();
  };
  send({ type: 'begin' });
  while (!wrong && !hasEnded(job)) {
    const wakeMs = mediaJobActor.wakeAtMs(job) ?? Number.POSITIVE_INFINITY;
    const nextMs = Math.min(wakeMs, ...coming.map(({ atMs }) => atMs));
    const gapMs = random.between(10, 5_000);
    nowMs = Math.max(nowMs, Math.min(nextMs, nowMs + gapMs));
    if (nowMs > healsMs + 60_000) return `it does not end: ${JSON.stringify(job)}`;
    const due = coming.filter(({ atMs }) => atMs <= nowMs);
    coming = coming.filter(({ atMs }) => atMs > nowMs);
    for (const { event } of due) send(event);
    if (wakeMs <= nowMs) send({ type: 'wake' });
    if (isAsking && random.chance(0.6)) {
      isAsking = false;
      hasTurn = true;
      send({ type: 'turn' });
    }
    if (random.chance(0.2)) send({ type: 'served' });
    // A cancellation is stored in the lane of the store: never while its end is.
    if (stores === 0 && !isCancelling && !isCancelled && random.chance(0.03) && !hasEnded(job)) {
      isCancelling = true;
      later({ type: 'cancel' });
    }
    // Killed: it begins again as it was stored.
    if (nowMs < healsMs && random.chance(0.05)) {
      coming = [];
      [hasTurn, isAsking, copies, stores] = [false, false, 0, 0];
      [isCancelling, isStoreWaiting] = [false, false];
      job = newMediaJob(isCancelled ? 'cancelled' : 'done');
      send({ type: 'begin' });
    }
  }
  if (wrong) return wrong;
  if (hasTurn || isAsking) return 'it ended and keeps its turn';
  if (isCancelled !== (job.state === 'cancelled')) return `cancelled: ${isCancelled}, it is ${job.state}`;
  if ((job.state === 'failed') !== (job.tries.error !== null))
    return 'failed without a cause, or a cause without failing';
  return mediaJobActor.wakeAtMs(job) === undefined ? undefined : 'it ended and has a timer';
}

t.test('1,000 jobs in worlds that fail end within a minute after the last fault, as it was wanted', async (t) => {
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
