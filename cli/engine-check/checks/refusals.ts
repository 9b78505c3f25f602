import { writeFileSync } from 'node:fs';
import type { ErrorCode, Task } from '@audiocloud/api';
import { type CheckContext, inFolder, need } from '../check-context.ts';
import { Fault, want } from '../outcome.ts';
import { media, trackTask } from '../sounds.ts';
import { existsAt } from './render.ts';

/** A task that no engine takes, and what its refusal names. */
export interface WrongTask {
  readonly id: string;
  readonly wants: string;
  readonly code: ErrorCode;
  /** Stands in the message. */
  readonly names: string;
  readonly task: () => unknown;
  /** The media file that it gets instead of a sound; undefined: none. */
  readonly media?: { name: string; text: string | undefined };
}

const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });
const main = { main: { kind: 'stream', channels: 2 } } as const;
const withOut = (connections: Task['connections']) => trackTask([{}], { connections, sinks: main });

/** A line for each. They are asked of `load` and of `render`. */
export const WRONG_TASKS: readonly WrongTask[] = [
  {
    id: 'message',
    wants: 'A task that is not of the schema is refused with MESSAGE_INVALID',
    code: 'MESSAGE_INVALID',
    names: 'sampleRate',
    task: () => ({ ...trackTask([{}]), sampleRate: 'fast' }),
  },
  {
    id: 'model-unknown',
    wants: 'A model that there is not is refused with MODEL_UNKNOWN, by name',
    code: 'MODEL_UNKNOWN',
    names: 'nobody:nothing',
    task: () => ({ ...trackTask([{}]), instances: { x: { model: 'nobody:nothing' } } }),
  },
  {
    id: 'node-unknown',
    wants: 'A connection to a node that there is not is refused with NODE_UNKNOWN, by name',
    code: 'NODE_UNKNOWN',
    names: 'ghost',
    task: () => withOut({ out: wire('ghost', 'main') }),
  },
  {
    id: 'prototype-name',
    wants: 'Names of the language (constructor, toString) are names like any other',
    code: 'NODE_UNKNOWN',
    names: 'constructor',
    task: () => withOut({ out: wire('constructor', 'main') }),
  },
  {
    id: 'port-unknown',
    wants: 'A port that there is not is refused with PORT_UNKNOWN, by name',
    code: 'PORT_UNKNOWN',
    names: 'aux',
    task: () => withOut({ out: { from: { node: 'track', port: 'aux' }, to: { node: 'main' } } }),
  },
  {
    id: 'channels-mismatch',
    wants: 'Two channels into three are refused with CHANNELS_MISMATCH',
    code: 'CHANNELS_MISMATCH',
    names: 'main',
    task: () => trackTask([{}], { sinks: { main: { kind: 'stream', channels: 3 } } }),
  },
  {
    id: 'cycle',
    wants: 'A cycle is refused with GRAPH_CYCLE, naming who is in it',
    code: 'GRAPH_CYCLE',
    names: 'first',
    task: () =>
      trackTask([{}], {
        buses: { first: { inputChannels: 2 }, second: { inputChannels: 2 } },
        connections: { a: wire('first', 'second'), b: wire('second', 'first'), c: wire('second', 'main') },
      }),
  },
  {
    id: 'media-missing',
    wants: 'A file that there is not is refused with MEDIA_MISSING, by name',
    code: 'MEDIA_MISSING',
    names: 'gone.wav',
    task: () => trackTask([{}]),
    media: { name: 'gone.wav', text: undefined },
  },
  {
    id: 'media-unsupported',
    wants: 'A file that is no sound is refused with MEDIA_UNSUPPORTED, by name',
    code: 'MEDIA_UNSUPPORTED',
    names: 'letter.wav',
    task: () => trackTask([{}]),
    media: { name: 'letter.wav', text: 'this is no sound at all, but a sentence in English' },
  },
];

function mediaOf(context: CheckContext, { media: given }: WrongTask): string {
  if (!given) return media(context).path;
  const path = inFolder(context, given.name);
  if (given.text !== undefined) writeFileSync(path, given.text);
  return path;
}

export const refusedByLoad =
  (wrong: WrongTask) =>
  async (context: CheckContext): Promise<string> => {
    need(context, 'live');
    const line = await context.greeted();
    const task = context.newId();
    const command = { type: 'load', task, revision: 1, graph: wrong.task(), media: { sound: mediaOf(context, wrong) } };
    const { message } = await line.refused(command, wrong.code);
    want(message.includes(wrong.names), `the message does not name '${wrong.names}': ${message}`);
    await line.refused({ type: 'state', task }, 'TASK_UNKNOWN');
    return message;
  };

export const refusedByRender =
  (wrong: WrongTask) =>
  async (context: CheckContext): Promise<string> => {
    need(context, 'offline');
    const line = await context.greeted();
    const path = inFolder(context, 'out.wav');
    const command = {
      type: 'render',
      job: context.newId(),
      graph: wrong.task(),
      media: { sound: mediaOf(context, wrong) },
      path,
      format: 'wav-f32',
      toSeconds: 0.1,
    };
    const { message } = await line.refused(command, wrong.code);
    want(message.includes(wrong.names), `the message does not name '${wrong.names}': ${message}`);
    if (existsAt(path)) throw new Fault('it left a file');
    return message;
  };
