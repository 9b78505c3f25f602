import { AudioCloudError, type Lane, type Parameter, type Task, valueToNumber } from '@audiocloud/api';
import type { Registry } from '../registry/registry.ts';
import type { LaneImage } from '../render/task-image.ts';
import type { TaskInstance } from './task-instance.ts';
import { resolveChange } from './task-values.ts';

const ALL = 0xffffffff;

/** Points of a lane as numbers, for one parameter and sample rate. */
interface Points extends Pick<LaneImage, 'serial' | 'frames' | 'values' | 'lines'> {
  parameter: Parameter;
  sampleRate: number;
}

let nextSerial = 1;

/** Of lanes, which are never changed in place. */
const pointsBefore = new WeakMap<Lane, Points>();

function pointsOf(name: string, lane: Lane, parameter: Parameter, sampleRate: number): Points {
  const before = pointsBefore.get(lane);
  if (before?.parameter === parameter && before.sampleRate === sampleRate) return before;
  const byFrame = new Map<number, Lane['points'][number]>();
  for (const point of lane.points) byFrame.set(Math.round(point.seconds * sampleRate), point); // the last one at a frame counts
  const sorted = [...byFrame].sort(([a], [b]) => a - b);
  const shared = (bytes: number) => new SharedArrayBuffer(bytes * sorted.length);
  const points: Points = {
    serial: nextSerial++,
    frames: new Float64Array(shared(8)),
    values: new Float64Array(shared(8)),
    lines: new Uint8Array(shared(1)),
    parameter,
    sampleRate,
  };
  const isContinuous = parameter.range.kind === 'continuous';
  sorted.forEach(([frame, { value, curve }], i) => {
    points.frames[i] = frame;
    points.values[i] = valueToNumber(parameter, value, `${lane.instance}.${lane.parameter} by lane '${name}'`);
    points.lines[i] = curve === 'linear' && isContinuous ? 1 : 0;
  });
  pointsBefore.set(lane, points);
  return points;
}

/** The lanes of one task as its renderer plays them. [control] */
export class LaneImages {
  /** Of each lane: whether somebody plays by hand what it would. */
  readonly #held = new WeakMap<Lane, Int32Array>();

  /** Throws NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_LATCHED, GRAPH_INVALID. */
  make(graph: Task, registry: Registry, instances: ReadonlyMap<string, TaskInstance>, sampleRate: number): LaneImage[] {
    return Object.entries(graph.lanes ?? {}).map(([name, lane]) => {
      const { instance, parameter: id, index, points } = lane;
      const place = { instance, parameter: id, ...(index === undefined ? {} : { index }) };
      const { parameter } = resolveChange(graph, registry, { ...place, value: points[0]!.value });
      const target = instances.get(instance);
      if (!target || parameter < 0)
        throw new AudioCloudError(
          'GRAPH_INVALID',
          `Cannot make lane '${name}': ${target ? `${id} is a parameter of the host` : `'${instance}' is a fixed instance`}, which lanes do not drive yet`,
          { lane: name, instance },
        );
      const { serial, frames, values, lines } = pointsOf(name, lane, target.model.parameters[parameter]!, sampleRate);
      let isHeld = this.#held.get(lane);
      if (!isHeld) {
        isHeld = new Int32Array(new SharedArrayBuffer(4));
        this.#held.set(lane, isHeld);
      }
      const { memory, record } = target;
      return { serial, memory, record, parameter, index: (index ?? ALL) | 0, frames, values, lines, isHeld };
    });
  }

  /** Holds the lanes of a parameter back until they are replaced: it is played by hand. */
  hold(graph: Task, instance: string, parameter: string, index: number | undefined): void {
    for (const lane of Object.values(graph.lanes ?? {})) {
      if (lane.instance !== instance || lane.parameter !== parameter) continue;
      const isHeld = this.#held.get(lane);
      if (isHeld && (lane.index === undefined || index === undefined || lane.index === index))
        Atomics.store(isHeld, 0, 1);
    }
  }
}
