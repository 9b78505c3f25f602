import { join } from 'node:path';
import t from 'tap';
import { mediaPaths } from './media-paths.ts';

const root = t.testdir({
  one: {
    'a.wav': 'a',
    nested: { 'b.wav': 'b' },
    out: t.fixture('symlink', '../secret'),
    in: t.fixture('symlink', 'a.wav'),
  },
  two: { 'c.wav': 'c', '..d.wav': 'd' },
  'one-more': { 'e.wav': 'e' },
  secret: { 'key.wav': 'k' },
});
const folders = [join(root, 'one'), join(root, 'two')];
const find = async (path: string) =>
  (await mediaPaths({ sampleRate: 48000, media: { m: { path } } }, folders))['m']?.slice(root.length + 1);

t.test('media are found in the folders, by relative and absolute paths and by links inside', async (t) => {
  t.equal(await find('a.wav'), 'one/a.wav');
  t.equal(await find('nested/../nested/b.wav'), 'one/nested/b.wav');
  t.equal(await find('c.wav'), 'two/c.wav');
  t.equal(await find('..d.wav'), 'two/..d.wav');
  t.equal(await find('in'), 'one/a.wav');
  t.equal(await find(join(root, 'two/c.wav')), 'two/c.wav');
  t.same(await mediaPaths({ sampleRate: 48000 }, folders), {});
});

t.test('what leads out of the folders is forbidden, whether it is there or not', async (t) => {
  const ways = ['../secret/key.wav', '../none.wav', 'out/key.wav', '../one-more/e.wav', '/etc/passwd', '..', 'a\0.wav'];
  for (const path of [...ways, join(root, 'secret/key.wav')])
    await t.rejects(find(path), { code: 'MEDIA_FORBIDDEN', details: { media: 'm' } }, JSON.stringify(path));
});

t.test('what is not there, or is no file, is missing', async (t) => {
  for (const path of ['none.wav', 'nested', 'a.wav/x']) await t.rejects(find(path), { code: 'MEDIA_MISSING' }, path);
});

t.test('without media folders every path is forbidden', async (t) => {
  await t.rejects(mediaPaths({ sampleRate: 48000, media: { m: { path: 'a.wav' } } }, []), { code: 'MEDIA_FORBIDDEN' });
});
