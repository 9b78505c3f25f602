import type { Value } from '@audiocloud/api';
import { FixedRack } from '../fixed-rack.ts';

/* An engine's end of a rack with one amplifier, in a process of its own, to be killed. Sets what it is told, tells what came of it. */
export const AMP_UNIT = 'acme:amp:one';
export type AmpSet = [parameter: string, index: number, value: Value];

const [, , driver, path] = process.argv as [string, string, string, string];
const rack = new FixedRack();
rack.onState(({ state }) => process.send!({ state, pid: rack.processes()[0]?.pid }));
process.on('message', (message) => {
  const [parameter, index, value] = message as AmpSet;
  const tell = (outcome: unknown) => process.send!({ outcome });
  rack.set(AMP_UNIT, parameter, index, value).then(
    ([outcome]) => tell(outcome),
    ({ code }) => tell(code),
  );
});
await rack.open({ instances: [{ id: AMP_UNIT, driver, port: { path } }] });
