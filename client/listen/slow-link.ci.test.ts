import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StreamTold, Task } from '@audiocloud/api';
import { Registry, renderTask } from '@audiocloud/engine';
import t, { type Test } from 'tap';
import { RunningCommand } from '../../cli/testing/run-command.ts';
import { startTestDomain } from '../../domain/testing/test-domain.ts';
import { compareHeard } from '../../test/testing/heard-compare.ts';
import { ImpairedLink } from '../../test/testing/impaired-link.ts';
import { until } from '../../test/until.ts';
import {
  AudioCloudClient,
  FADE_FRAMES,
  type HeardPiece,
  type HeardRun,
  type ListenOptions,
  type PlayoutOptions,
  TaskListener,
} from '../index.ts';
import { NodeEar } from '../testing/node-ear.ts';

/*
 * Two links at once, since both are mostly waited for: one that becomes too slow for the format and good again, and one that is away for
 * 30 s. Clients, domain and engine are the real ones.
 */
const RATE = 48_000;
const MOST_SECONDS = 240;
const CUT_MS = 30_000;
/** Of what is taken to a file: the cut lies within. */
const TAKEN_SECONDS = 37;
/** At a wrong place it would be 3 dB. */
const OPUS_ERROR_DB: Record<number, number> = { 160000: -10, 96000: -10, 48000: -10, 24000: -3 };
const HEADER_BYTES = 128; // with room for the chunk of RF64
const FULL_24 = 2 ** 23;

