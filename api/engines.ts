import { Type } from 'typebox';
import { Scheduling } from './counters.ts';
import { DeclaredResources } from './declared-resources.ts';
import { DeviceFacts } from './engine-facts.ts';
import { ErrorBody } from './error-body.ts';
import { EngineId } from './ids.ts';
import { Next, pageItems } from './page.ts';
import { Waiting } from './waiting.ts';

/* The engines of a domain: what is wanted of each, and what is. */

const closed = { additionalProperties: false } as const;

export const EngineDesired = Type.Unsafe<'wanted' | 'cordoned' | 'draining'>(
  Type.String({
    enum: ['wanted', 'cordoned', 'draining'],
    description:
      'wanted: takes tasks. cordoned: takes no others than those that it has. draining: gives them away, too',
  }),
);
export type EngineDesired = Type.Static<typeof EngineDesired>;

export const EngineState = Type.Unsafe<'starting' | 'up' | 'suspect' | 'down'>(
  Type.String({
    enum: ['starting', 'up', 'suspect', 'down'],
    description: 'suspect: connected, and silent for some seconds',
  }),
);
export type EngineState = Type.Static<typeof EngineState>;

/** POST /v1/engines, and the list `engines` of the configuration: one more engine beside the embedded one. */
export const EngineRegistration = Type.Object(
  {
    id: EngineId,
    folder: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 90,
        description:
          'Absolute path of a folder where an engine listens that somebody else starts; without it the domain starts one',
      }),
    ),
    device: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'auto, or a kind of device' })),
    sampleRate: Type.Optional(Type.Integer({ minimum: 8000, maximum: 192_000 })),
    blockFrames: Type.Optional(Type.Integer({ minimum: 16, maximum: 1024 })),
    renderThreads: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
    bufferBlocks: Type.Optional(Type.Integer({ minimum: 0, maximum: 64 })),
    admitLoad: Type.Optional(Type.Union([Type.Number({ minimum: 0.05, maximum: 1 }), Type.Literal('off')])),
    scheduling: Type.Optional(Scheduling),
    environment: Type.Optional(
      Type.Record(Type.String({ pattern: '^AUDIOCLOUD_[A-Z0-9_]{1,64}$' }), Type.String({ maxLength: 1024 }), {
        ...closed,
        maxProperties: 32,
        description: 'More variables for the engine',
      }),
    ),
    resources: Type.Optional(DeclaredResources),
  },
  { ...closed, title: 'EngineRegistration', description: 'What is left out is as the engine has it' },
);
export type EngineRegistration = Type.Static<typeof EngineRegistration>;

/** PATCH /v1/engines/:engine. */
export const EngineChange = Type.Object(
  { desired: Type.Optional(EngineDesired), resources: Type.Optional(DeclaredResources) },
  { ...closed, title: 'EngineChange', description: 'What is left out stays as it is' },
);
export type EngineChange = Type.Static<typeof EngineChange>;

/** POST /v1/tasks/:id/move. */
export const TaskMove = Type.Object(
  { engine: Type.Optional(EngineId) },
  { ...closed, title: 'TaskMove', description: 'Without an engine the domain chooses another one' },
);
export type TaskMove = Type.Static<typeof TaskMove>;

/** An engine as its domain sees it; what only the engine knows is absent until it was reached once. */
export const EngineStatus = Type.Object(
  {
    id: EngineId,
    source: Type.Unsafe<'embedded' | 'configuration' | 'request'>(
      Type.String({ enum: ['embedded', 'configuration', 'request'], description: 'Where it comes from' }),
    ),
    desired: EngineDesired,
    state: EngineState,
    since: Type.Optional(
      Type.String({ format: 'date-time', maxLength: 32, description: 'Of the state; ISO 8601, UTC' }),
    ),
    waitingFor: Type.Array(Waiting, { maxItems: 1024, description: 'Empty when it is as it is wanted' }),
    tasks: Type.Integer({ minimum: 0, description: 'Those in use that it has, or is to have' }),
    resources: Type.Object(
      { declared: DeclaredResources, used: DeclaredResources },
      { ...closed, description: 'used: by those tasks, as their models declare it' },
    ),
    version: Type.Optional(Type.String({ maxLength: 64 })),
    pid: Type.Optional(Type.Integer()),
    node: Type.Optional(Type.String({ maxLength: 64 })),
    scheduling: Type.Optional(Type.String({ maxLength: 16 })),
    device: Type.Optional(DeviceFacts),
    load: Type.Optional(Type.Number({ description: 'Share of the block time used, 0 to 1' })),
    streamFrame: Type.Optional(Type.Integer()),
    heartbeatAgeMs: Type.Optional(Type.Integer({ minimum: 0 })),
    leaseUntil: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 32,
        description: 'So long it plays on when the domain goes away; ISO 8601, UTC',
      }),
    ),
    refused: Type.Optional(
      Type.Array(ErrorBody, { maxItems: 10_000, description: 'Plugins that could not be loaded' }),
    ),
    error: Type.Optional(ErrorBody),
  },
  { ...closed, title: 'EngineStatus' },
);
export type EngineStatus = Type.Static<typeof EngineStatus>;

export const EngineList = Type.Object(
  { engines: pageItems(EngineStatus), next: Next },
  { ...closed, title: 'EngineList' },
);
export type EngineList = Type.Static<typeof EngineList>;
