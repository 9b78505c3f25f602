import { readFileSync } from 'node:fs';
import t from 'tap';
import { DEFAULT_BOOKING } from '../domain/booking/booking-settings.ts';
import { readConfig } from '../domain/config/read-config.ts';
import { sharedStudioDomain, UNITS } from '../domain/testing/studio-domain.ts';
import { curlLines, curlRequest } from './curl-request.ts';

const text = readFileSync(new URL('../docs/reservations.md', import.meta.url), 'utf8');
const commands = curlLines(text);

t.test('the commands of docs/reservations.md do what they say', async (t) => {
  const domain = await sharedStudioDomain(t);
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
  const values: Record<string, string> = { FROM: hours(1), TO: hours(2), LATER: hours(3) };
  const run = (command: string) => {
    const filled = command.replace(/\b(FROM|TO|LATER|ID)\b/g, (name) => values[name]!);
    const { method, path, body } = curlRequest(filled);
    return domain.call(method, path, body);
  };
  t.equal(commands.length, 5);
  const [reserve, look, extend, cancel, rights] = commands as [string, string, string, string, string];
  const made = await run(reserve);
  t.match(made, { status: 201, body: { units: { preamp: UNITS[0], spare: UNITS[2] }, task: 'mix', state: 'planned' } });
  values['ID'] = made.body.id;
  const free = await run(look);
  t.same(
    free.body.units.map(({ slots }: { slots: unknown[] }) => slots.length),
    [0, 1, 0],
  );
  t.match(await run(extend), { status: 200, body: { to: values['LATER'], revision: 2 } });
  t.match(await run(cancel), { status: 200, body: { state: 'cancelled' } });
  t.match(await run(rights), { status: 200, body: { mostAtOnce: 4, longestSeconds: 14400 } });
  t.equal((await domain.call('PUT', curlRequest(rights).path, {})).status, 200, 'as before');
});

t.test('docs/reservations.md has the defaults of the configuration', async (t) => {
  const { settings } = readConfig({ environment: {} });
  const documented = new Map(
    [...text.matchAll(/^\| `(reservations\.\w+)` \| (\w+) \|/gm)].map(([, key, value]) => [key, JSON.parse(value!)]),
  );
  const ours = settings.filter(({ key }) => key.startsWith('reservations.'));
  t.same(documented, new Map(ours.map(({ key, value }) => [key, value])));
  t.equal(documented.size, Object.keys(DEFAULT_BOOKING.limits).length + 2);
});
