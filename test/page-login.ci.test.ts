import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Task, TokenCreated } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import t from 'tap';
import { noChromium, openPage } from './testing/open-page.ts';
import { until } from './until.ts';

// How a person gets from the address that the first start prints to a task that plays, and what is left of the token.

const EXAMPLE = fileURLToPath(new URL('../examples/tasks/example.json', import.meta.url));

t.test('login', { skip: noChromium, timeout: 110_000 }, async (t) => {
  let first: TokenCreated | undefined;
  const onFirstStart = (made: TokenCreated) => {
    first = made;
  };
  const { page, url, go } = await openPage(t, { access: 'accounts', onFirstStart });
  const { token, id } = first!;
  const client = new AudioCloudClient(url, { token });
  await client.tasks.create(JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Task, 'example');
  const field = page.getByLabel('API key or token');
  const play = page.getByRole('button', { name: 'Play', exact: true });

  await t.test('whom the domain does not know is asked for a token; a wrong one is refused', async (t) => {
    await go();
    await field.fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    t.equal(await play.count(), 0);
  });

  await t.test('a token in the address logs in, and is nowhere to be found then', async (t) => {
    await go(`?now#token=${token}`);
    await play.click();
    await until('it plays', async () => (await client.tasks.get('example')).state.transport?.playing === true);
    t.notMatch(page.url(), /token/);
    const seen = await page.evaluate(
      () => `${document.cookie} ${JSON.stringify({ ...localStorage, ...sessionStorage })}`,
    );
    t.match(seen, /^ /, 'no script can read a cookie');
    t.notMatch(seen, /eyJ|token/i, 'and it is stored nowhere else');
    await page.goBack();
    t.notMatch(page.url(), /token/, 'history has it not either');
    await go();
    await page.locator('.clock').first().waitFor();
    t.equal(await field.count(), 0, 'the session goes on');
  });

  await t.test('the end of the token is the end of the session', async (t) => {
    const ended = await fetch(`${url}/v1/tokens/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    t.equal(ended.status, 204);
    await field.waitFor();
  });
});
