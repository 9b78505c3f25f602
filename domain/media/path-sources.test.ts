import { appendFileSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pathSources } from './path-sources.ts';

const MEBIBYTE = Buffer.alloc(1024 * 1024, 1);

async function read(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) bytes += piece.length;
  return bytes;
}

t.test('a file comes in pieces, whole', async (t) => {
  const root = t.testdir();
  writeFileSync(join(root, 'a.wav'), MEBIBYTE);
  writeFileSync(join(root, 'empty.wav'), '');
  const sources = pathSources([root]);
  for (const [path, size] of [
    ['a.wav', MEBIBYTE.length],
    ['empty.wav', 0],
  ] as const) {
    const { totalBytes, pieces, close } = await sources.open(path);
    t.same([totalBytes, await read(pieces)], [size, size]);
    await close();
  }
});

t.test('nothing outside of the folders, and nothing but files', async (t) => {
  const root = t.testdir({ media: { folder: {} }, secret: 'x' });
  const media = join(root, 'media');
  symlinkSync(join(root, 'secret'), join(media, 'link.wav'));
  symlinkSync(root, join(media, 'up'));
  const sources = pathSources([media]);
  for (const path of ['../secret', join(root, 'secret'), 'link.wav', 'up/secret', 'a\0b']) {
    await t.rejects(sources.find(path), { code: 'MEDIA_FORBIDDEN' }, path);
    await t.rejects(sources.open(path), { code: 'MEDIA_FORBIDDEN' }, path);
  }
  for (const path of ['none.wav', 'folder']) await t.rejects(sources.find(path), { code: 'MEDIA_MISSING' }, path);
});

t.test('a file that is changed while it is read is refused, not taken in half or for ever', async (t) => {
  const root = t.testdir();
  mkdirSync(join(root, 'media'));
  const file = join(root, 'media', 'a.wav');
  const sources = pathSources([join(root, 'media')]);
  for (const change of [() => appendFileSync(file, 'more'), () => truncateSync(file, 300_000)]) {
    writeFileSync(file, MEBIBYTE);
    const { pieces, close } = await sources.open('a.wav');
    change();
    await t.rejects(read(pieces), { code: 'MEDIA_UNREADABLE' });
    await close();
  }
  writeFileSync(file, MEBIBYTE);
  const { pieces, close } = await sources.open('a.wav');
  renameSync(file, join(root, 'elsewhere.wav'));
  t.equal(await read(pieces), MEBIBYTE.length, 'one that is moved is still the one that was opened');
  await close();
});
