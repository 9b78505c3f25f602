import { AudioCloudError, type FixedInstanceState, type Task } from '@audiocloud/api';
import type { FixedRack } from '../adapter/fixed-rack.ts';

/** How long a unit may take to be ready: its adapter starts, its port is found, its values are sent. Warm-up comes on top. */
const READY_MS = 20_000;

/**
 * Waits until the fixed instances of a task are ready, and gives them its values. [control]
 *
 * Throws FIXED_INSTANCE_UNKNOWN, FIXED_INSTANCE_UNAVAILABLE, and what FixedRack.set throws.
 */
export async function prepareUnits(rack: FixedRack, task: Task): Promise<void> {
  for (const [name, { fixed, parameters = {} }] of Object.entries(task.instances ?? {})) {
    if (fixed === undefined) continue;
    if (fixed === 'any')
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNAVAILABLE',
        `Cannot choose a unit for '${name}': without a domain each has to be named; give fixed: maker:name:unit`,
        { node: name },
      );
    rack.refuseUnknown(fixed);
    await switchOn(rack, fixed);
    for (const [parameter, value] of Object.entries(parameters))
      for (const [index, one] of Array.isArray(value) ? value.entries() : [[undefined, value] as const])
        await rack.set(fixed, parameter, index, one);
  }
}

/** Settles when it has power, is warm and ready. Its power ends with its adapters. */
async function switchOn(rack: FixedRack, unit: string): Promise<void> {
  const states = rack.states();
  const distributor = states.find(({ powers = {} }) => unit in powers);
  if (distributor) {
    await ready(rack, distributor.id, READY_MS, ({ state }) => state === 'ready');
    await rack.power(unit, true);
  }
  const { model } = states.find(({ id }) => id === unit)!;
  const { warmUpSeconds = 0 } = rack.models().find(({ id }) => id === model)?.power ?? {};
  await ready(
    rack,
    unit,
    READY_MS + warmUpSeconds * 1000,
    ({ state, phase = 'on' }) => state === 'ready' && phase === 'on',
  );
}

async function ready(
  rack: FixedRack,
  unit: string,
  withinMs: number,
  isReady: (state: FixedInstanceState) => boolean,
): Promise<void> {
  const stateOf = () => rack.states().find(({ id }) => id === unit)!;
  if (isReady(stateOf())) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = rack.onState((state) => state.id === unit && isReady(state) && resolve());
  const timer = setTimeout(resolve, withinMs);
  await promise;
  clearTimeout(timer);
  end();
  const last = stateOf();
  if (isReady(last)) return;
  const { state, phase = 'on', error } = last;
  const text = phase === 'on' ? state : phase;
  throw new AudioCloudError(
    'FIXED_INSTANCE_UNAVAILABLE',
    `Cannot use ${unit}: it is ${text}${error ? ` (${error.message})` : ''}; connect it and switch it on`,
    { instance: unit },
  );
}
