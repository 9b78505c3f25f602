import { AudioCloudError, type FixedInstanceState, type Task } from '@audiocloud/api';
import type { FixedRack } from '../adapter/fixed-rack.ts';

/** How long a unit may take to be ready: its adapter starts, its port is found, its values are sent. */
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
    await ready(rack, fixed);
    for (const [parameter, value] of Object.entries(parameters))
      for (const [index, one] of Array.isArray(value) ? value.entries() : [[undefined, value] as const])
        await rack.set(fixed, parameter, index, one);
  }
}

async function ready(rack: FixedRack, unit: string): Promise<void> {
  const stateOf = () => rack.states().find(({ id }) => id === unit)!;
  const isReady = ({ id, state }: FixedInstanceState) => id === unit && state === 'ready';
  if (isReady(stateOf())) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = rack.onState((state) => isReady(state) && resolve());
  const timer = setTimeout(resolve, READY_MS);
  await promise;
  clearTimeout(timer);
  end();
  const { state, error } = stateOf();
  if (state === 'ready') return;
  throw new AudioCloudError(
    'FIXED_INSTANCE_UNAVAILABLE',
    `Cannot use ${unit}: it is ${state}${error ? ` (${error.message})` : ''}; connect it and switch it on`,
    { instance: unit },
  );
}
