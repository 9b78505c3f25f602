import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, expect } from '../adapter-rig.ts';

/** Entry and simulator have the shape that an engine calls. */
export async function exportsAdapters({ package: { entry, simulator } }: AdapterRig): Promise<Outcome> {
  for (const [what, url] of [
    ['the entry', entry],
    ['the simulator', simulator],
  ] as const) {
    const loaded = await import(url.href).catch((error: Error) =>
      expect(false, `${what} does not load: ${error.message}`),
    );
    const { adapter } = loaded as { adapter?: Record<string, unknown> };
    expect(typeof adapter === 'object' && adapter !== null, `${what} exports no adapter`);
    for (const name of what === 'the simulator' ? ['list', 'open', 'inject'] : ['list', 'open'])
      expect(typeof adapter[name] === 'function', `the adapter of ${what} has no function ${name}`);
  }
  return passed('entry and simulator export an adapter');
}
