import t from 'tap';
import type { KeptPacket } from './packet-history.ts';
import { UnderWay } from './under-way.ts';

const FRAMES = 480;
const PLAY = { run: 7, playId: 3 };

const packet = (serial: number, bytes = 1_000): KeptPacket => ({
  ...PLAY,
  serial,
  startFrame: serial * FRAMES,
  endFrame: (serial + 1) * FRAMES,
  bytes: new Uint8Array(bytes),
  atMs: 0,
});
const next = (serial: number) => ({ ...PLAY, streamFrame: serial * FRAMES });

t.test('under way: a way that is long is no lag, one that becomes longer is', async (t) => {
  const way = new UnderWay();
  way.sent(packet(0), false, 0);
  t.equal(way.bytes, 0, 'nothing is kept of a client that tells nothing');
  way.arrived(next(0), 0);
  let now = 0;
  let serial = 1;
  /** Packets of 10 ms for half a second; what was sent `awayMs` ago has arrived. */
  const pass = (awayMs: number) => {
    for (let i = 0; i < 50; i++) {
      now += 10;
      way.sent(packet(serial++), false, now);
    }
    return way.arrived(next(serial - Math.round(awayMs / 10)), now);
  };
  pass(600);
  for (let i = 0; i < 10; i++) t.equal(pass(600).lagMs, 0, 'as long as ever: a satellite');
  t.same(pass(800), { lagMs: 190, isDraining: false });
  t.same(pass(1_100), { lagMs: 490, isDraining: false });
  t.equal(way.bytes, 110_000, 'what is under way');
  t.match(pass(1_050), { isDraining: false }, 'it is still more than before');
  for (const awayMs of [1_000, 800, 700]) pass(awayMs);
  t.same(pass(650), { lagMs: 40, isDraining: true });
});

t.test('under way: what is replayed is no lag', async (t) => {
  const way = new UnderWay();
  way.arrived(next(0), 0);
  for (let i = 0; i < 1_000; i++) way.sent(packet(i), true, 0);
  t.match(way.arrived(next(100), 100), { lagMs: 0 });
  for (let i = 1_000; i < 1_200; i++) way.sent(packet(i), false, 100);
  t.match(way.arrived(next(500), 1_000), { lagMs: 0 }, 'nor is what waits behind it');
  t.match(way.arrived(next(1_100), 2_000), { isDraining: true }, 'behind it it becomes less');
  t.match(way.arrived(next(1_200), 2_100), { lagMs: 0 });
  t.equal(way.bytes, 0);
});

t.test('under way: another play has left the one before behind; no more than 40 s are kept', async (t) => {
  const way = new UnderWay();
  way.arrived(next(0), 0);
  for (let i = 0; i < 10; i++) way.sent(packet(i), false, 0);
  for (let i = 0; i < 10; i++) way.sent({ ...packet(i), playId: 4 }, false, 10);
  way.arrived({ run: 7, playId: 4, streamFrame: 5 * FRAMES }, 20);
  t.equal(way.bytes, 5_000);
  way.arrived({ run: 8, playId: 4, streamFrame: 0 }, 20);
  t.equal(way.bytes, 5_000, 'of another run nothing is known');
  for (let i = 10; i < 10_000; i++) way.sent({ ...packet(i), playId: 4 }, false, 30);
  t.equal(way.bytes, 4_096_000);
});
