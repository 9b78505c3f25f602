import { portMatches } from '@audiocloud/api';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, expect, refused, settled, within } from '../adapter-rig.ts';
import { leastSettings } from '../least-settings.ts';

/** Two looks see the same ports, and the one that is wanted among them. */
export async function listTwice({ adapter, wanted, settings }: AdapterRig): Promise<Outcome> {
  const look = () => within(adapter.list([wanted], [settings]), 'list');
  const first = await look();
  expect(Array.isArray(first), 'list gave no list');
  for (const { id, attributes } of first) {
    expect(typeof id === 'string' && id !== '', 'list has a port without an id');
    for (const [name, value] of Object.entries(attributes))
      expect(typeof value === 'string', `port ${id}: the attribute ${name} is no text`);
  }
  const ids = first.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  expect(twice === undefined, `list has two ports of the id ${twice}`);
  const fitting = first.filter((port) => portMatches(port, wanted));
  expect(fitting.length === 1, `${fitting.length} ports fit ${JSON.stringify(wanted)}, wanted 1`);
  const again = (await look()).map(({ id }) => id);
  expect(
    ids.every((id) => again.includes(id)),
    `the second list has ${again.join(', ')}, the first had ${ids.join(', ')}`,
  );
  return passed(`${ids.length} ports`);
}

/** Nothing wanted, or something that is not there, is no mistake. */
export async function listNothing({ package: { entry, settings } }: AdapterRig): Promise<Outcome> {
  const { adapter } = await import(entry.href);
  const nowhere = { name: 'no such port', path: '/dev/no-such-port' };
  for (const wanted of [[], [nowhere]]) await settled(adapter.list(wanted, [{}]), 'list of the entry');
  await refused(
    adapter.open({ id: 'no such port', attributes: nowhere }, leastSettings(settings)),
    'open of a port that is not there',
  );
  return passed('list answered, open was refused');
}
