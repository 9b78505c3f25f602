import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PageFiller } from './page-filler.ts';
import { PageReader } from './page-reader.ts';
import { createPages, growPages, PAGE_FRAMES, type PageImage, slotsOf } from './page-store.ts';
import { PcmSource } from './pcm-source.ts';
import { slotsWanted } from './slots-wanted.ts';
import { noiseFile } from './testing/long-file.ts';

/** A store with so few slots; the mark is that of a reader. */
function start(t: Test, slots: number, frames = 12 * PAGE_FRAMES) {
  const { disk, memory } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames });
  const image = createPages(2, frames, slots);
  const reading = { mark: 0 };
  const filler = new PageFiller(image, disk, new PcmSource(disk.file), () => reading.mark);
  const isRight = (page: number, of: PageImage = image) => {
    const reader = new PageReader(of);
    const first = page * PAGE_FRAMES;
    const end = Math.min(first + PAGE_FRAMES, frames);
    if (!reader.find(first, end)) return false;
    const samples = reader.samples(page);
    return [0, 1].every((c) => {
      const at = reader.start(page, c);
      return memory.data[c]!.subarray(first, end).every((x, i) => Object.is(x, samples[at + i]));
    });
  };
  return { image, filler, reading, isRight, disk };
}

t.test('pages are read several at once, and found by the reader', async (t) => {
  const { filler, isRight } = start(t, 8);
  t.equal(filler.fill(2, 3, 1, 0), 3);
  for (const page of [2, 3, 4]) t.ok(filler.has(page) && isRight(page));
  t.notOk(filler.has(5) || isRight(5));
  t.equal(filler.fill(8, 9, 1, 0), 4, 'four at most');
  t.equal(filler.fill(0, 9, 1, 0), 1, 'there is no room for more');
});

t.test('the last page of a sound is filled up with silence', async (t) => {
  const { filler, isRight, image } = start(t, 2, PAGE_FRAMES + 100);
  filler.fill(0, 1, 1, 0);
  filler.fill(1, 1, 1, 0);
  t.ok(isRight(1));
  const reader = new PageReader(image);
  reader.find(PAGE_FRAMES, PAGE_FRAMES + 100);
  const at = reader.start(1, 0);
  t.ok(
    reader
      .samples(1)
      .subarray(at + 100, at + PAGE_FRAMES)
      .every((x) => x === 0),
  );
});

t.test('what is not wanted any more makes room, what is wanted stays, but for what is due much later', async (t) => {
  const { filler, isRight } = start(t, 2);
  filler.fill(0, 2, 1, 0);
  filler.want(1, 2, 0.1);
  t.equal(filler.fill(5, 1, 2, 0.2), 1);
  t.notOk(filler.has(0));
  t.ok(isRight(1) && isRight(5));
  t.equal(filler.fill(6, 1, 2, 0.3), 0, 'both are wanted');
  filler.want(1, 3, 0.1);
  filler.want(5, 3, 0.9);
  t.equal(filler.fill(6, 1, 3, 0.2), 1, 'what has time gives way');
  t.ok(filler.has(1) && filler.has(6) && !filler.has(5));
});

t.test('memory that a reader may look at is used again only when it has looked away', async (t) => {
  const { filler, reading, isRight, image } = start(t, 1);
  filler.fill(0, 1, 1, 0);
  reading.mark = 7; // in the middle of its clips
  const reader = new PageReader(image);
  t.ok(reader.find(0, PAGE_FRAMES));
  const [samples, at] = [reader.samples(0), reader.start(0, 0)];
  const before = samples.slice(at, at + PAGE_FRAMES);
  t.equal(filler.fill(3, 1, 2, 0), 0, 'it has to wait');
  t.notOk(filler.has(0), 'nobody else finds the page');
  t.equal(filler.fill(3, 1, 3, 0), 0);
  t.same(samples.subarray(at, at + PAGE_FRAMES), before, 'what the reader holds is as it was');
  reading.mark = 9; // another part of a block: it found nothing there
  t.equal(filler.fill(3, 1, 4, 0), 1);
  t.ok(isRight(3));
  reading.mark = 10;
  t.equal(filler.fill(4, 1, 5, 0), 1, 'nobody reads: at once');
});

t.test('a store grows, and another filler goes on with what is in it', async (t) => {
  const { filler, image, isRight, disk } = start(t, 2);
  filler.fill(0, 2, 1, 0);
  const larger = growPages(image, 5);
  t.equal(slotsOf(larger), 5);
  filler.grow(larger);
  t.equal(filler.fill(2, 3, 1, 0), 3);
  for (const page of [0, 1, 2, 3, 4]) t.ok(isRight(page, larger));
  t.notOk(isRight(4), 'who knows of the first memory alone does not find what is in the other');
  const next = new PageFiller(larger, disk, new PcmSource(disk.file), () => 0);
  t.ok(next.has(3));
  t.equal(next.fill(7, 1, 1, 0), 1);
  t.ok(isRight(7, larger));
});

t.test(
  'as many pages as clips may want at once: by how many are near each other, not by how many there are',
  async (t) => {
    const options = { frames: 10_000 * PAGE_FRAMES, channels: 2, windowFrames: 10 * PAGE_FRAMES };
    const clip = (start: number, frames: number) => ({
      start: start * PAGE_FRAMES,
      frames: frames * PAGE_FRAMES,
      offset: 0,
    });
    const one = slotsWanted([clip(0, 1000)], options);
    t.equal(one, 2 * 11);
    t.equal(slotsWanted([clip(0, 1000), clip(2000, 1000), clip(4000, 1000)], options), one);
    t.equal(slotsWanted([clip(0, 1000), clip(500, 1000)], options), 2 * one);
    t.equal(slotsWanted([clip(0, 2)], options), 2 * 3, 'a short clip');
    t.equal(slotsWanted([clip(0, 2)], { ...options, frames: 2 * PAGE_FRAMES }), 2, 'never more than there are');
    const many = Array.from({ length: 3000 }, () => clip(0, 1000));
    t.equal(slotsWanted(many, options), 4096, '256 MiB at most');
  },
);
