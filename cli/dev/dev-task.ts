import type { Connection, Model, Port, Task } from '@audiocloud/api';

export const DEV_TASK = 'dev';
/** The instance that is made anew. */
export const DEV_INSTANCE = 'plugin';

/** Test signals: waveforms of the stock generator. */
export const SIGNALS = ['sine', 'saw', 'square', 'white', 'pink'] as const;
export type Signal = (typeof SIGNALS)[number];

/** A file that is played in a loop. */
export interface DevFile {
  path: string;
  channels: number;
  seconds: number;
}

const RATE = 48000;
const SIGNAL_DB = -18;
const SIGNAL_HZ = 220;

const audioPorts = (ports: readonly Port[]) => ports.filter(({ kind }) => kind === 'audio');
const widthOf = (ports: readonly Port[], id: string): number => {
  const port = ports.find((one) => one.id === id);
  return (port?.channels?.as ? widthOf(ports, port.channels.as) : port?.channels?.default) ?? 1;
};

/** A task in which a model hears a signal or a file at its first input, and is heard at its first output. Pure. [any] */
export function devTask(model: Model, source: Signal | DevFile): Task {
  const ports = [...model.inputs, ...model.outputs];
  const [input] = audioPorts(model.inputs);
  const [output] = audioPorts(model.outputs);
  const isFile = typeof source !== 'string';
  const inputWidth = input ? widthOf(ports, input.id) : 0;
  const instances: NonNullable<Task['instances']> = { [DEV_INSTANCE]: { model: model.id } };
  const connections: Record<string, Connection> = {};
  if (input && !isFile)
    instances['source'] = {
      model: 'audiocloud:tone',
      widths: { out: inputWidth },
      parameters: { type: source, frequency: SIGNAL_HZ, level: SIGNAL_DB },
    };
  if (input)
    connections['in'] = {
      from: { node: 'source' },
      to: { node: DEV_INSTANCE, port: input.id },
      // a mono file is heard in every channel
      ...(isFile && source.channels !== inputWidth
        ? { channels: Array.from({ length: inputWidth }, (_, c): [number, number] => [c % source.channels, c]) }
        : {}),
    };
  const channels = output ? widthOf(ports, output.id) : 1;
  if (output) connections['out'] = { from: { node: DEV_INSTANCE, port: output.id }, to: { node: 'main' } };
  return {
    name: model.name,
    sampleRate: RATE,
    ...(isFile
      ? {
          media: { file: { path: source.path } },
          tracks: { source: { channels: source.channels, clips: [{ media: 'file', startSeconds: 0 }] } },
          loop: { startSeconds: 0, endSeconds: source.seconds },
        }
      : {}),
    instances,
    connections,
    sinks: { main: { kind: 'stream', channels } },
  };
}
