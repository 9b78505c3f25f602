import { Type } from 'typebox';
import { closed, MidiChannel, wayToWire } from './wire.ts';

const bits = Type.Optional(Type.Union([Type.Literal(7), Type.Literal(14)]));

/** A controller: 7 bits, or 14 as two controllers (number, then number + 32). */
export const CcMapping = Type.Object(
  {
    cc: Type.Object(
      {
        channel: MidiChannel,
        controller: Type.Integer({ minimum: 0, maximum: 119, description: '120 to 127 are channel mode messages' }),
        bits,
      },
      closed,
    ),
    ...wayToWire,
  },
  closed,
);
export type CcMapping = Type.Static<typeof CcMapping>;

const ParameterNumber = Type.Object(
  {
    channel: MidiChannel,
    number: Type.Integer({ minimum: 0, maximum: 16383, description: 'Upper 7 bits x 128 + lower 7 bits' }),
    bits,
  },
  { ...closed, description: 'Its number, upper half first, then the value: 14 bits, upper half first, or 7' },
);

/** A non-registered parameter number: the maker says which. */
export const NrpnMapping = Type.Object({ nrpn: ParameterNumber, ...wayToWire }, closed);
export type NrpnMapping = Type.Static<typeof NrpnMapping>;

/** A registered parameter number: the MIDI standard says which. */
export const RpnMapping = Type.Object({ rpn: ParameterNumber, ...wayToWire }, closed);
export type RpnMapping = Type.Static<typeof RpnMapping>;

/** A program change, counted from 0; `bank` is selected before. */
export const ProgramMapping = Type.Object(
  {
    program: Type.Object(
      { channel: MidiChannel, bank: Type.Optional(Type.Integer({ minimum: 0, maximum: 16383 })) },
      closed,
    ),
    ...wayToWire,
  },
  closed,
);
export type ProgramMapping = Type.Static<typeof ProgramMapping>;

/** One key: the value is its velocity, 0 is off. */
export const NoteMapping = Type.Object(
  {
    note: Type.Object({ channel: MidiChannel, note: Type.Integer({ minimum: 0, maximum: 127 }) }, closed),
    ...wayToWire,
  },
  closed,
);
export type NoteMapping = Type.Static<typeof NoteMapping>;

/** The pitch wheel: 0 to 16383, in the middle at 8192. */
export const BendMapping = Type.Object({ bend: Type.Object({ channel: MidiChannel }, closed), ...wayToWire }, closed);
export type BendMapping = Type.Static<typeof BendMapping>;
