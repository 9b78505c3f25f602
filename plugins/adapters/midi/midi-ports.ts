import type { PortFacts } from '@audiocloud/api';

/**
 * A device's name without what changes at each plug. [any]
 *
 * ALSA ends names with `client:port` numbers. A program that opens virtual ports with RtMidi is one client for each
 * direction; only the port's own name says that the two belong together.
 */
export function stableName(name: string): string {
  return name.replace(/ \d+:\d+$/, '').replace(/^RtMidi (?:Input|Output) Client(?:-\d+)?:/, '');
}

/** RtMidi's name for the near end of a connection: a program that uses a port, not a device. */
const NEAR_END = /^RtMidi (?:Input|Output)$/;

/**
 * Inputs and outputs as they are listed, joined to devices by name. [any]
 *
 * Two devices of one name are told apart by their order only (`name #2`): MIDI says nothing better.
 */
export function pairPorts(inputs: readonly string[], outputs: readonly string[]): PortFacts[] {
  const ports = new Map<string, PortFacts>();
  const add = (direction: 'input' | 'output', names: readonly string[]) => {
    const seen = new Map<string, number>();
    for (const listed of names) {
      const name = stableName(listed);
      if (NEAR_END.test(name)) continue;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const id = count === 1 ? name : `${name} #${count}`;
      const port = ports.get(id) ?? { id, attributes: { name: id } };
      port.attributes[direction] = listed;
      ports.set(id, port);
    }
  };
  add('input', inputs);
  add('output', outputs);
  return [...ports.values()];
}
