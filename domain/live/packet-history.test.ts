import { encodePacket } from '@audiocloud/api';
import t from 'tap';
import { MOST_KEPT_BYTES, PacketHistory } from './packet-history.ts';

const FRAMES = 480;

function packet(run: number, playId: number, serial: number, streamFrame: number, bytes = FRAMES * 2): Uint8Array {
  return encodePacket({
    run,
    playId,
    serial,
    sampleRate: 48_000,
    positionRate: 48_000,
    channels: 1,
    frames: bytes / 2,
    skipFrames: 0,
    begins: false,
    format: 's16',
    bitRate: 0,
    timelineFrame: streamFrame,
    streamFrame,
    payload: new Uint8Array(bytes),
  });
}

/** Of 10 ms each: of play 1 the serials 0 to 99, then of play 2 100 to 149. */
function twoPlays() {
  const history = new PacketHistory();
  for (let serial = 0; serial < 150; serial++) {
    const [playId, frame] = serial < 100 ? [1, serial * FRAMES] : [2, (serial - 100) * FRAMES];
    history.add(packet(7, playId, serial, frame), serial * 10);
  }
  return history;
}

t.test('packet history: what came from a serial or a frame on, over the end of a play', async (t) => {
  const history = twoPlays();
  t.same(history.find({ run: 7, playId: 1, serial: 42 }, 1500), { at: 42, missed: 'nothing' });
  t.same(history.find({ run: 7, playId: 1, streamFrame: 42 * FRAMES }, 1500), { at: 42, missed: 'nothing' });
  t.same(history.find({ run: 7, playId: 1, streamFrame: 42 * FRAMES + 100 }, 1500), { at: 42, missed: 'nothing' });
  t.same(history.find({ run: 7, playId: 1, serial: 100 }, 1500), { at: 100, missed: 'nothing' }, 'the next play');
  t.same(history.find({ run: 7, playId: 1, streamFrame: 100 * FRAMES }, 1500), { at: 100, missed: 'nothing' });
  t.same(
    history.find({ run: 7, playId: 2, streamFrame: 50 * FRAMES }, 1500),
    { at: 150, missed: 'nothing' },
    'all is known',
  );
  t.same(history.find({ secondsAgo: 0.5 }, 1500), { at: 100, missed: 'nothing' });
  t.same(history.find({ secondsAgo: 60 }, 1500), { at: 0, missed: 'nothing' });
  t.same(history.find({ secondsAgo: 0 }, 1500), { at: 150, missed: 'nothing' });
});

t.test('packet history: says what is missing', async (t) => {
  t.same(new PacketHistory().find({ run: 7, playId: 1, serial: 1 }, 0), { at: 0, missed: 'not-kept' });
  const history = twoPlays();
  t.same(
    history.find({ run: 8, playId: 1, serial: 1 }, 1500),
    { at: 150, missed: 'other-run' },
    'the engine is another',
  );
  t.same(history.find({ run: 7, playId: 3, serial: 1 }, 1500), { at: 150, missed: 'other-play' });
  history.trim(60_000 + 500);
  t.equal(history.oldest, 50, 'a minute is kept');
  t.same(history.find({ run: 7, playId: 1, serial: 20 }, 60_500), { at: 50, missed: 'older' });
  t.same(history.find({ run: 7, playId: 1, streamFrame: 20 * FRAMES }, 60_500), {
    at: 50,
    missed: 'older',
    missedFrames: 30 * FRAMES,
  });
  t.same([history.at(49), history.at(50)?.serial, history.at(150)], [undefined, 50, undefined]);
});

t.test('packet history: bytes are bounded, and numbers go on', async (t) => {
  const history = new PacketHistory();
  const big = 2 ** 20;
  for (let i = 0; i < 1500; i++) history.add(packet(7, 1, i, i * big, big), i);
  t.ok(history.bytes <= MOST_KEPT_BYTES && history.bytes > MOST_KEPT_BYTES - 2 * big, `${history.bytes}`);
  t.same([history.next, history.at(1499)!.serial, history.at(history.oldest)!.serial], [1500, 1499, history.oldest]);
});
