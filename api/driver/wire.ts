import { Type } from 'typebox';
import { Value } from '../model.ts';

/** No keys but those named. */
export const closed = { additionalProperties: false } as const;

/** A schema of one of these words. */
export const oneOf = <const V extends readonly string[]>(...values: V) =>
  Type.Unsafe<V[number]>(Type.String({ enum: [...values] }));

/** What stands on the wire for a value: a number, text in a line, true and false in JSON and OSC. */
export const Wire = Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 64 }), Type.Boolean()]);
export type Wire = Type.Static<typeof Wire>;

const Interval = Type.Tuple([Type.Number(), Type.Number()], { description: 'Two ends, not equal; may fall' });

/**
 * How a value becomes what stands on the wire; every mapping has these keys.
 *
 * A parameter: clamped to the model, then `map` or `rescale`, then `expression`, then `clamp`. A report: `expression`,
 * `clamp`, then `map` or `rescale`, then clamped to the model.
 */
export const wayToWire = {
  rescale: Type.Optional(
    Type.Object(
      { from: Interval, to: Interval },
      { ...closed, description: 'Straight line. Parameters: from the range of the model to the wire; reports: back' },
    ),
  ),
  map: Type.Optional(
    Type.Union(
      [
        Type.Literal('index'),
        Type.Array(Type.Object({ value: Value, wire: Wire }, closed), { minItems: 1, maxItems: 4096 }),
      ],
      {
        description:
          'Lists and toggles: what stands for each value on the wire; index: its place in the list from 0, false 0, true 1',
      },
    ),
  ),
  expression: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'Arithmetic on x, such as 20 * log10(x / 1024)' }),
  ),
  clamp: Type.Optional(
    Type.Tuple([Type.Number(), Type.Number()], { description: 'Lowest and highest number after the expression' }),
  ),
};

/** One byte. */
export const Byte = Type.Integer({ minimum: 0, maximum: 255 });
/** 1 to 16, as devices write it. */
export const MidiChannel = Type.Integer({ minimum: 1, maximum: 16 });
