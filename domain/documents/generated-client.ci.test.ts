import { execFile, type ExecFileException } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generate } from 'orval';
import t from 'tap';
import { startTestDomain } from '../testing/test-domain.ts';

/*
 * A stranger has a public generator make a client from the document that the domain serves, and uses nothing else of ours: what
 * it makes compiles, knows what is right and what is wrong, and creates and plays a task.
 */
const run = promisify(execFile);
const domain = await startTestDomain(t);
const oneLine = (text: string) => text.trim().replaceAll('\n', ' | ').slice(0, 2000);

/** The stranger's program. Prints what it found. */
const PROGRAM = `
import {
  changeTransport, createTask, deleteTask, listModels, patchPart, readPart, readTask, setParameters, type Task,
} from './client.ts';

const task: Task = {
  name: 'From a stranger',
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain' } },
  connections: {
    toGain: { from: { node: 'tone' }, to: { node: 'gain' }, channels: [[0, 0], [1, 1]] },
    toOut: { from: { node: 'gain' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};
// @ts-expect-error a track has channels and clips
const wrong: Task = { ...task, tracks: { drums: { clips: [] } } };
// @ts-expect-error there is no such kind of part
const nothing = () => readPart('a', 'knobs', 'gain');

const tried = await createTask({ id: 'strange', task }, { dryRun: 'true' });
const created = await createTask({ id: 'strange', task });
if (created.status !== 201 || tried.status !== 201) throw new Error(JSON.stringify(created.data));
const id: string = created.data.id;
const playing = await changeTransport(id, { play: true, loop: { startSeconds: 0, endSeconds: 1 } });
const set = await setParameters(id, { changes: [{ instance: 'gain', parameter: 'gain', value: -6 }] });
const part = await readPart(id, 'instances', 'gain');
if (part.status !== 200 || playing.status !== 200 || set.status !== 200) throw new Error(JSON.stringify(part.data));
const etag = part.headers.get('etag')!;
const patch = await patchPart(id, 'instances', 'gain', { name: 'Mine' }, {}, { 'if-match': etag });
const late = await patchPart(id, 'instances', 'gain', { name: 'Late' }, {}, { 'if-match': etag });
const read = await readTask(id);
const models = await listModels({ text: 'audiocloud:gain', limit: '1' });
if (read.status !== 200 || models.status !== 200) throw new Error('cannot read');
const gone = await deleteTask(id);
console.log(JSON.stringify({
  tried: tried.data,
  created: created.data,
  isPlaying: playing.data.playing,
  frame: set.data.frame,
  statuses: [patch.status, late.status, gone.status],
  late: late.data,
  name: read.data.task.instances?.gain?.name,
  state: read.data.state.state,
  model: models.data.models[0]?.id,
  wrong: typeof wrong + typeof nothing,
}));
`;

t.test('a client generated from the document compiles, and creates and plays a task', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { body } = await domain.call('GET', '/openapi.json');
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(body));
  await generate(
    {
      input: join(folder, 'openapi.json'),
      output: { target: join(folder, 'client.ts'), client: 'fetch', headers: true, baseUrl: domain.url },
    },
    folder,
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
      compilerOptions: { types: [], lib: ['es2024', 'dom'] },
      include: ['program.ts'],
    }),
  );
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  // By a shell, because tap puts into every Node that a test starts what cannot load a program without an extension, such as tsc.
  const withoutTap = 'NODE_OPTIONS= exec "$0" "$@"';
  const compiling = run('sh', ['-c', withoutTap, process.execPath, tsc, '-p', folder]);
  await compiling.catch(({ code, signal, stdout = '', stderr = '' }: ExecFileException) =>
    t.fail(`does not compile (${signal ?? `code ${code}`}): ${oneLine(stdout + stderr)}`),
  );

  const { stdout } = await run(process.execPath, [join(folder, 'program.ts')]);
  const found = JSON.parse(stdout);
  t.same(found.tried, found.created, 'a dry run answers as the call does');
  t.match(found, {
    created: { id: 'strange', revision: 1, state: { state: 'ready' } },
    isPlaying: true,
    frame: Number,
    statuses: [200, 412, 204],
    late: { code: 'REVISION_CONFLICT' },
    name: 'Mine',
    state: 'playing',
    model: 'audiocloud:gain',
  });
});
