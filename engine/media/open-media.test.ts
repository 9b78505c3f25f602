import { copyFileSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openMedia } from './open-media.ts';
import { resample } from './resample.ts';

/** Recorded by nobody: the example's own music. Two channels, 48 kHz, 16 s. */
const PAD = join(import.meta.dirname, '../../examples/media/pad.flac');
const LEAD = join(import.meta.dirname, '../../examples/media/lead.flac');

t.test('the result has the rate asked for', async (t) => {
  const audio = await openMedia(LEAD, { sampleRate: 44100 });
  t.match(audio, { sampleRate: 44100, channels: 1, frames: 705600 });
  const wanted = resample(await openMedia(LEAD), 44100).data[0]!;
  t.ok(
    audio.data[0]!.every((x, i) => x === wanted[i]),
    'and is what resample gives',
  );
});

t.test('what was opened is kept until the file changes', async (t) => {
  const path = join(t.testdir(), 'lead');
  copyFileSync(LEAD, path);
  const [a, b] = await Promise.all([openMedia(path), openMedia(path)]);
  t.equal(a, b, 'two at once share one decoder');
  t.equal(await openMedia(path), a);
  t.not(await openMedia(path, { sampleRate: 24000 }), a);
  utimesSync(path, 1, 1);
  t.not(await openMedia(path), a, 'another time of change');
});

t.test('cancelling ends the decoder when nobody else waits for it', async (t) => {
  const path = join(t.testdir(), 'pad');
  copyFileSync(PAD, path);
  const first = new AbortController();
  const second = new AbortController();
  const wanted = [first, second].map(({ signal }) => openMedia(path, { sampleRate: 44100, signal }));
  await new Promise((resolve) => setTimeout(resolve, 5));
  first.abort();
  await t.rejects(wanted[0]!, { code: 'RENDER_CANCELLED' });
  t.equal((await wanted[1]!).sampleRate, 44100, 'the other one still gets it');
  const third = new AbortController();
  const alone = openMedia(path, { sampleRate: 32000, signal: third.signal });
  await new Promise((resolve) => setTimeout(resolve, 5));
  third.abort();
  await t.rejects(alone, { code: 'RENDER_CANCELLED' });
  await t.rejects(openMedia(path, { sampleRate: 32000, signal: third.signal }), { code: 'RENDER_CANCELLED' });
  t.equal((await openMedia(path, { sampleRate: 32000 })).sampleRate, 32000, 'and can be had afterwards');
});

t.test('the format is told by content, and what is not read is named', async (t) => {
  const dir = t.testdir({
    'a.wav': readFileSync(LEAD),
    'empty.wav': '',
    'text.flac': 'these are words, no music',
    'iff.wav': Buffer.from('FORM\0\0\0\x10ILBMBMHD'),
    'gzip.m4a': Buffer.from('\x1f\x8b\x08\0\0', 'latin1'),
    'zip.ogg': Buffer.from('PK\x03\x04abc'),
    'noise.mp3': Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 167) & 0x7f)),
    folder: {},
  });
  t.equal((await openMedia(join(dir, 'a.wav'))).frames, 768000, 'FLAC under the name of WAV');
  for (const [name, looksLike] of [
    ['empty.wav', /an empty file/],
    ['text.flac', /looks like text/],
    ['iff.wav', /looks like IFF of form 'ILBM'/],
    ['gzip.m4a', /looks like gzip/],
    ['zip.ogg', /looks like a ZIP archive/],
    ['noise.mp3', /looks like unknown data beginning with 00 27 4e/],
    ['folder', /not a file/],
  ] as const)
    await t.rejects(openMedia(join(dir, name)), { code: 'MEDIA_UNSUPPORTED', message: looksLike }, name);
  await t.rejects(openMedia(join(dir, 'none.wav')), { code: 'MEDIA_MISSING', message: /none\.wav': there is no such/ });
});

t.test('sound beyond the limit is refused with limit and size', async (t) => {
  await t.rejects(openMedia(LEAD, { maxBytes: 3000000 }), {
    code: 'TOO_LARGE',
    message: /3072000 bytes, at most 3000000/,
  });
  await t.rejects(openMedia(LEAD, { sampleRate: 96000, maxBytes: 4000000 }), {
    code: 'TOO_LARGE',
    message: /6144000 bytes, at most 4000000/,
  });
});
