import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, type Model, Task } from '@audiocloud/api';
import t from 'tap';
import { readMapFile, taskMistakes } from '../../cli/surface/map-file.ts';
import { surfaceAdapters } from '../../cli/surface/surface-adapters.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
const task = check(Task, read('../tasks/tone.json'), 'tone.json', 'TASK_INVALID');
const { models } = read('../../plugins/audiocloud.json') as { models: Model[] };

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml')))
  t.test(`${file} is a map without a mistake, for the task tone.json`, async (t) => {
    const { map } = await readMapFile(join(import.meta.dirname, file), surfaceAdapters([]));
    t.ok(map.bindings.length > 0);
    t.strictSame(taskMistakes(map, task, models), []);
  });

t.test('the map of docs/control-surfaces.md is one', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/control-surfaces.md'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'surface-document-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'map.yaml');
  writeFileSync(path, /```yaml\n([\s\S]*?)```/.exec(text)![1]!);
  t.equal((await readMapFile(path, surfaceAdapters([]))).map.bindings.length, 1);
});
