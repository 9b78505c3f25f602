import { FixedRack } from '../fixed-rack.ts';

/* An engine's end of a rack in a process of its own, to be killed: tells the pid of its adapter process. */
const rack = new FixedRack();
await rack.open(
  { instances: [{ id: 'generic:cc-effect:one', driver: 'generic-cc-effect', simulate: true }] },
  process.argv[2]!,
);
rack.onState(({ state }) => state === 'ready' && process.send!(rack.processes()[0]!.pid!));
