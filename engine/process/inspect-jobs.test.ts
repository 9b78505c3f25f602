import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, EngineCommand, MediaFacts } from '@audiocloud/api';
import t from 'tap';
import { wavHeader } from '../media/wav-header.ts';
import { InspectJobs } from './inspect-jobs.ts';
import type { RenderProgress } from './render-jobs.ts';

const LEAD = fileURLToPath(new URL('../../examples/media/lead.flac', import.meta.url));
const told: RenderProgress[] = [];
let hear = () => {};
const jobs = new InspectJobs((progress) => {
  told.push(progress);
  hear();
});
t.teardown(() => jobs.close());

t.test('a job has its facts, and its progress under its id', async (t) => {
  const facts = check(MediaFacts, await jobs.inspect({ job: 'one', path: LEAD }), 'facts', 'MESSAGE_INVALID');
  t.equal(facts.frames, 768000);
  t.same(told.at(-1), { job: 'one', frames: 768000, ofFrames: 768000 });
  await t.rejects(jobs.inspect({ job: 'short', path: LEAD, limits: { seconds: 1 } }), { code: 'TOO_LARGE' });
  await t.rejects(jobs.inspect({ job: 'none', path: '/nowhere' }), { code: 'MEDIA_MISSING' });
});

t.test('an id is taken while its job goes on; cancelling it leaves no peaks', async (t) => {
  const path = join(t.testdir(), 'long.wav');
  writeFileSync(path, wavHeader(48000, 2, '16', 2 ** 29));
  truncateSync(path, 128 + 2 ** 31); // silence that takes no room on the disk
  const atWork = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const long = jobs.inspect({ job: 'long', path, peaksPath: `${path}.peaks` });
  const refused = t.rejects(long, { code: 'RENDER_CANCELLED' });
  await t.rejects(jobs.inspect({ job: 'long', path: LEAD }), { code: 'REQUEST_INVALID' });
  await atWork;
  await jobs.cancel('long');
  await refused;
  t.notOk(existsSync(`${path}.peaks`));
  await jobs.cancel('long');
  t.equal((await jobs.inspect({ job: 'long', path: LEAD })).frames, 768000, 'its id is free again');
});

t.test('the command is refused for what it may not say', async (t) => {
  const command = { type: 'inspect', id: 1, job: 'a', path: LEAD, peaksPath: '/tmp/peaks', limits: { ratio: 100 } };
  t.same(check(EngineCommand, command, 'command', 'MESSAGE_INVALID'), command);
  for (const wrong of [{ path: '' }, { limits: { seconds: 0 } }, { limits: { bytes: 1 } }, { job: '../a' }])
    t.throws(() => check(EngineCommand, { ...command, ...wrong }, 'command', 'MESSAGE_INVALID'), {
      code: 'MESSAGE_INVALID',
    });
});
