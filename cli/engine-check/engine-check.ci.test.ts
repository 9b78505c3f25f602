import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { checkEngine } from './check-engine.ts';
import { ENGINE_CHECKS } from './check-table.ts';
import { LIES } from './testing/lies.ts';
import { type Lie, LyingEngine } from './testing/lying-engine.ts';

const engine = await RunningEngine.start();
t.teardown(() => engine.remove());
t.setTimeout(10 * 60 * 1000);
/** Of an engine that lies: it may never answer. */
const LIAR_SECONDS = 3;

/** An engine of its own behind somebody who lies. */
async function startLying(lie: Lie) {
  const right = await RunningEngine.start();
  const lying = await LyingEngine.start(right.dataDir, lie);
  const ended = right.ended().then(async (how) => {
    await lying.stop();
    return how;
  });
  const stop = async () => {
    await right.remove();
    await lying.stop();
  };
  return { dataDir: lying.dataDir, ended, stop };
}

t.test('our engine passes every check, also through a proxy that changes nothing', async (t) => {
  const honest = await LyingEngine.start(engine.dataDir, {});
  const { checks, engine: facts } = await checkEngine({ dataDir: honest.dataDir, start: () => startLying({}) });
  await honest.stop();
  t.match(facts, { name: 'audiocloud', abilities: ['live', 'offline'] });
  t.same(
    checks.filter(({ result }) => result !== 'passed'),
    [],
  );
  t.equal(checks.length, ENGINE_CHECKS.length);
});

t.test('every check has a name of its own and catches an engine that does not keep it', async (t) => {
  const ids = ENGINE_CHECKS.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  t.same(Object.keys(LIES).sort(), [...ids].sort(), 'there is a lie for each check');
  for (const id of ids) {
    const lying = await LyingEngine.start(engine.dataDir, LIES[id]!);
    const { checks } = await checkEngine({
      dataDir: lying.dataDir,
      start: () => startLying(LIES[id]!),
      only: [id],
      limitSeconds: LIAR_SECONDS,
    }).finally(() => lying.stop());
    const [{ result, found }] = checks as [(typeof checks)[0]];
    t.ok(result === 'failed' || result === 'crashed', `${id}: ${result}, ${found}`);
  }
});

t.test('the checks speak only the contract', async (t) => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /\.test\.|testing\//.test(file)) continue;
    const found = [...readFileSync(join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
    const foreign = found.filter((from) => !/^(node:|\.|@audiocloud\/api$|typebox$)/.test(from));
    t.same(foreign, [], file);
    t.notOk(
      found.some((from) => from.startsWith('../..') && !from.startsWith('../../api')),
      file,
    );
  }
});
