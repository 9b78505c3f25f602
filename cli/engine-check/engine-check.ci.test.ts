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

const theEnd = engine.ended();
/** The engine that all share, behind somebody who lies. No lie lets it end, so checks that want an end may have it too. */
async function startLying(lie: Lie) {
  const lying = await LyingEngine.start(engine.dataDir, lie);
  return { dataDir: lying.dataDir, ended: theEnd, stop: () => lying.stop() };
}

/** An engine of its own, seen through a proxy that changes nothing. */
async function startHonest() {
  const right = await RunningEngine.start();
  const proxy = await LyingEngine.start(right.dataDir, {});
  const ended = right.ended().then(async (how) => {
    await proxy.stop();
    return how;
  });
  return { dataDir: proxy.dataDir, ended, stop: () => right.remove() };
}

t.test('our engine passes every check, also through a proxy that changes nothing', async (t) => {
  const { dataDir, stop } = await startLying({});
  const { checks, engine: facts } = await checkEngine({ dataDir, start: startHonest }).finally(stop);
  t.match(facts, { name: 'audiocloud', abilities: ['live', 'offline', 'push', 'export', 'record', 'media'] });
  t.same(
    checks.filter(({ result }) => result !== 'passed'),
    [],
  );
  t.equal(checks.length, ENGINE_CHECKS.length);
});

/** A short wait is enough for what never comes. On a busy machine it may end before something that is right: then a longer one. */
const SECONDS_FOR_NOTHING = [0.5, 5, 30];
const SECONDS_FOR_ANSWERS = [30];
/** Most of a check is waiting. */
const AT_A_TIME = 3;

async function caught(id: string, lie: Lie): Promise<{ isCaught: boolean; how: string }> {
  let how = '';
  for (const limitSeconds of lie.withholds ? SECONDS_FOR_NOTHING : SECONDS_FOR_ANSWERS) {
    const { dataDir, stop } = await startLying(lie);
    const start = () => startLying(lie);
    const { checks } = await checkEngine({ dataDir, start, only: [id], limitSeconds }).finally(stop);
    const [{ result, found }] = checks as [(typeof checks)[0]];
    how = `${id}: ${result}, ${found}`;
    if (lie.withholds?.test(found) ?? result === 'failed') return { isCaught: true, how };
    if (result === 'crashed' && found.startsWith('the engine ended the connection')) return { isCaught: true, how };
  }
  return { isCaught: false, how };
}

t.test('every check has a name of its own and catches an engine that does not keep it', async (t) => {
  const ids = ENGINE_CHECKS.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  t.same(Object.keys(LIES).sort(), [...ids].sort(), 'there is a lie for each check');
  const left = ids.values(); // all take from the same ones
  const work = async () => {
    for (const id of left) {
      const { isCaught, how } = await caught(id, LIES[id]!);
      t.ok(isCaught, how);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  t.equal(engine.child.exitCode, null, 'no lie ended the engine');
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
