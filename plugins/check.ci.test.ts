import { checkPlugin } from '@audiocloud/engine';
import t from 'tap';
import { stockPlugin } from './testing/stock.ts';

const plugin = await stockPlugin();

// One seed: the same run everywhere. `audiocloud plugin check plugins` takes another one each time.
for (const { id, checks } of checkPlugin(plugin.folder).models)
  t.test(`${id} passes every check that it can be asked`, async (t) => {
    t.strictSame(
      checks.filter(({ result }) => result !== 'passed' && result !== 'skipped'),
      [],
    );
    t.ok(checks.filter(({ result }) => result === 'passed').length > 55, 'most can');
  });
