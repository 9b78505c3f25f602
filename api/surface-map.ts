import { Type } from 'typebox';
import { BendMapping, CcMapping, NoteMapping, NrpnMapping } from './driver/midi-mappings.ts';
import { OSC_TYPES, OscAddress } from './driver/osc-mapping.ts';
import { closed, MidiChannel, oneOf } from './driver/wire.ts';
import { Driver } from './driver.ts';
import { Name } from './ids.ts';
import { Value } from './model.ts';

/**
 * How an endless encoder says which way it was turned, in 7 bits: 1 and 127 (twos-complement), 65 and 63 (offset), 1 and 65
 * (sign-bit); faster turns count on from there.
 */
export const RELATIVE_CODES = ['twos-complement', 'offset', 'sign-bit'] as const;
export type RelativeCode = (typeof RELATIVE_CODES)[number];

/** Argument types that a control of an OSC surface may have: text moves nothing. */
export const CONTROL_OSC_TYPES = OSC_TYPES.filter((type) => type !== 's');

/** One control as its surface speaks of it: exactly one of the ways. */
export const SurfaceControl = Type.Object(
  {
    cc: Type.Optional(
      Type.Object(
        {
          ...CcMapping.properties.cc.properties,
          relative: Type.Optional(oneOf(...RELATIVE_CODES)),
        },
        { ...closed, description: 'A controller; relative: of an endless encoder' },
      ),
    ),
    nrpn: Type.Optional(NrpnMapping.properties.nrpn),
    bend: Type.Optional(BendMapping.properties.bend),
    note: Type.Optional(NoteMapping.properties.note),
    program: Type.Optional(
      Type.Object(
        { channel: MidiChannel },
        { ...closed, description: 'Program changes: the first program is the first value of a list or of steps' },
      ),
    ),
    osc: Type.Optional(
      Type.Object(
        {
          address: OscAddress,
          type: Type.Optional(oneOf(...CONTROL_OSC_TYPES)),
          range: Type.Optional(
            Type.Tuple([Type.Number(), Type.Number()], {
              description: 'The first argument at both ends of the control; default 0 to 1',
            }),
          ),
        },
        { ...closed, description: 'One address; type: of what is sent back, default f' },
      ),
    ),
  },
  { ...closed, minProperties: 1, maxProperties: 1, description: 'A control, in exactly one of these ways' },
);
export type SurfaceControl = Type.Static<typeof SurfaceControl>;

export const SURFACE_MODES = ['absolute', 'relative', 'toggle', 'momentary'] as const;
export type SurfaceMode = (typeof SURFACE_MODES)[number];
export const SURFACE_FEEDBACKS = ['motor', 'ring', 'lamp', 'none'] as const;
export type SurfaceFeedback = (typeof SURFACE_FEEDBACKS)[number];

/** One control of a surface and the parameter that it moves. */
export const SurfaceBinding = Type.Object(
  {
    surface: Type.Optional(Name),
    from: SurfaceControl,
    touch: Type.Optional(SurfaceControl),
    to: Type.Object(
      {
        instance: Name,
        parameter: Name,
        index: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 255, description: 'One value of several; without it: all of them' }),
        ),
        range: Type.Optional(
          Type.Tuple([Value, Value], {
            description: 'Values at the lower and the upper end of the control; default: all that the model has',
          }),
        ),
        curve: Type.Optional(oneOf('model', 'linear', 'log')),
      },
      { ...closed, description: 'curve: the way between the ends; default: the taper of the model' },
    ),
    mode: Type.Optional(oneOf(...SURFACE_MODES)),
    step: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'relative: share of the way for one click; default 1/100, of lists and steps one position',
      }),
    ),
    pickUp: Type.Optional(
      Type.Boolean({ description: 'absolute without feedback: waits until it meets the value; default true' }),
    ),
    feedback: Type.Optional(oneOf(...SURFACE_FEEDBACKS)),
    feedbackTo: Type.Optional(
      Type.Object(
        {
          control: Type.Optional(SurfaceControl),
          values: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
        },
        { ...closed, description: 'Another control that shows the value; values: what is sent for both ends' },
      ),
    ),
  },
  { ...closed, title: 'SurfaceBinding', description: 'One control of a surface and the parameter that it moves' },
);
export type SurfaceBinding = Type.Static<typeof SurfaceBinding>;

/** Which controls move which parameters of a task. */
export const SurfaceMap = Type.Object(
  {
    surfaces: Type.Record(
      Name,
      Type.Object(
        {
          adapter: Driver.properties.adapter,
          port: Driver.properties.port,
          settings: Type.Optional(Driver.properties.settings),
        },
        { ...closed, description: 'Adapter, port and its settings, as in a driver' },
      ),
      { minProperties: 1 },
    ),
    bindings: Type.Array(SurfaceBinding, { maxItems: 4096 }),
  },
  { ...closed, title: 'SurfaceMap', description: 'Control surfaces and the parameters that their controls move' },
);
export type SurfaceMap = Type.Static<typeof SurfaceMap>;

/** The surface of a binding: the one that it names, else the only one; undefined when there is none or several. [any] */
export function surfaceOf({ surfaces }: SurfaceMap, { surface }: SurfaceBinding): string | undefined {
  const names = Object.keys(surfaces);
  if (surface !== undefined) return names.includes(surface) ? surface : undefined;
  return names.length === 1 ? names[0] : undefined;
}

/** What a control does to its parameter, as said or by its kind. [any] */
export function modeOf({ mode, from }: SurfaceBinding): SurfaceMode {
  if (mode) return mode;
  if (from.cc?.relative) return 'relative';
  return from.note ? 'toggle' : 'absolute';
}

/** How a control shows its parameter, as said or by its kind: what has a touch sense, a bend fader and OSC follow. [any] */
export function feedbackOf(binding: SurfaceBinding): SurfaceFeedback {
  const { feedback, feedbackTo, from, touch } = binding;
  if (feedback) return feedback;
  const mode = modeOf(binding);
  if (mode === 'relative') return from.cc || feedbackTo?.control ? 'ring' : 'none';
  if (mode !== 'absolute') return 'lamp';
  return touch || from.bend || from.osc || feedbackTo ? 'motor' : 'none';
}
