import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { writeSine } from '../../domain/testing/write-sine.ts';
import { CommandProcess } from '../testing/run-command.ts';

const domain = await sharedTestDomain(t);

t.test('media', async (t) => {
  const command = new CommandProcess();
  t.teardown(() => command.end());
  const url = ['--url', domain.url];
  const song = join(domain.mediaDir, 'cli-song.wav');
  await writeSine(song, 1);
  const hash = createHash('sha256').update(readFileSync(song)).digest('hex');

  await t.test('add imports and waits, list finds, remove removes', async (t) => {
    const added = await command.run('media', 'add', 'cli-song.wav', '--name', 'Song', '--tag', 'cli', ...url);
    t.equal(added.code, 0, added.stderr);
    t.match(added.stdout, /^media-[0-9a-f]{12} {2}0\.1 MiB {2}Song \[cli\]\n$/);
    const id = added.stdout.split(' ')[0]!;
    const listed = await command.run('media', 'list', '--tag', 'cli', '--json', ...url);
    t.match(JSON.parse(listed.stdout), { id, name: 'Song', sha256: hash });
    t.match(
      (await command.run('media', 'list', '--tag', 'cli', ...url)).stdout,
      /^media-[0-9a-f]{12} {2}0\.1 MiB {2}1\.00 s {2}pcm_s24 48000 Hz 1 ch {2}never used {2}Song \[cli\]\n$/,
    );
    t.equal((await command.run('media', 'list', '--name', 'other', ...url)).stdout, '');
    const removed = await command.run('media', 'remove', id, ...url);
    t.same([removed.code, removed.stdout], [0, `${id}: removed\n`]);
    t.match(await command.run('media', 'remove', id, ...url), { code: 1, stderr: /Cannot find media/ });
  });

  await t.test('a file here is uploaded, and called as it is', async (t) => {
    const folder = t.testdir();
    const take = join(folder, 'take 3.wav');
    await writeSine(take, 1.5);
    const added = await command.run('media', 'add', take, '--tag', 'cli', '--json', ...url);
    t.equal(added.code, 0, added.stderr);
    const job = JSON.parse(added.stdout);
    t.match(job, { state: 'done', name: 'take 3.wav', from: { upload: /^upload-/ }, bytes: readFileSync(take).length });
    t.equal((await command.run('media', 'remove', job.media, ...url)).code, 0);
    t.match(await command.run('media', 'add', folder, ...url), { code: 1, stderr: /it is no file/ });
    t.match(await command.run('media', 'add', take, '--from-folder', ...url), {
      code: 1,
      stderr: /leads out of the media folders/,
    });
    t.match(await command.run('media', 'add', 'nowhere.wav', ...url), {
      code: 1,
      stderr: /no such file here, and none in the media folders/,
    });
    const gone = ['--resume', 'upload-000000000000'];
    t.match(await command.run('media', 'add', take, ...gone, ...url), { code: 1, stderr: /upload/ });
    t.match(await command.run('media', 'add', take, take, ...gone, ...url), {
      code: 1,
      stderr: /it is of one file, 2 given/,
    });
  });

  await t.test('a file that is refused is named, and those after it are told as well', async (t) => {
    const folder = t.testdir({ 'a.wav': 'PK\x03\x04 and more of an archive' });
    const good = join(folder, 'good.wav');
    await writeSine(good, 1.25);
    const added = await command.run('media', 'add', join(folder, 'a.wav'), good, ...url);
    t.match(added, { code: 1, stderr: /MEDIA_UNSUPPORTED: a\.wav: Cannot read the file: it looks like a ZIP archive/ });
    t.match(added.stdout, /failed .*a\.wav\nmedia-[0-9a-f]{12} {2}0\.\d MiB {2}good\.wav\n$/);
    const id = added.stdout.trim().split('\n')[1]!.split(' ')[0]!;
    t.equal((await command.run('media', 'remove', id, ...url)).code, 0);
  });

  await t.test('an address is fetched by the domain, which may refuse it', async (t) => {
    const refused = await command.run('media', 'add', 'http://127.0.0.1:8/a.wav', ...url);
    t.match(refused, { code: 1, stdout: '', stderr: /its protocol is http:, wanted https:/ });
  });

  await t.test('what is refused is said, with what to do', async (t) => {
    const refused = await command.run('media', 'add', '../secret', ...url);
    t.match(refused, { code: 1, stdout: '', stderr: /leads out of the media folders/ });
  });

  await t.test('without waiting it prints the job', async (t) => {
    const { code, stdout } = await command.run('media', 'add', 'cli-song.wav', '--no-wait', '--json', ...url);
    t.equal(code, 0);
    const { id, state, media } = JSON.parse(stdout);
    t.equal(state, 'queued');
    while ((await domain.call('GET', `/v1/media-jobs/${id}`)).body.state !== 'done');
    t.equal((await domain.call('DELETE', `/v1/media/${media}`)).status, 204);
  });
});