/** Tones that are no whole number of cycles in any second, and noise, which no two packets have alike. */
const task: Task = {
  sampleRate: RATE,
  instances: {
    low: { model: 'audiocloud:tone', parameters: { frequency: 317.37, level: -9 } },
    high: { model: 'audiocloud:tone', parameters: { frequency: 2741.91, level: -12 } },
    noise: { model: 'audiocloud:tone', parameters: { type: 'white', level: -60 } },
  },
  connections: {
    a: { from: { node: 'low' }, to: { node: 'main' } },
    b: { from: { node: 'high' }, to: { node: 'main' } },
    c: { from: { node: 'noise' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

const domain = await startTestDomain(t);
const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);

/** As FLAC of 24 bits carries it. */
async function rendered(frames: number): Promise<Float32Array[]> {
  const { data } = await renderTask({ task, media: {}, registry, toSeconds: Math.ceil(frames / RATE) });
  return data.map((plane) => plane.map((sample) => Math.round(sample * FULL_24) / FULL_24));
}

interface ClientOptions extends Partial<ListenOptions> {
  /** Of what plays it. */
  playout?: Partial<PlayoutOptions>;
}

/** A client that listens, plays through a jitter buffer, and keeps all that came. */
async function client(t: Test, id: string, url: string, { playout, ...options }: ClientOptions = {}) {
  const serials: number[] = [];
  const told: StreamTold[] = [];
  const live = new AudioCloudClient(url).live(id, { onPacket: ({ serial }) => serials.push(serial) });
  t.teardown(() => live.close());
  const ear = new NodeEar(2, RATE, { correctsDrift: false, ...playout });
  t.teardown(() => ear.close());
  const troubles: unknown[] = [];
  const pieces: Omit<HeardPiece, 'samples'>[] = [];
  const came = [0, 1].map(() => new Float32Array(RATE * MOST_SECONDS));
  const listener = new TaskListener(live, {
    format: 'flac24',
    ...options,
    onPiece: (piece) => {
      ear.push(piece);
      const { samples, ...facts } = piece;
      pieces.push(facts);
      for (const [c, plane] of came.entries())
        for (let i = 0; i < piece.frames; i++) plane[piece.streamFrame + i] = samples[i * 2 + c]!;
    },
    onStream: (one) => told.push(one),
    onTrouble: (error) => troubles.push(error),
  });
  await listener.start();
  /** The first frame that has not come. */
  const end = () => (pieces.length > 0 ? pieces.at(-1)!.streamFrame + pieces.at(-1)!.frames : 0);
  return { live, ear, listener, serials, told, troubles, pieces, came, end };
}
type Client = Awaited<ReturnType<typeof client>>;

/** Packets that do not follow the one before. */
const jumps = (serials: readonly number[]) =>
  serials.slice(1).flatMap((serial, i) => (serial === serials[i]! + 1 ? [] : [[serials[i]!, serial]]));

const formats = (told: readonly StreamTold[]) => told.map(({ format }) => format);

/** Each quality follows the one before on the way down, or up. */
function isSteps(told: readonly StreamTold[]): boolean {
  const rates = [Number.POSITIVE_INFINITY, 160_000, 96_000, 48_000, 24_000];
  const at = told.map(({ bitRate = Number.POSITIVE_INFINITY }) => rates.indexOf(bitRate));
  return told.every(({ why }, i) => i === 0 || at[i]! - at[i - 1]! === (why === 'slower' ? 1 : -1));
}

interface Gap {
  from: number;
  to: number;
  /** Between two packets that follow each other: a machine that is too busy makes none of what is between them, for anybody. */
  isOfEngine: boolean;
}

/** Frames between those that came. */
function gapsOf({ pieces }: Client): Gap[] {
  return pieces.slice(1).flatMap((piece, i) => {
    const before = pieces[i]!;
    const from = before.streamFrame + before.frames;
    // a packet of opus may begin within a frame
    if (piece.streamFrame - from < 2) return [];
    const isOfEngine = piece.serial === before.serial + 1 && piece.bitRate === before.bitRate;
    return [{ from, to: piece.streamFrame, isOfEngine }];
  });
}

const framesOf = (gaps: readonly Gap[]) => gaps.reduce((sum, { from, to }) => sum + to - from, 0);

/** The first frame of a lossless piece that is not as it was rendered. */
function wrongFrame({ pieces, came }: Client, data: readonly Float32Array[]): number | undefined {
  for (const { format, streamFrame, frames } of pieces) {
    if (format === 'opus') continue;
    for (const [c, plane] of came.entries())
      for (let at = streamFrame; at < streamFrame + frames; at++) if (plane[at] !== data[c]![at]) return at;
  }
  return undefined;
}

/** How far opus of a bit rate is from what was rendered, in dB. A decoder that has just begun needs some packets. */
function opusErrorDb({ pieces, came }: Client, data: readonly Float32Array[], bitRate: number): number {
  let [error, sound] = [0, 0];
  for (const [i, { streamFrame, frames }] of pieces.entries()) {
    if (!pieces.slice(Math.max(0, i - 3), i + 1).every((one) => one.bitRate === bitRate)) continue;
    for (let at = streamFrame; at < streamFrame + frames; at++) {
      error += (came[0]![at]! - data[0]![at]!) ** 2;
      sound += data[0]![at]! ** 2;
    }
  }
  return 10 * Math.log10(error / sound);
}

/** What was heard is what came, run by run, with silence between as long as the report says. */
function isAsReported(t: Test, name: string, { ear, came }: Client): HeardRun[] {
  const facts = ear.buffer.facts();
  const runs = ear.buffer.heardRuns();
  const heard = ear.heard();
  const found = compareHeard(heard, came, runs, FADE_FRAMES);
  t.ok(found.length > 0, `${name}: ${runs.length} runs are heard bit for bit as they came`);
  const frames = runs.reduce((sum, run) => sum + run.frames, 0);
  t.equal(frames, facts.heardFrames, `${name}: the runs are all that was heard`);
  const reached = facts.streamFrame - runs[0]!.streamFrame;
  t.equal(
    facts.heardFrames + facts.skippedFrames + facts.lostFrames,
    reached,
    `${name}: every frame was heard, skipped or lost`,
  );
  const [first, last] = [found[0]!, found.at(-1)!];
  const told = found.reduce((sum, run) => sum + run.frames, 0) + facts.waitedFrames + facts.concealedFrames;
  const span = last.at + last.frames - first.at;
  const slack = 128 * facts.underruns;
  // of what came last all may be skipped: then it waited behind the last run, too
  const longest = last.streamFrame + last.frames === facts.streamFrame ? span : heard[0]!.length - first.at;
  t.ok(
    told >= span - slack && told <= longest + slack,
    `${name}: heard for ${span} to ${longest} frames, told ${told}`,
  );
  return runs;
}

/** Comparing takes seconds of this process: it begins when both have heard all. */
const heard = { slow: Promise.withResolvers<void>(), away: Promise.withResolvers<void>() };
const bothHeard = Promise.all([heard.slow.promise, heard.away.promise]);

t.jobs = 2;

t.test(
  'links that become too slow: the quality falls and rises, nothing is lost, and nobody else feels it',
  { buffered: true, timeout: 300_000 },
  async (t) => {
    t.teardown(() => heard.slow.resolve());
    await domain.create('slow', task);
    const steady = await client(t, 'slow', domain.url);
    const linked = async (
      name: string,
      bytesPerSecond: number,
      isBetter: (since: readonly StreamTold[], now: StreamTold) => boolean,
    ) => {
      const link = await ImpairedLink.open(Number(new URL(domain.url).port), {});
      t.teardown(() => link.close());
      const one = await client(t, 'slow', link.url, { adaptive: true });
      return { ...one, name, link, bytesPerSecond, isBetter, took: '' };
    };
    const rises = (told: readonly StreamTold[]) => told.filter(({ why }) => why === 'faster').length;
    const slow = [
      await linked('152 kbit/s', 19_000, (since) => rises(since) >= 2),
      await linked('400 kbit/s', 50_000, (_, now) => now.format === 'flac24'),
    ];
    const all = [...slow, { ...steady, name: 'steady' }];
    await steady.live.transport({ play: true });
    await until('three seconds are heard, lossless', () =>
      all.every(({ end, told }) => end() > 3 * RATE && told.at(-1)!.format === 'flac24'),
    );

    await Promise.all(
      slow.map(async (one) => {
        const { link, bytesPerSecond, listener, told, end, isBetter } = one;
        const needed = (listener.counts.bytes / end()) * RATE;
        t.ok(needed > bytesPerSecond * 1.5, `${needed | 0} bytes a second are needed, ${bytesPerSecond} go through`);
        const began = performance.now();
        link.impairment = { bytesPerSecond };
        await until('the quality falls', () => told.at(-1)!.format === 'opus');
        one.took += `fell after ${(performance.now() - began) | 0} ms`;
        await until('what comes is of now', () => steady.end() - end() < RATE / 4);
        one.took += `, of now after ${(performance.now() - began) | 0} ms`;
        const from = end();
        await until('three seconds of it', () => end() > from + 3 * RATE && steady.end() - end() < RATE);
        const good = performance.now();
        const { length } = told;
        link.impairment = {};
        // a machine that stands still for a second looks like a slow link: then it falls once more before it rises
        for (let known = length; !isBetter(told.slice(length), told.at(-1)!); known = told.length)
          await until('the quality changes', () => told.length > known);
        one.took += `, better again ${(performance.now() - good) | 0} ms after the link is`;
        const better = end();
        await until('that is heard', () => end() > better + RATE);
      }),
    );
    await Promise.all(all.map(({ listener }) => listener.stop()));
    await until('all that came is heard', () => all.every(({ ear }) => ear.buffer.facts().fillFrames === 0));
    for (const { ear } of all) ear.close();
    heard.slow.resolve();
    await bothHeard;

    const data = await rendered(Math.max(...all.map(({ end }) => end())));
    for (const one of all) {
      const { name, troubles, listener, told } = one;
      t.same(troubles, [], `${name}: no trouble`);
      t.equal(listener.counts.reconnects, 0, `${name}: the connection held`);
      const gaps = gapsOf(one);
      const ofEngine = gapsOf(steady);
      // where the quality changes the two packets have no serials in common
      const isNearLoss = ({ from, to }: Gap) => ofEngine.some((gap) => gap.from < to + RATE && gap.to > from - RATE);
      t.same(
        gaps.filter((gap) => !gap.isOfEngine && !isNearLoss(gap)),
        [],
        `${name}: no frame was lost on the way`,
      );
      t.ok(Math.abs(listener.counts.lostFrames - framesOf(gaps)) <= 2 * told.length, `${name}: ${framesOf(gaps)} lost`);
      t.equal(told.at(-1)!.droppedPackets, undefined, `${name}: nothing was left out`);
      t.equal(wrongFrame(one, data), undefined, `${name}: what came lossless is the offline render, bit for bit`);
      isAsReported(t, name, one);
      t.comment(`${name}: ${JSON.stringify(one.ear.buffer.facts())}`);
    }
    for (const one of slow) {
      const { name, told, took } = one;
      t.match(told[1], { why: 'slower', format: 'opus', bitRate: 160_000 }, `${name}: it is told why it fell`);
      t.ok(isSteps(told), `${name}: step by step`);
      for (const bitRate of new Set(told.flatMap((one) => one.bitRate ?? []))) {
        const errorDb = opusErrorDb(one, data, bitRate);
        t.ok(errorDb < OPUS_ERROR_DB[bitRate]!, `${name}: opus of ${bitRate} is ${errorDb.toFixed(1)} dB from it`);
      }
      t.comment(`${name}: ${took}; ${told.map(({ why, format, bitRate }) => `${why} ${format} ${bitRate ?? ''}`)}`);
    }
    t.same(jumps(steady.serials), [], `the other got all of ${steady.serials.length} packets`);
    t.same(formats(steady.told), ['flac24'], 'in the quality it asked for');
  },
);

t.test(
  'away for 30 s: every packet comes, the player goes on where it was, the file is whole, who joins then begins with now',
  { buffered: true, timeout: 300_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'away-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const out = join(folder, 'take.wav');
    t.teardown(() => heard.away.resolve());
    await domain.create('away', task);
    const link = await ImpairedLink.open(Number(new URL(domain.url).port), {});
    t.teardown(() => link.close());
    const stays = await client(t, 'away', link.url, { playout: { keepsPlace: true } });
    const skips = await client(t, 'away', link.url);
    const command = ['listen', 'away', '--url', link.url, '--out', out, '--seconds', String(TAKEN_SECONDS), '--json'];
    const taking = new RunningCommand(command);
    t.teardown(() => taking.child.kill());
    await until('the command is there', () => stays.live.presence.some(({ name }) => name === 'audiocloud listen'));
    await stays.live.transport({ play: true });
    const all = [stays, skips];
    await until('the command writes', () => readdirSync(folder).length > 0);
    await until('three seconds are heard', () => all.every(({ ear }) => ear.buffer.facts().streamFrame > 3 * RATE));
    // nobody hears it meanwhile: the stream goes on for who comes back
    link.cut();
    const cutAt = stays.end();
    await sleep(CUT_MS);
    link.mend();
    await until('they are back', () => all.every(({ end }) => end() > cutAt + (CUT_MS / 1000) * RATE));

    const newest = Math.max(...all.map(({ serials }) => serials.at(-1)!));
    const joins = await client(t, 'away', domain.url);
    await until('it hears', () => joins.serials.length > 10);
    t.ok(joins.serials[0]! > newest, `who joins begins with packet ${joins.serials[0]}, after ${newest}`);
    t.equal(joins.told[0]!.replay, undefined, 'nothing is sent again');
    const wants = await client(t, 'away', domain.url, { secondsAgo: 5 });
    await until('it hears', () => wants.end() > joins.pieces[0]!.streamFrame);
    t.match(wants.told[0]!.replay, { missed: 'nothing' });
    t.ok(wants.told[0]!.replay!.packets > 250, `who asks gets ${wants.told[0]!.replay!.packets} packets from before`);
    t.ok(wants.serials[0]! < joins.serials[0]!);

    await until(
      'the player that keeps its place has gone on',
      () => stays.ear.buffer.facts().streamFrame > cutAt + RATE,
    );
    await until('the other plays what is played now', () => skips.ear.buffer.facts().streamFrame > newest * 480);
    const { code, stdout, stderr } = await taking.finished;
    const everyone = [...all, joins, wants];
    await Promise.all(everyone.map(({ listener }) => listener.stop()));
    for (const { ear } of everyone) ear.close();
    heard.away.resolve();
    await bothHeard;

    const data = await rendered(Math.max(...everyone.map(({ end }) => end()), (TAKEN_SECONDS + 10) * RATE));
    for (const [name, one] of Object.entries({ stays, skips, joins, wants })) {
      t.same(one.troubles, [], `${name}: no trouble`);
      t.same(jumps(one.serials), [], `${name}: ${one.serials.length} packets, each after the one before`);
      const gaps = gapsOf(one);
      t.ok(gaps.every(({ isOfEngine }) => isOfEngine) && one.listener.counts.lostFrames === framesOf(gaps));
      t.comment(`${name}: ${framesOf(gaps)} frames were not made, by a machine that was too busy`);
      t.equal(wrongFrame(one, data), undefined, `${name}: all is the offline render, bit for bit`);
    }
    for (const { listener, told } of all) {
      t.ok(listener.counts.reconnects >= 1, 'the connection was lost');
      const { replay } = told.at(-1)!;
      t.equal(replay!.missed, 'nothing');
      t.ok(replay!.packets >= CUT_MS / 10, `${replay!.packets} packets were sent again`);
    }

    const gaps = gapsOf(stays);
    const kept = isAsReported(t, 'stays', stays);
    for (const [i, { streamFrame }] of kept.entries()) {
      const before = kept[i - 1];
      if (!before) continue;
      const next = before.streamFrame + before.frames;
      const isNext = streamFrame === next || gaps.some(({ from, to }) => from === next && to === streamFrame);
      t.ok(isNext, `it goes on at ${streamFrame}, the very next frame after ${next}`);
    }
    t.ok(kept.length > 1 && kept.at(-1)!.streamFrame >= cutAt - RATE, 'and the last time behind the cut');
    const facts = stays.ear.buffer.facts();
    t.match(facts, { skippedFrames: 0, lostFrames: framesOf(gaps) });
    t.ok(facts.waitedFrames > (CUT_MS / 1000 - 2) * RATE, `it waited ${facts.waitedFrames} frames`);
    isAsReported(t, 'skips', skips);
    const { skippedFrames } = skips.ear.buffer.facts();
    t.ok(skippedFrames > (CUT_MS / 1000 - 2) * RATE, `the other skipped ${skippedFrames} frames`);

    t.equal(code, 0, stderr);
    const report = JSON.parse(stdout).heard;
    const frames = TAKEN_SECONDS * RATE;
    t.ok(report.reconnects >= 1, 'the command lost its connection');
    const [{ streamFrame }] = report.runs;
    // the same packets as the players had
    const lacks = gaps.filter(({ from, to }) => from >= streamFrame && to <= streamFrame + frames);
    const lostFrames = framesOf(lacks);
    t.match(report, { heardFrames: frames - lostFrames, lostFrames, concealedFrames: lostFrames, skippedFrames: 0 });
    t.equal(report.runs.length, 1 + lacks.length, 'and reports one run');
    for (const { from, to } of lacks) for (const plane of data) plane.fill(0, from, to);
    t.ok(streamFrame < cutAt && streamFrame + frames > cutAt + (CUT_MS / 1000) * RATE, 'the cut lies within the file');
    const wav = readFileSync(out);
    t.equal(wav.length, HEADER_BYTES + frames * 2 * 3, 'the very length');
    let wrong = 0;
    for (let i = 0; i < frames; i++)
      for (let c = 0; c < 2; c++)
        if (wav.readIntLE(HEADER_BYTES + 3 * (2 * i + c), 3) !== Math.round(data[c]![streamFrame + i]! * FULL_24))
          wrong++;
    t.equal(wrong, 0, 'the file is the offline render, bit for bit');
  },
);
