import { Type } from 'typebox';
import { EngineCounters, SinkGuardCounters } from './counters.ts';
import { MOST_EXPORT_OUTPUTS } from './engine-files.ts';
import { EngineJobId, EngineTask, Name } from './ids.ts';
import { FixedInstanceState } from './resources.ts';
import { PushedFacts } from './push.ts';
import { Meters, TaskState, TransportState } from './task-state.ts';

const closed = { additionalProperties: false } as const;

/** The state of a task as its engine tells it: under the name that the task has there. */
const EngineTaskState = Type.Object({ ...TaskState.properties, task: EngineTask }, closed);

/** What an engine says unasked. */
export const EngineEvent = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('heartbeat'),
        streamFrame: Type.Integer(),
        load: Type.Number({ description: 'Share of the block time used, 0 to 1' }),
      },
      closed,
    ),
    Type.Object({ type: Type.Literal('state'), state: EngineTaskState }, closed),
    Type.Object({ type: Type.Literal('meters'), task: EngineTask, meters: Meters, transport: TransportState }, closed),
    Type.Object({ type: Type.Literal('fixed'), state: FixedInstanceState }, closed),
    Type.Object(
      { type: Type.Literal('counters'), counters: EngineCounters },
      { ...closed, description: 'Once a second' },
    ),
    Type.Object(
      {
        type: Type.Literal('progress'),
        job: EngineJobId,
        frames: Type.Integer({ minimum: 0 }),
        ofFrames: Type.Integer({ minimum: 1 }),
        bytes: Type.Optional(
          Type.Array(Type.Integer({ minimum: 0 }), {
            maxItems: MOST_EXPORT_OUTPUTS,
            description:
              'Of an export or a recording: how many bytes of the growing file of each output are there. They stay as they are, but for `rewrittenBytes` of its format (OUTPUT_FORMAT_FACTS)',
          }),
        ),
      },
      {
        ...closed,
        description:
          'Of a render, an export, a recording or an inspection, a few times a second and at its end; frames never become fewer. Those of an export count all its passes: with a loudness target the sound is measured first. Those of a recording are recorded. Of a file whose length is not known before it is decoded, bytes are counted instead',
      },
    ),
    Type.Object(
      {
        type: Type.Literal('replaced'),
        thread: Type.Integer({ minimum: 0 }),
        task: Type.Optional(EngineTask),
        instance: Type.Optional(Name),
      },
      { ...closed, description: 'A render thread was stuck in an instance and was replaced; the instance is muted' },
    ),
    Type.Object(
      { type: Type.Literal('guard'), task: EngineTask, guards: SinkGuardCounters },
      {
        ...closed,
        description: 'Output guards of a task have acted; at most once a second, each time with all counts',
      },
    ),
    Type.Object(
      { type: Type.Literal('pushed'), task: EngineTask, track: Name, pushed: PushedFacts },
      { ...closed, description: 'Of each track that sound is pushed into, once a second' },
    ),
  ],
  { title: 'EngineEvent' },
);
export type EngineEvent = Type.Static<typeof EngineEvent>;
