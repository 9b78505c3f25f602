import t from 'tap';
import { timelinePath } from './timeline-path.ts';

const place = (positionFrame: number, loopStart = 0, loopEnd = 0) => ({ positionFrame, loopStart, loopEnd });

t.test('path: without a loop straight on', async (t) => {
  t.same(timelinePath(place(100), 50), [{ from: 100, to: 150, dueFrames: 0 }]);
  t.same(timelinePath(place(100, 10, 60), 50), [{ from: 100, to: 150, dueFrames: 0 }], 'behind the loop');
  t.same(timelinePath(place(10, 0, 60), 50), [{ from: 10, to: 60, dueFrames: 0 }], 'not so far');
});

t.test('path: a loop goes on at its start, each place once', async (t) => {
  t.same(timelinePath(place(90, 20, 100), 50), [
    { from: 90, to: 100, dueFrames: 0 },
    { from: 20, to: 60, dueFrames: 10 },
  ]);
  t.same(timelinePath(place(90, 80, 100), 500), [
    { from: 90, to: 100, dueFrames: 0 },
    { from: 80, to: 90, dueFrames: 10 },
  ]);
  t.same(timelinePath(place(80, 80, 100), 500), [{ from: 80, to: 100, dueFrames: 0 }]);
  t.same(
    timelinePath(place(10, 80, 100), 500),
    [{ from: 10, to: 100, dueFrames: 0 }],
    'before the loop all of it is on the way',
  );
});

t.test('path: equals the timeline frame by frame, for 500 random places', async (t) => {
  let state = 7;
  const random = (below: number) => {
    state = (state * 48271) % 0x7fffffff;
    return state % below;
  };
  for (let n = 0; n < 500; n++) {
    const at = place(random(200), random(100), random(200));
    const frames = 1 + random(300);
    const wanted = new Map<number, number>();
    let frame = at.positionFrame;
    for (let i = 0; i < frames; i++) {
      if (!wanted.has(frame)) wanted.set(frame, i);
      frame += 1;
      if (at.loopEnd > at.loopStart && at.positionFrame < at.loopEnd && frame === at.loopEnd) frame = at.loopStart;
    }
    const found = new Map<number, number>();
    for (const { from, to, dueFrames } of timelinePath(at, frames))
      for (let f = from; f < to; f++) {
        if (found.has(f)) t.fail(`${JSON.stringify(at)}: frame ${f} twice`);
        found.set(f, dueFrames + f - from);
      }
    if (JSON.stringify([...found].sort()) !== JSON.stringify([...wanted].sort()))
      t.fail(`${JSON.stringify(at)}, ${frames} frames`);
  }
  t.pass();
});
