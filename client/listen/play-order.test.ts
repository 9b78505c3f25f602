import type { Packet } from '@audiocloud/api';
import t from 'tap';
import { PlayOrder } from './play-order.ts';

const packet = (playId: number, streamFrame: number, more: Partial<Packet> = {}) =>
  ({ run: 1, playId, streamFrame, frames: 480, sampleRate: 48000, positionRate: 48000, ...more }) as Packet;

t.test('order: losses and what came twice are found by the places of packets', async (t) => {
  const order = new PlayOrder();
  t.same(order.from(), {}, 'before the first packet there is no place to go on from');
  t.same(order.take(packet(1, 0)), { play: 0, lostFrames: 0, repeatedFrames: 0 });
  t.same(order.take(packet(1, 480)), { play: 0, lostFrames: 0, repeatedFrames: 0 });
  t.same(order.take(packet(1, 1440)), { play: 0, lostFrames: 480, repeatedFrames: 0 });
  t.equal(order.lostPackets, 1);
  t.equal(order.take(packet(1, 480)), 'repeated');
  t.same(order.take(packet(1, 1700)), { play: 0, lostFrames: 0, repeatedFrames: 220 }, 'a part of it came before');
  t.same(order.from(), { from: { run: 1, playId: 1, streamFrame: 2180 } });
});

t.test(
  'order: plays are counted, also where play ids begin again, and late packets of one before are passed over',
  async (t) => {
    const order = new PlayOrder();
    t.match(order.take(packet(1, 0)), { play: 0 });
    t.match(order.take(packet(2, 0)), { play: 1, lostFrames: 0 });
    t.equal(order.take(packet(1, 480)), 'repeated');
    t.match(order.take(packet(1, 0, { run: 2 })), { play: 2 });
    t.same(
      [0, 1, 2, 3].map((play) => order.playOf(play)),
      [{ run: 1, playId: 1 }, { run: 1, playId: 2 }, { run: 2, playId: 1 }, undefined],
    );
  },
);

t.test('order: packets at another rate are counted in frames of the task', async (t) => {
  const order = new PlayOrder();
  const opus = { frames: 960, sampleRate: 48000, positionRate: 44100 };
  order.take(packet(1, 0, opus));
  t.match(order.take(packet(1, 882, opus)), { lostFrames: 0, repeatedFrames: 0 });
  t.match(order.take(packet(1, 882 * 3, opus)), { lostFrames: 882 });
});
