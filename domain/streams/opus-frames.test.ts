import t from 'tap';
import { opusFrames } from './opus-frames.ts';

t.test('frames of an Opus packet are as its first bytes say', async (t) => {
  const toc = (configuration: number, code: number) => (configuration << 3) | code;
  // RFC 6716, table 2
  const ms = [10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 10, 20].concat(
    ...Array.from({ length: 4 }, () => [2.5, 5, 10, 20]),
  );
  t.same(
    ms.map((_, configuration) => opusFrames(Uint8Array.of(toc(configuration, 0), 0))),
    ms.map((each) => each * 48),
  );
  t.equal(opusFrames(Uint8Array.of(toc(31, 1))), 1920, 'two frames');
  t.equal(opusFrames(Uint8Array.of(toc(31, 3), 3)), 2880, 'as many as the second byte says');
  t.equal(opusFrames(Uint8Array.of(toc(31, 3), 7)), 0, 'more than 120 ms is no packet');
  t.equal(opusFrames(new Uint8Array(0)), 0);
});
