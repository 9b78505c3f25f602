import type { Task } from '@audiocloud/api';
import t from 'tap';
import { secondsToPlay } from './seconds-to-play.ts';

const clip = (startSeconds: number, lengthSeconds?: number) => ({
  media: 'song',
  startSeconds,
  ...(lengthSeconds === undefined ? {} : { lengthSeconds }),
});
const task: Task = {
  sampleRate: 48_000,
  tracks: { a: { channels: 2, clips: [clip(0, 10), clip(50, 20)] }, b: { channels: 2, clips: [clip(5, 10)] } },
};

t.test('a task plays from its playhead to the end of its last clip, or to its own end', async (t) => {
  t.equal(secondsToPlay(task, undefined, 30), 40);
  t.equal(secondsToPlay(task, undefined, 80), 0);
  t.equal(secondsToPlay({ ...task, lengthSeconds: 100 }, undefined, 30), 70);
});

t.test('what loops, has no clips, or a clip of unknown length has no end that is known', async (t) => {
  const loop = { startSeconds: 0, endSeconds: 1 };
  t.equal(secondsToPlay({ ...task, loop }, undefined, 0), undefined);
  t.equal(secondsToPlay(task, loop, 0), undefined);
  t.equal(secondsToPlay({ ...task, loop }, null, 0), 70);
  t.equal(secondsToPlay({ sampleRate: 48_000 }, undefined, 0), undefined);
  t.equal(secondsToPlay({ ...task, tracks: { c: { channels: 2, clips: [clip(3)] } } }, undefined, 0), undefined);
});
