import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Driver, Model } from '@audiocloud/api';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import type { FromAdapter, InstanceSpec, ToAdapter } from '../../adapter-message.ts';
import { type AdapterRig, expect, LEFT_OPEN, within } from '../adapter-rig.ts';

const here = (path: string) => new URL(`${path}${import.meta.url.slice(-3)}`, import.meta.url);
const PROCESS = here('../../adapter-process');
const WITNESS = here('../closing-witness');
const START_MS = 10_000;
/** An engine kills after two seconds: a process that needs all of them is late. */
const END_MS = 2000;

/** An instance without parameters and reports, on the port of the rig. */
function instanceOn({ wanted, settings, package: { adapter } }: AdapterRig): InstanceSpec {
  const model = { id: 'conformance:device', version: '1.0.0', inputs: [], outputs: [], parameters: [], reports: [] };
  const driver: Driver = { model: model.id, adapter, port: wanted, settings, parameters: {}, reports: {} };
  return { id: `${model.id}:one`, model: model as unknown as Model, driver, values: [] };
}

/** Starts the process that an engine would, opens a port, ends it, and looks at how it ended. */
async function endsSafely(rig: AdapterRig, how: 'SIGTERM' | 'disconnect'): Promise<Outcome> {
  const witness = new URL(WITNESS);
  witness.searchParams.set('entry', rig.entry.href);
  const child = fork(fileURLToPath(PROCESS), [witness.href], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: FromAdapter) => {
      if (message.type === 'up') child.send({ type: 'instances', instances: [instanceOn(rig)] } satisfies ToAdapter);
      else if (message.type === 'state' && message.state === 'ready') resolve();
    });
  });
  try {
    const early = exit.then(([code]) => expect(false, `its process ended by itself with code ${code}`));
    await within(Promise.race([ready, early]), 'the way of its process to an open port', START_MS);
    if (how === 'SIGTERM') child.kill('SIGTERM');
    else child.disconnect();
    const [code, signal] = await within(exit, `the end of its process after ${how}`, END_MS);
    expect(code !== LEFT_OPEN, 'a port was still open when its process ended: the device got no close');
    expect(code === 0, `its process ended with ${signal ?? `code ${code}`}, wanted code 0`);
    return passed('the port was closed, then the process ended');
  } finally {
    child.kill('SIGKILL');
  }
}

export const endBySignal = (rig: AdapterRig): Promise<Outcome> => endsSafely(rig, 'SIGTERM');
export const endByDisconnect = (rig: AdapterRig): Promise<Outcome> => endsSafely(rig, 'disconnect');
