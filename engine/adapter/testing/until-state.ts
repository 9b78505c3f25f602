import type { FixedInstanceState } from '@audiocloud/api';
import type { FixedRack } from '../fixed-rack.ts';

/** Resolves with the state of an instance once it is as wanted: looked at now, and at each change. [control] */
export function untilState(
  rack: FixedRack,
  instance: string,
  wanted: (state: FixedInstanceState) => boolean,
): Promise<FixedInstanceState> {
  return new Promise((resolve) => {
    const look = (state: FixedInstanceState) => {
      if (state.id !== instance || !wanted(state)) return;
      end();
      resolve(state);
    };
    const end = rack.onState(look);
    for (const state of rack.states()) look(state);
  });
}
