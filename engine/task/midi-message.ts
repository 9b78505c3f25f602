import { AudioCloudError, type MidiBytes, type Task } from '@audiocloud/api';
import type { TaskInstance } from './task-instance.ts';

/** The instance and number of the midi input that notes or a message name. Throws NODE_UNKNOWN, PORT_UNKNOWN, GRAPH_INVALID. */
export function midiPort(
  what: string,
  { instance: name, port }: { instance: string; port?: string },
  graph: Task,
  instances: ReadonlyMap<string, TaskInstance>,
): { instance: TaskInstance; port: number } {
  const instance = instances.get(name);
  if (!instance) {
    const isThere = Object.hasOwn(graph.instances ?? {}, name);
    throw new AudioCloudError(
      isThere ? 'GRAPH_INVALID' : 'NODE_UNKNOWN',
      `Cannot ${what}: ${isThere ? `'${name}' is a fixed instance, which plays no notes yet` : `the task has no instance '${name}'`}`,
      { instance: name },
    );
  }
  const { midiPorts, model } = instance;
  const number = port === undefined ? midiPorts.values().next().value : midiPorts.get(port);
  if (number === undefined)
    throw new AudioCloudError(
      'PORT_UNKNOWN',
      `Cannot ${what}: ${model.id} has ${midiPorts.size === 0 ? 'no midi input' : `the midi inputs ${[...midiPorts.keys()].join(', ')}`}`,
      { node: name, ...(port === undefined ? {} : { port }) },
    );
  return { instance, port: number };
}

/** The bytes of a message as one number, the status lowest. Throws PARAMETER_VALUE when they are not one message. */
export function midiBytes(what: string, bytes: MidiBytes): number {
  const [status = 0, first = 0, second = 0] = bytes;
  const isShort = (status & 0xf0) === 0xc0 || (status & 0xf0) === 0xd0;
  if (status >= 0x80 && status < 0xf0 && first < 0x80 && second < 0x80 && bytes.length === (isShort ? 2 : 3))
    return status | (first << 8) | (second << 16);
  throw new AudioCloudError(
    'PARAMETER_VALUE',
    `Cannot ${what}: [${bytes.join(', ')}] is no MIDI message; give a status from 128 to 239 and ${isShort ? 'one data byte' : 'two data bytes'} below 128`,
    { bytes },
  );
}
