import { AudioCloudError, type SurfaceBinding, type SurfaceMap, type Value } from '@audiocloud/api';
import type { LearntControl } from '@audiocloud/client';

const TARGET = /^([A-Za-z][\w-]*)\.([A-Za-z][\w-]*)(?:\[(\d{1,3})\])?(?:\s+(\S+)\s+(\S+))?$/;

/** `INSTANCE.PARAMETER`, `eq.gain[2]`, `eq.gain[2] -12 12`: what a control is to move, between which values. Throws REQUEST_INVALID. */
export function parseTarget(text: string): SurfaceBinding['to'] {
  const [, instance, parameter, index, low, high] = TARGET.exec(text.trim()) ?? [];
  if (instance === undefined || parameter === undefined)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot read '${text}' as a parameter: wanted INSTANCE.PARAMETER, eq.gain[2] for one value of several, and two values behind it for a part of the range`,
    );
  return {
    instance,
    parameter,
    ...(index === undefined ? {} : { index: Number(index) }),
    ...(low === undefined ? {} : { range: [typedValue(low), typedValue(high!)] as [Value, Value] }),
  };
}

function typedValue(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** The binding of a control that was learnt, as short as it goes: what its kind says is left out. */
export function learntBinding(
  map: SurfaceMap,
  surface: string,
  { from, touch, kind, isReleased }: LearntControl,
  to: SurfaceBinding['to'],
  wishes: Pick<SurfaceBinding, 'mode' | 'feedback'>,
): SurfaceBinding {
  const isOnly = Object.keys(map.surfaces).length === 1;
  // a controller that says nothing when it is let go holds its state itself
  const isSwitch = kind === 'button' && !from.note && isReleased;
  return {
    ...(isOnly ? {} : { surface }),
    from,
    ...(touch ? { touch } : {}),
    to,
    ...(isSwitch ? { mode: 'toggle' as const } : {}),
    ...wishes,
  };
}

/** A control as a person reads it. */
export function learntText({ from, touch, kind }: LearntControl): string {
  const { cc, nrpn, bend, note, program, osc } = from;
  const way = cc
    ? `controller ${cc.controller}, ${cc.relative ?? `${cc.bits ?? 7} bits`}, channel ${cc.channel}`
    : nrpn
      ? `NRPN ${nrpn.number}, ${nrpn.bits ?? 14} bits, channel ${nrpn.channel}`
      : bend
        ? `pitch bend, channel ${bend.channel}`
        : note
          ? `note ${note.note}, channel ${note.channel}`
          : program
            ? `program changes, channel ${program.channel}`
            : `${osc!.address}, ${(osc!.range ?? [0, 1]).join(' to ')}`;
  return `${kind}: ${way}${touch ? ', with a touch sense' : ''}`;
}
