import type { Instance } from '@audiocloud/api';
import type { Wire } from '../plan/graph.ts';
import { type DryPath, shares } from '../plan/host-paths.ts';

/** A connection of the plan in use: its wires, and the gain records of those that have one, at the same index. */
export interface WiredConnection {
  /** Replaced, never changed in place. */
  wires: readonly Wire[];
  records: readonly ({ memory: number; address: number } | undefined)[] | undefined;
}

/** A gain record and the value that it is to go to. */
export interface GainTarget {
  memory: number;
  address: number;
  value: number;
}

/** What a change of bypass or mix takes, when the plan in use has the gains for it. */
export interface DryPathGains {
  targets: GainTarget[];
  /** The wires of each connection with their new gains. */
  wires: [connection: WiredConnection, wires: Wire[]][];
}

/**
 * The gains that lead to an instance's bypass and mix as they are now in `instance`. [control]
 *
 * Undefined when the plan in use has no dry path, or a gain of it has no record: then it takes another plan.
 */
export function dryPathGains(
  instance: Instance,
  path: DryPath | undefined,
  connectionOf: (name: string) => WiredConnection | undefined,
): DryPathGains | undefined {
  if (!path) return undefined;
  const { wet, dry } = shares(instance);
  const gains: DryPathGains = { targets: [], wires: [] };
  for (const name of [path.wet, ...path.dry]) {
    const connection = connectionOf(name);
    if (!connection) return undefined;
    const share = name === path.wet ? wet : dry;
    const wires = connection.wires.map((wire) => ({ ...wire, gain: (wire.own ?? 1) * share }));
    for (const [i, { gain }] of wires.entries()) {
      const record = connection.records?.[i];
      if (!record) return undefined;
      gains.targets.push({ memory: record.memory, address: record.address, value: gain });
    }
    gains.wires.push([connection, wires]);
  }
  return gains;
}
