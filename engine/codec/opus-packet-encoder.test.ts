import t from 'tap';
import { OpusReader } from '../stream/opus-reader.ts';
import { createOpusHandler, loadLibopus } from './load-libopus.ts';
import { OPUS_DELAY_FRAMES, OpusPacketEncoder } from './opus-packet-encoder.ts';

const GET_LOOKAHEAD = 4027;
const open = (channels: number) =>
  new OpusPacketEncoder({ channels, bitRate: 96_000, complexity: 10, code: 'RENDER_FAILED' });

/** Where the heap has a MiB free: another place when something before it was not freed. */
const place = () => {
  const address = loadLibopus()._malloc(2 ** 20);
  loadLibopus()._free(address);
  return address;
};

t.test('opus: what was closed is free, however often it is opened', async (t) => {
  const opus = loadLibopus();
  const once = () => {
    const coders = [open(2), open(2), open(1), new OpusReader(2), new OpusReader(1)];
    for (const coder of coders) coder.close();
    for (const coder of coders) coder.close(); // twice is once
  };
  once();
  const [bytes, before] = [opus.HEAPU8.length, place()];
  for (let i = 0; i < 300; i++) once();
  t.equal(opus.HEAPU8.length, bytes, 'the heap did not grow');
  t.equal(place(), before, 'and has the same place free');
});

t.test('opus: what libopus refuses is told with the code that was asked for, and its memory is free', async (t) => {
  const before = place();
  for (const code of ['RENDER_FAILED', 'STREAM_FORMAT'] as const)
    t.throws(() => new OpusPacketEncoder({ channels: 1, bitRate: 0, complexity: 9, code }), {
      code,
      message: 'Cannot encode Opus: libopus refuses 0 bits a second (-1)',
    });
  const encoder = open(1);
  t.throws(() => encoder.encode(17), { code: 'RENDER_FAILED', message: /libopus refuses 17 frames \(-1\)/ });
  encoder.close();
  t.equal(place(), before);
});

t.test('opus: the delay is what libopus says', async (t) => {
  const opus = loadLibopus();
  const word = opus._malloc(4);
  for (const channels of [1, 2]) {
    const handler = createOpusHandler(channels);
    t.equal(handler._encoder_ctl(GET_LOOKAHEAD, word), 0);
    t.equal(opus.HEAP16[word >> 1], OPUS_DELAY_FRAMES, `${channels} channels`);
    handler.delete();
  }
  opus._free(word);
});
