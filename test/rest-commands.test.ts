import { readFileSync } from 'node:fs';
import { TASK_PARTS } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { curlLines, curlRequest } from './curl-request.ts';

const text = readFileSync(new URL('../docs/rest.md', import.meta.url), 'utf8');

t.test('the commands of docs/rest.md do what they say', async (t) => {
  const domain = await sharedTestDomain(t);
  const commands = curlLines(text);
  t.equal(commands.length, 8);
  const run = (command: string) => {
    const { method, path, body, headers } = curlRequest(command);
    return domain.call(method, path, body, headers);
  };
  const [create, play, readPart, patchPart, values, remove, tasks, models] = commands as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  t.match(await run(create), { status: 201, body: { id: 'hello', revision: 1 } });
  t.match(await run(play), { status: 200, body: { playing: true } });
  t.match(await run(readPart), { status: 200, body: { name: 'tone', revision: 1 } });
  const level = { status: 200, body: { revision: 2, value: { name: 'Test tone', parameters: { level: -30 } } } };
  t.match(await run(patchPart), level);
  t.match(await run(patchPart), { status: 412, body: { code: 'REVISION_CONFLICT' } }, 'it was changed meanwhile');
  t.match(await run(values), {
    status: 200,
    body: { instances: [{ instance: 'tone', parameters: { level: [-30] } }] },
  });
  t.equal((await run(remove)).status, 204);
  t.match(await run(readPart), level, 'it was only tried');
  t.match(await run(tasks), { status: 200, body: { tasks: [{ id: 'hello', state: 'playing' }] } });
  t.match(await run(models), { status: 200, body: { models: [{ id: 'audiocloud:equalizer' }] } });
});

t.test('docs/rest.md names every kind of part', async (t) => {
  const [, kinds] = /the parts of one kind: (.*) \|/.exec(text)!;
  t.same([...kinds!.matchAll(/`(\w+)`/g)].map(([, kind]) => kind).sort(), Object.keys(TASK_PARTS).sort());
});
