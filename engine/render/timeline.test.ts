import t from 'tap';
import { TaskShared } from './task-shared.ts';
import { Timeline } from './timeline.ts';

function withLoop(start: number, end: number): Timeline {
  const shared = new TaskShared();
  shared.setLoop(start, end);
  return new Timeline(shared);
}

t.test('timeline: without a loop the playhead goes on for ever', async (t) => {
  const timeline = new Timeline(new TaskShared());
  t.equal(timeline.jumpAfter(7), Number.POSITIVE_INFINITY);
  t.equal(timeline.stretch(7, 128), 128);
  t.equal(timeline.after(7, 128), 135);
  t.equal(timeline.advance(7, 1e9), 1e9 + 7);
});

t.test('timeline: it jumps back at the end of its loop, as often as one block holds', async (t) => {
  const timeline = withLoop(100, 110);
  t.equal(timeline.jumpAfter(0), 110);
  t.equal(timeline.stretch(105, 128), 5, 'a stretch ends where it jumps');
  t.equal(timeline.stretch(105, 3), 3);
  t.equal(timeline.after(105, 5), 100, 'at the end it is at the start');
  t.equal(timeline.after(105, 4), 109);
  for (const frames of [0, 1, 5, 6, 14, 15, 16, 128]) t.equal(timeline.advance(105, frames), 100 + ((5 + frames) % 10));
  t.equal(timeline.advance(40, 65), 105, 'it comes into the loop from before');
});

t.test('timeline: behind the end of its loop it goes on', async (t) => {
  const timeline = withLoop(100, 110);
  for (const position of [110, 111]) {
    t.equal(timeline.jumpAfter(position), Number.POSITIVE_INFINITY);
    t.equal(timeline.stretch(position, 128), 128);
    t.equal(timeline.advance(position, 128), position + 128);
  }
});
