import t from 'tap';
import { storedTransport } from './stored-transport.ts';

const record = {
  revision: 1,
  graph: { sampleRate: 44100, loop: { startSeconds: 0, endSeconds: 1 } },
  isPlaying: true,
  positionSeconds: 2,
};

t.test('a stored task stands where it would go on, in frames of the engine, else in its own', async (t) => {
  t.same(storedTransport(record, 48000), {
    playing: false,
    sampleRate: 48000,
    positionFrames: 96000,
    streamFrame: 0,
    playId: 0,
    loop: { startSeconds: 0, endSeconds: 1 },
  });
  t.match(storedTransport(record), { sampleRate: 44100, positionFrames: 88200 });
  t.equal(storedTransport({ ...record, loop: null }).loop, null, 'a loop that was cleared');
});
