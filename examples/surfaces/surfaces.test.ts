import { readdirSync, readFileSync } from 'node:fs';
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
