import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage } from '@audiocloud/engine';
import t from 'tap';

const DEVICES = join(import.meta.dirname, 'devices');
/** Most of what they do is waiting. */
const AT_ONCE = 4;

t.test(
  'the simulator of every stock device passes the conformance suite with its driver, every fault too',
  async (t) => {
    const names = readdirSync(DEVICES);
    const waiting = [...names];
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const { models } = await checkPackage(join(DEVICES, name));
        const { checks } = models[0]!;
        for (const { name: check, result, detail } of checks)
          t.ok(
            result === 'passed' || (result === 'skipped' && check === 'integrity'),
            `${name}: ${check}: ${result}: ${detail}`,
          );
        t.equal(checks.filter(({ area }) => area === 'simulator').length, 19, name);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    t.ok(names.length >= 12);
  },
);
