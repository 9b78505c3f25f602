import type { Connection, Model, Notes, Port, Task } from '@audiocloud/api';

export const DEV_TASK = 'dev';
/** The instance that is made anew. */
export const DEV_INSTANCE = 'plugin';

/** Test signals: waveforms of the stock generator. */
export const SIGNALS = ['sine', 'saw', 'square', 'white', 'pink'] as const;
export type Signal = (typeof SIGNALS)[number];

/** A sound file. */
export interface DevFile {
  path: string;
  channels: number;
  seconds: number;
}

const RATE = 48000;
const SIGNAL_DB = -18;
const SIGNAL_HZ = 220;
/** Up and down, again and again. */
const KEYS = [48, 55, 60, 64, 67, 64, 60, 55];
const KEY_SECONDS = 0.5;
const HELD_SECONDS = 0.4;

const audioPorts = (ports: readonly Port[]) => ports.filter(({ kind }) => kind === 'audio');
const widthOf = (ports: readonly Port[], id: string): number => {
  const port = ports.find((one) => one.id === id);
  return (port?.channels?.as ? widthOf(ports, port.channels.as) : port?.channels?.default) ?? 1;
};

const arpeggio = (): Notes => ({
  instance: DEV_INSTANCE,
  notes: KEYS.map((note, n) => ({ seconds: n * KEY_SECONDS, lengthSeconds: HELD_SECONDS, note })),
});

/**
 * A task in which a model hears a signal or a file at its first audio input, plays an arpeggio at its first midi input, and is
 * heard at its first output. `slots`: what every media slot has. Pure. [any]
 */
export function devTask(model: Model, source: Signal | DevFile, slots?: DevFile): Task {
  const ports = [...model.inputs, ...model.outputs];
  const [input] = audioPorts(model.inputs);
  const [output] = audioPorts(model.outputs);
  const isFile = typeof source !== 'string';
  const isPlayed = model.inputs.some(({ kind }) => kind === 'midi');
  const { mediaSlots = [] } = model;
  const inputWidth = input ? widthOf(ports, input.id) : 0;
  const instances: NonNullable<Task['instances']> = {
    [DEV_INSTANCE]: {
      model: model.id,
      ...(slots ? { media: Object.fromEntries(mediaSlots.map(({ id }) => [id, 'slots'])) } : {}),
    },
  };
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
    media: {
      ...(isFile ? { file: { path: source.path } } : {}),
      ...(slots ? { slots: { path: slots.path } } : {}),
    },
    ...(isFile
      ? { tracks: { source: { channels: source.channels, clips: [{ media: 'file', startSeconds: 0 }] } } }
      : {}),
    ...(isPlayed ? { notes: { arpeggio: arpeggio() } } : {}),
    ...(isFile || isPlayed
      ? { loop: { startSeconds: 0, endSeconds: isFile ? source.seconds : KEYS.length * KEY_SECONDS } }
      : {}),
    instances,
    connections,
    sinks: { main: { kind: 'stream', channels } },
  };
}
