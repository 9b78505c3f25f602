import t from 'tap';
import type { HeardPiece } from '../heard-piece.ts';
import { MeterQueue } from './meter-queue.ts';

const piece = (play: number, streamFrame: number) =>
  ({
    play,
    streamFrame,
    frames: 480,
    samples: new Float32Array(960),
    meters: { peak: [streamFrame], rms: [0], clipped: 0 },
  }) as unknown as HeardPiece;

t.test('meters wait until their frames are heard', async (t) => {
  const queue = new MeterQueue();
  for (const from of [0, 480, 960]) queue.push(piece(0, from));
  queue.push(piece(1, 0));
  t.same(queue.heardTo(0, 0).meters, [], 'nothing is heard yet');
  t.same(
    queue.heardTo(0, 1).meters.map(({ peak }) => peak[0]),
    [0],
    'its first frame is',
  );
  t.same(queue.heardTo(0, 480).meters, []);
  const { meters, piece: now } = queue.heardTo(0, 961);
  t.same(
    meters.map(({ peak }) => peak[0]),
    [480, 960],
  );
  t.equal(now!.streamFrame, 960);
  t.equal(now!.samples.length, 0, 'it keeps no samples');
  t.same(
    queue.heardTo(1, 10).meters.map(({ peak }) => peak[0]),
    [0],
    'the next play',
  );
});
