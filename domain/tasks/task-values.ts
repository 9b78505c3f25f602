import {
  asAudioCloudError,
  type GraphEdit,
  hostParameter,
  instanceOf,
  instanceValues,
  linkedChanges,
  Morph,
  type ParameterChange,
} from '@audiocloud/api';
import { type Cause, causeBy, originOf } from '../events/cause.ts';
import { checkChange } from './check-change.ts';
import { MOST_CHANGES } from './engine-task.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { Morphing } from './morphing.ts';
import type { TaskParts } from './task-parts.ts';
import type { TaskRequests } from './task-requests.ts';
import type { TaskUnits } from './task-units.ts';

/** The path of values that are set live: straight to the engine, then, in its order, into the record, to followers and to lanes. [control] */
export class TaskValues {
  readonly #parts: TaskParts;
  readonly #requests: TaskRequests;
  readonly #units: TaskUnits;
  readonly #morphing: Morphing;
  #recorder: LaneRecorder | undefined;
  #isReplacing = false;

  constructor(parts: TaskParts, requests: TaskRequests, units: TaskUnits) {
    this.#parts = parts;
    this.#requests = requests;
    this.#units = units;
    const { clock, logger } = parts.context;
    const failed = (error: unknown) =>
      logger.warn({ error: asAudioCloudError(error).toJSON(), task: parts.engineTask }, 'a morph ended early');
    this.#morphing = new Morphing((changes) => this.#apply(changes), clock, failed);
  }

  /** Values are on their way over a time, or are recorded. */
  get isBusy(): boolean {
    return this.#morphing.isRunning || this.#recorder !== undefined;
  }

  /** frame: where in the stream it applies, null when the task does not run. */
  async set(asked: ParameterChange[], cause: Cause): Promise<{ frame: number | null; sequence: number }> {
    this.#morphing.leave(asked);
    const applied = await this.#apply(asked, cause);
    await this.#keep(cause, applied);
    return applied;
  }

  /** Changes with those that follow from the links of the task. Throws what they would be refused with. */
  expanded(asked: readonly ParameterChange[]): ParameterChange[] {
    const { models } = this.#parts.site;
    const { graph } = this.#parts.record.now;
    for (const change of asked) checkChange(models, graph, change);
    return linkedChanges(graph, models, asked);
  }

  /** Brings the task to other values, which are on their way for so long. What somebody sets meanwhile is theirs. */
  async recall(targets: ParameterChange[], seconds: number, cause: Cause): Promise<{ frame: number | null }> {
    this.#morphing.leave(targets);
    const { frame } = await this.#morph(targets, seconds, cause);
    await this.#keep(cause, { frame });
    return { frame };
  }

  /** Values set live are noted for lanes from now on. */
  beginLanes(): void {
    this.#recorder ??= new LaneRecorder();
  }

  /** The edits that make lanes of what was noted; none when nothing was. */
  async endLanes(): Promise<GraphEdit[]> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    const { record, order } = this.#parts;
    // Those under way are part of it.
    return recorder ? order.whenNone(() => recorder.edits(record.now.graph)) : [];
  }

  /** Values that come while this is done, a request, are for what it brings. */
  async holdBack<R>(work: () => Promise<R>): Promise<R> {
    this.#isReplacing = true;
    try {
      return await work();
    } finally {
      this.#isReplacing = false;
    }
  }

  /** Nothing is set by itself any more. */
  end(): void {
    this.#morphing.end();
  }

  async #morph(targets: ParameterChange[], seconds: number, cause: Cause): Promise<{ frame: number | null }> {
    if (targets.length === 0) return { frame: null };
    if (seconds === 0) return this.#apply(targets, cause);
    const { record, site } = this.#parts;
    return this.#morphing.begin(new Morph(site.models, record.now.graph, targets), seconds);
  }

  /** Values that were applied are durable with their receipt. */
  async #keep(cause: Cause, answer: unknown): Promise<void> {
    if (cause.isKept)
      await this.#parts.record.commit(
        (record) => record,
        () => ({ writes: cause.receipt(answer) }),
      );
  }

  async #apply(asked: ParameterChange[], cause = causeBy()): Promise<{ frame: number | null; sequence: number }> {
    if (asked.length > MOST_CHANGES) {
      const first = await this.#apply(asked.slice(0, MOST_CHANGES), cause);
      return { ...(await this.#apply(asked.slice(MOST_CHANGES), cause)), frame: first.frame };
    }
    if (this.#isReplacing) await this.#requests.inTurn();
    const { record, site, order, followers } = this.#parts;
    const changes = linkedChanges(record.now.graph, site.models, asked);
    const recorder = this.#recorder;
    const answer = site.command('set', { changes, ...(recorder ? { record: true } : {}) });
    answer.catch((error) => {
      if (asAudioCloudError(error).status >= 500) this.#requests.doubt();
    });
    return order.add(answer, ({ frame, positionFrame }) => {
      record.requireThere();
      if (recorder && positionFrame !== null) this.#recordTouches(recorder, changes, positionFrame);
      record.take(changes);
      this.#units.set(changes);
      return { frame, sequence: followers.event({ type: 'changed', ...originOf(cause), frame, changes }) };
    });
  }

  /** Notes what can stand in a lane: values of instances that the engine renders. */
  #recordTouches(recorder: LaneRecorder, changes: ParameterChange[], positionFrame: number): void {
    const { record, site } = this.#parts;
    const { graph } = record.now;
    const { models, place } = site;
    const sampleRate = place?.sampleRate ?? graph.sampleRate;
    for (const change of changes) {
      const { instance, parameter, index = 0 } = change;
      if (hostParameter(parameter) || instanceOf(graph, instance)?.fixed !== undefined) continue;
      const before = instanceValues(models, graph, instance, parameter)[index];
      if (before !== undefined) recorder.add(change, positionFrame / sampleRate, before);
    }
  }
}
