import {
  asAudioCloudError,
  AudioCloudError,
  type DeliveredOfTask,
  type ErrorBody,
  modelOf,
  type ParameterChange,
} from '@audiocloud/api';
import { unitsOf } from '../booking/units-of.ts';
import { unitKey, type UnitGrant } from '../instances/fixed-instances.ts';
import { tapeFacts } from '../instances/unit-tape.ts';
import { askedValues, fixedChanges, unitNeeds, unitValues } from '../instances/unit-values.ts';
import { secondsToPlay } from './seconds-to-play.ts';
import type { TaskParts } from './task-parts.ts';
import { NO_GRANT } from './task-step.ts';

/** The hardware of one task: what it asks for, what it has, and whether it may use that. [control] */
export class TaskUnits {
  readonly #parts: TaskParts;

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Asks for the hardware that the task needs while it is to play; its actor gives it back. */
  claim(isToPlay = this.#parts.record.now.isPlaying): void {
    const { context, engineTask, whose, record, runtime } = this.#parts;
    const { graph, units = {} } = record.now;
    const needs = unitNeeds(graph, units);
    const { grant, kept } = runtime.actor;
    if (!isToPlay || record.isDeleted || (needs.length === 0 && grant === NO_GRANT)) return;
    const playSeconds = secondsToPlay(graph, record.now.loop, runtime.actor.playheadSeconds);
    const claim = { task: engineTask, who: whose, needs, has: kept, parameters: this.#values(), playSeconds };
    context.instances.claim(claim, (grant) => runtime.send({ type: 'granted', grant }));
  }

  /** What it plays with under a reservation ends with that. Before any engine tells of its units. */
  hold(): void {
    const { context, whose, record } = this.#parts;
    const { isPlaying, units = {} } = record.now;
    if (isPlaying) context.booking.hold(Object.values(units), whose);
  }

  release(): void {
    this.#parts.context.instances.release(this.#parts.engineTask);
  }

  /** The record has these values: so have the units that they are for. */
  set(changes: readonly ParameterChange[]): void {
    const { context, engineTask, record } = this.#parts;
    const { instances } = record.now.graph;
    if (changes.some(({ instance }) => instances?.[instance]?.fixed !== undefined))
      context.instances.setOf(engineTask, this.#values());
  }

  /** What became of values that were set; undefined when none is for hardware. */
  delivered(changes: readonly ParameterChange[]): Promise<DeliveredOfTask[]> | undefined {
    const { context, engineTask, record } = this.#parts;
    const asked = fixedChanges(record.now.graph, changes);
    if (asked.size === 0) return undefined;
    const values = this.#values();
    const all = [...asked].map(([instance, list]) =>
      context.instances.deliveredOf(engineTask, instance, askedValues(list, values[instance] ?? {})),
    );
    return Promise.all(all).then((parts) => parts.flat());
  }

  /** From now on its values count for these units, not what an administrator set of them. */
  async keep(units: UnitGrant['units']): Promise<void> {
    const { context, engineTask, record } = this.#parts;
    await record.commit(
      (before) => ({ ...before, units: { ...units } }),
      () => ({ writes: Object.values(units).map((unit) => ({ key: unitKey(unit) })) }),
    );
    context.instances.kept(engineTask, units);
  }

  /** Throws FIXED_INSTANCE_UNAVAILABLE when the calendar does not let it use what its graph names. */
  requireUse(): void {
    const { context, whose, record } = this.#parts;
    context.booking.requireUse(unitsOf(record.now.graph), whose, context.clock.now());
  }

  /** Throws TAPE_TOO_SHORT when no tape of what it uses can hold all that it is to play. */
  requireTape(fromSeconds: number): void {
    const { record, site } = this.#parts;
    const { graph, loop } = record.now;
    const wanted = secondsToPlay(graph, loop, fromSeconds);
    for (const [name, instance] of wanted === undefined ? [] : Object.entries(graph.instances ?? {})) {
      const tape = instance.fixed === undefined ? undefined : tapeFacts(modelOf(site.models, instance));
      if (tape && wanted! > tape.lengthSeconds)
        throw new AudioCloudError(
          'TAPE_TOO_SHORT',
          `Cannot play '${name}': its tape holds ${tape.lengthSeconds} s, ${wanted!.toFixed(0)} s are wanted; play less at once`,
          { instance: name, tapeSeconds: tape.lengthSeconds, wantedSeconds: wanted! },
        );
    }
  }

  /** Why it may not play on. */
  lost(): ErrorBody | undefined {
    const { context, whose, record } = this.#parts;
    if (!record.now.isPlaying || record.isDeleted) return undefined;
    try {
      this.requireUse();
    } catch (error) {
      return asAudioCloudError(error).toJSON();
    }
    const unit = context.booking.overFor(whose, context.clock.now());
    if (unit === undefined) return undefined;
    const message = `Cannot use ${unit}: its reservation is over`;
    return new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', message, { instance: unit }).toJSON();
  }

  /** Values of the fixed instances, by instance. */
  #values() {
    const { record, site } = this.#parts;
    const { models } = site;
    const fixed = Object.entries(record.now.graph.instances ?? {}).filter(([, { fixed }]) => fixed !== undefined);
    return Object.fromEntries(fixed.map(([name, instance]) => [name, unitValues(models, instance)]));
  }
}
