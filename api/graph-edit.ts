import { Type } from 'typebox';
import { NAME_PATTERN, Name } from './ids.ts';
import { Value } from './model.ts';
import {
  Bus,
  Connection,
  Instance,
  Lane,
  Link,
  Loop,
  MediaSource,
  MidiBytes,
  Notes,
  Sink,
  TASK_PARTS,
  type TaskPart,
  Track,
} from './task.ts';

const closed = { additionalProperties: false } as const;
const put = <P extends string, T extends Type.TSchema>(part: P, value: T) =>
  Type.Object(
    { op: Type.Literal('put'), part: Type.Literal(part), name: Name, value },
    { ...closed, description: `Adds or replaces one of ${part}` },
  );

/** The change of one value. Without `index`: all values of the parameter. */
export const ParameterChange = Type.Object(
  {
    instance: Name,
    parameter: Name,
    index: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'Channel or count' })),
    value: Value,
  },
  { ...closed, title: 'ParameterChange', description: 'The change of one parameter of one instance' },
);
export type ParameterChange = Type.Static<typeof ParameterChange>;

/** A MIDI message for an instance, played at once. */
export const MidiMessage = Type.Object(
  {
    instance: Name,
    port: Type.Optional(
      Type.String({ pattern: NAME_PATTERN, maxLength: 64, description: 'A midi input; default: the first' }),
    ),
    bytes: MidiBytes,
  },
  { ...closed, title: 'MidiMessage', description: 'A MIDI message for one instance' },
);
export type MidiMessage = Type.Static<typeof MidiMessage>;

/** One operation on the graph. A list of them is one transaction: all, or none. */
export const GraphEdit = Type.Union(
  [
    put('media', MediaSource),
    put('tracks', Track),
    put('buses', Bus),
    put('instances', Instance),
    put('connections', Connection),
    put('sinks', Sink),
    put('links', Link),
    put('lanes', Lane),
    put('notes', Notes),
    Type.Object(
      {
        op: Type.Literal('remove'),
        part: Type.Unsafe<TaskPart>(Type.String({ enum: Object.keys(TASK_PARTS) })),
        name: Name,
      },
      { ...closed, description: 'Removes one; with a node go its connections' },
    ),
    Type.Object(
      { op: Type.Literal('set'), ...ParameterChange.properties },
      { ...closed, description: 'Sets a parameter' },
    ),
    Type.Object(
      { op: Type.Literal('loop'), loop: Type.Union([Loop, Type.Null()]) },
      { ...closed, description: 'Sets or clears the loop' },
    ),
  ],
  { title: 'GraphEdit' },
);
export type GraphEdit = Type.Static<typeof GraphEdit>;
