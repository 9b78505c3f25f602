import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { audio, DrivenTask, openRegistry, RATE } from '../../test/driven-task.ts';
import { COMMAND, WORD } from './task-shared.ts';

/*
 * A task in which everything sleeps is not run, and its silence comes into the streams with a later block. What is heard, and
 * where each frame belongs, must be the same as if every block were rendered.
 */
const BLOCK = 128;
const REST = 7 * BLOCK;
const registry = await openRegistry();

const graph: Task = {
  sampleRate: RATE,
  tracks: {
    source: { channels: 1, clips: [0.05, 0.2031, 0.31].map((startSeconds) => ({ media: 'tone', startSeconds })) },
  },
  instances: {
    eq: { model: 'audiocloud:equalizer', widths: { in: 1 } },
    gain: { model: 'audiocloud:gain', widths: { in: 1, out: 1 } },
  },
  connections: {
    a: { from: { node: 'source' }, to: { node: 'eq' } },
    b: { from: { node: 'eq' }, to: { node: 'gain' } },
    c: { from: { node: 'gain' }, to: { node: 'main' }, gainDb: -3 },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
  lengthSeconds: 10,
};
const tone = audio(Float32Array.from({ length: 1111 }, (_, n) => Math.sin(n / 9)));

/** One task that may rest, and one that is rendered block by block; blocks that rested are counted. */
class Pair {
  readonly resting = new DrivenTask(graph, { registry, media: { tone } });
  readonly plain = new DrivenTask(graph, { registry, media: { tone } });
  rested = 0;

  constructor() {
    this.resting.renderer.restFrames = REST;
  }

  both(act: (task: DrivenTask) => void): void {
    act(this.resting);
    act(this.plain);
  }

  blocks(count: number): void {
    for (let block = 0; block < count; block++) {
      if (this.resting.renderer.rest(BLOCK)) this.rested++;
      else this.resting.renderer.render(BLOCK, []);
      this.plain.renderer.render(BLOCK, []);
    }
  }

  /** What both gave so far is the same, but for silence that is owed. */
  compare(t: Test, what: string): void {
    const [a, b] = [this.resting.ring(), this.plain.ring()];
    const owed = b.written - a.written;
    t.equal(owed, this.resting.task.shared.words[WORD.owed], `${what}: what is missing is owed`);
    t.ok(owed <= REST, `${what}: at most ${REST} frames late`);
    const first = Math.max(a.oldest, b.oldest);
    const [x, y] = [new Float32Array(a.written - first), new Float32Array(a.written - first)];
    t.ok(a.read(first, x.length, x) && b.read(first, y.length, y));
    t.ok(Buffer.from(x.buffer).equals(Buffer.from(y.buffer)), `${what}: ${x.length} frames, bit for bit`);
    for (let frame = first; frame < a.written; frame += 31) {
      const [mine, theirs] = [a.markAt(frame), b.markAt(frame)];
      if (mine?.timelineFrame === theirs?.timelineFrame && mine?.streamFrame === theirs?.streamFrame) continue;
      t.same(mine, theirs, `${what}: place of frame ${frame}`);
      return;
    }
  }
}

t.test('a task that rests gives the same frames at the same places', async (t) => {
  const pair = new Pair();
  pair.both((task) => task.play());
  pair.blocks(200); // three clips, with silence between them
  const early = pair.rested;
  t.ok(early > 20, `${early} of 200 blocks rested`);
  pair.compare(t, 'clips');

  pair.both((task) => task.give({ kind: COMMAND.seek, value: 9000 })); // shortly before the second clip
  pair.blocks(1);
  t.equal(pair.rested, early, 'a command is taken in the block after it');
  pair.blocks(60);
  pair.compare(t, 'seek');

  pair.both((task) => task.loop(20_000, 20_777)); // behind the clips: silence that jumps
  pair.both((task) => task.seek(20_000));
  pair.blocks(100);
  pair.compare(t, 'loop');
  pair.both((task) => task.loop(0, 0));

  pair.both((task) => task.edit([{ op: 'put', part: 'sinks', name: 'more', value: { kind: 'stream', channels: 1 } }]));
  pair.blocks(60);
  pair.compare(t, 'edit');
  t.ok(pair.rested > early + 50, `${pair.rested} blocks rested`);

  pair.both((task) => task.seek(2000));
  pair.blocks(20);
  pair.both((task) => task.stop());
  pair.blocks(1);
  pair.compare(t, 'stop');
  t.equal(pair.resting.task.shared.words[WORD.owed], 0, 'nothing is owed when it stands still');
  pair.both(({ task }) => task.dispose());
});

t.test('nothing is run, looked at or told anew while everything sleeps', async (t) => {
  const driven = new DrivenTask(graph, { registry, media: { tone } });
  driven.play(RATE);
  driven.render(400);
  for (let turn = 0; turn < 10; turn++) driven.task.meters(turn);
  t.ok(driven.task.isSilent);
  const { activity } = driven.task.shared;
  const out = driven.render(100)[0]!;
  t.equal(out.length, 100 * BLOCK, 'the stream goes on');
  t.ok(out.every((x) => Object.is(x, 0)));
  t.equal(driven.task.shared.activity, activity, 'no program was run');
  await driven.task.changes.set([]);
  driven.seek(graph.tracks!['source']!.clips[0]!.startSeconds * RATE);
  t.ok(
    driven.render(2)[0]!.some((x) => x !== 0),
    'sound is there in its block',
  );
  t.not(driven.task.shared.activity, activity);
  t.notOk(driven.task.isSilent);
  const peaks = [11, 12, 13, 14].map((turn) => driven.task.meters(turn).meters['gain']?.peak[0] ?? 0);
  t.ok(Math.max(...peaks) > 0, 'and it is told within four turns');
  driven.task.dispose();
});
