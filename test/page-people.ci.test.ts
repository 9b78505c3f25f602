import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { type Authenticator, PERMISSIONS } from '@audiocloud/domain';
import type { Locator, Page } from 'playwright-core';
import t from 'tap';
import { noChromium, openPage } from './testing/open-page.ts';
import { until } from './until.ts';

// Three browsers on one task: two that may do everything, one that may only watch and listen.

const EXAMPLE = fileURLToPath(new URL('../examples/tasks/example.json', import.meta.url));
const task = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Task;

const byCookie: Authenticator = {
  principalOf: async ({ headers }) => {
    const isListener = headers.cookie?.includes('role=listener') ?? false;
    const permissions = new Set(isListener ? (['read', 'audio'] as const) : PERMISSIONS);
    return { id: isListener ? 'listener' : 'maker', application: 'main', permissions };
  },
};

t.test('together', { skip: noChromium, timeout: 110_000 }, async (t) => {
  const { client, page: anna, another, complaints, go } = await openPage(t, { authenticator: byCookie });
  await client.tasks.create(task, 'example');
  await go();
  const bea = await another();
  const listener = await another({ role: 'listener' });
  const knobs = await Promise.all([anna, bea, listener].map(masterGain));
  const [annas, beas, listeners] = knobs as [Locator, Locator, Locator];

  await t.test('each sees who is there, under the name they chose', async (t) => {
    const chips = (page: Page) => page.locator('.presence .person').count();
    for (const page of [anna, bea, listener]) await until('three are there', async () => (await chips(page)) === 3);
    await anna.locator('.person.me').click();
    await anna.keyboard.type('Anna Berg');
    await anna.keyboard.press('Enter');
    const label = () => bea.locator('.presence').getAttribute('aria-label');
    await until('the name arrives', async () => (await label())?.includes('Anna Berg') ?? false);
    t.equal(await bea.locator('.person', { hasText: 'AB' }).count(), 1);
    t.equal(await bea.locator('.person.listener').count(), 1, 'and who may change nothing');
  });

  await t.test('a move of one is seen by the other within 100 ms', async (t) => {
    await watch(annas);
    await watch(beas);
    const delays: number[] = [];
    for (let move = 0; move < 20; move++) {
      const before = Number(await beas.getAttribute('aria-valuenow'));
      await annas.press(move % 2 === 0 ? 'ArrowDown' : 'ArrowUp');
      await until('it arrives', async () => Number(await beas.getAttribute('aria-valuenow')) !== before);
      const value = await beas.getAttribute('aria-valuenow');
      delays.push((await seenAt(beas, value!)) - (await seenAt(annas, value!)));
    }
    delays.sort((a, b) => a - b);
    const median = delays[10]!;
    t.ok(median < 100, `half of the moves within ${median.toFixed(1)} ms`);
    t.comment(
      `shortest ${delays[0]!.toFixed(1)} ms, median ${median.toFixed(1)} ms, longest ${delays.at(-1)!.toFixed(1)} ms`,
    );
  });

  await t.test('a hand on a control shows, moves, and is gone when it lets go', async (t) => {
    const place = bea.locator('.control-place.held');
    const box = (await annas.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await until('the hand of before is gone', async () => (await place.count()) === 0);
    await anna.mouse.move(x, y);
    await anna.mouse.down();
    await place.waitFor();
    t.equal(await place.getAttribute('data-hand'), 'Anna Berg');
    t.equal(await anna.locator('.control-place.held').count(), 0, 'not to herself');
    await anna.mouse.move(x, y - 30, { steps: 10 });
    const dragged = await annas.getAttribute('aria-valuenow');
    for (const knob of [beas, listeners])
      await until('the value arrives', async () => (await knob.getAttribute('aria-valuenow')) === dragged);
    await anna.mouse.up();
    await until('the hand is gone', async () => (await place.count()) === 0);
  });

  await t.test('a listener cannot edit', async (t) => {
    t.equal(await listeners.getAttribute('aria-readonly'), 'true');
    t.equal(await annas.getAttribute('aria-readonly'), 'false');
    const before = await annas.getAttribute('aria-valuenow');
    await listeners.focus();
    await listener.keyboard.press('ArrowDown');
    await listener.keyboard.press('Enter');
    await listeners.dblclick();
    t.equal(await listener.locator('.value-entry').count(), 0);
    t.ok(await listener.getByRole('switch', { name: 'Master Mute' }).isDisabled());
    t.ok(await listener.getByRole('combobox', { name: 'Master preset' }).isDisabled());
    t.ok(await listener.getByRole('button', { name: 'Play', exact: true }).isDisabled());
    t.notOk(await anna.getByRole('button', { name: 'Play', exact: true }).isDisabled());
    t.equal(await listeners.getAttribute('aria-valuenow'), before);
    t.equal(await annas.getAttribute('aria-valuenow'), before);
  });

  await t.test('who closes the page is gone', async (t) => {
    await listener.close();
    await until('two are left', async () => (await bea.locator('.presence .person').count()) === 2);
    t.pass();
  });

  t.same(complaints, [], 'no error, no warning, no violation of the security policy');
});

async function masterGain(page: Page): Promise<Locator> {
  await page.locator('.react-flow__node[data-id="master"]').click();
  const knob = page.getByRole('slider', { name: 'Master Gain', exact: true });
  await knob.waitFor();
  return knob;
}

/** Notes when a knob comes to each value, by a clock that all pages share. */
async function watch(knob: Locator): Promise<void> {
  await knob.evaluate((element) => {
    const seen: [string | null, number][] = [];
    Object.assign(element, { seen });
    new MutationObserver(() =>
      seen.push([element.getAttribute('aria-valuenow'), performance.timeOrigin + performance.now()]),
    ).observe(element, { attributeFilter: ['aria-valuenow'] });
  });
}

async function seenAt(knob: Locator, value: string): Promise<number> {
  const seen = await knob.evaluate((element) => (element as unknown as { seen: [string, number][] }).seen);
  return seen.findLast(([shown]) => shown === value)![1];
}
