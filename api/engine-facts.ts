import { Type } from 'typebox';
import { Scheduling } from './counters.ts';
import { DeclaredResources } from './declared-resources.ts';
import { ErrorBody } from './error-body.ts';
import { EngineTask } from './ids.ts';
import { Model } from './model.ts';
import { FixedInstanceState } from './resources.ts';

const closed = { additionalProperties: false } as const;

/**
 * The parts of the protocol that an engine may leave out. It refuses their commands, and what else it cannot do, with
 * ENGINE_UNABLE. `live`: load, check, edit, unload, transport, set, midi, state, save, and the audio stream. `offline`: render, cancel.
 * `push`: sound that is pushed into tracks, on the audio stream.
 * `export`: export, cancel. `record`: record, cancel. `media`: inspect, cancel.
 */
export const ENGINE_ABILITIES = ['live', 'offline', 'push', 'export', 'record', 'media'] as const;
export type EngineAbility = (typeof ENGINE_ABILITIES)[number];

export const DeviceFacts = Type.Object(
  {
    id: Type.String({ maxLength: 512 }),
    kind: Type.String({ maxLength: 64 }),
    sampleRate: Type.Integer(),
    blockFrames: Type.Integer(),
    outputChannels: Type.Integer(),
    inputChannels: Type.Optional(Type.Integer({ minimum: 1, description: 'Absent: it hears nothing' })),
    inputDelayFrames: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'What it adds to every round trip by itself, so that it is always the same',
      }),
    ),
    state: Type.String({ maxLength: 64 }),
    bufferBlocks: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Blocks that the device has in store: so late a block may be' }),
    ),
  },
  { ...closed, title: 'DeviceFacts' },
);

/** A thread that must not wait, and what the system gave it: real-time scheduling, a better share, or nothing. */
export const ThreadFacts = Type.Object(
  {
    name: Type.String({ description: 'render 0, watchdog, device, sound system' }),
    scheduling: Scheduling,
  },
  closed,
);
export type ThreadFacts = Type.Static<typeof ThreadFacts>;

/** What an engine is and offers. */
export const EngineFacts = Type.Object(
  {
    engine: Type.String(),
    version: Type.String(),
    protocol: Type.Integer(),
    abilities: Type.Optional(
      Type.Array(Type.Unsafe<EngineAbility>(Type.String({ enum: [...ENGINE_ABILITIES] })), {
        description: 'The parts of the protocol that it has; default: live alone',
      }),
    ),
    pid: Type.Integer(),
    node: Type.String(),
    scheduling: Type.String({ description: 'The least that a render thread got: fifo, nice or none' }),
    threads: Type.Array(ThreadFacts),
    device: DeviceFacts,
    models: Type.Array(Model),
    fixed: Type.Array(FixedInstanceState),
    tasks: Type.Array(EngineTask),
    refused: Type.Array(ErrorBody, { description: 'Plugins that could not be loaded' }),
    resources: Type.Optional(DeclaredResources),
  },
  { ...closed, title: 'EngineFacts' },
);
export type EngineFacts = Type.Static<typeof EngineFacts>;
