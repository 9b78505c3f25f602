import { asAudioCloudError, type GraphEdit, type Task, type TaskDocument, type TaskState } from '@audiocloud/api';
import { byOf, type Cause, causeBy, originOf } from '../events/cause.ts';
import { type AskedEdits, editsOf } from './asked-edits.ts';
import { afterEdits, editedRecord, type Played, replacedRecord } from './changed-record.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import type { TaskOnEngine } from './task-on-engine.ts';
import type { TaskParts } from './task-parts.ts';
import { type TaskRecord, upgradedGraph } from './task-record.ts';
import type { TaskRequests } from './task-requests.ts';
import { taskDocument } from './task-state.ts';
import type { TaskUnits } from './task-units.ts';
import type { TaskValues } from './task-values.ts';

/** Changes of the graph of one task: edits, another graph, and values brought to other models. [control] */
export class TaskGraph {
  readonly #parts: TaskParts;
  readonly #requests: TaskRequests;
  readonly #units: TaskUnits;
  readonly #values: TaskValues;
  readonly #onEngine: TaskOnEngine;
  #upgrading: Promise<void> = Promise.resolve();

  constructor(parts: TaskParts, requests: TaskRequests, units: TaskUnits, values: TaskValues, onEngine: TaskOnEngine) {
    this.#parts = parts;
    this.#requests = requests;
    this.#units = units;
    this.#values = values;
    this.#onEngine = onEngine;
  }

  /** Changes the graph as one transaction. asked: edits, or those that it takes from the graph as it is then. */
  edit(asked: AskedEdits, expected: ExpectedRevision | undefined, cause: Cause): Promise<TaskDocument> {
    return this.#requests.run(async () => {
      const { context, record, site, order, runtime, followers } = this.#parts;
      requireRevision(site.address.id, record.now, expected);
      const edits = editsOf(asked, record.now.graph);
      const { graph: next } = afterEdits(record.now, edits, site.models);
      site.requireResources(next);
      const media = await context.mediaPaths(next, site.address.application);
      const revision = record.now.revision + 1;
      const keep = (state: TaskState) => this.#keepEdits(revision, edits, state, cause);
      if (runtime.actor.actual?.revision === record.now.revision)
        await order.add(site.command('edit', { revision, edits, media }), keep);
      else {
        await this.#values.holdBack(async () => {
          const edited = (record: TaskRecord) => afterEdits(record, edits, site.models);
          await keep(await this.#onEngine.loadGraph(revision, edited, media));
        });
        followers.loaded();
      }
      return this.#document;
    });
  }

  /** The engine has them: the store has them next, then those who follow. */
  async #keepEdits(revision: number, edits: GraphEdit[], state: TaskState, cause: Cause): Promise<void> {
    const { whose, record, site, followers } = this.#parts;
    await record.commit(
      (record) => editedRecord(record, revision, edits, site.models),
      () => {
        this.#onEngine.observeAnswer(state);
        return {
          events: [{ type: 'task.edited', ...whose, ...byOf(cause), data: { revision, edits: edits.length } }],
          writes: cause.receipt(this.#document),
        };
      },
    );
    this.#units.claim();
    record.markTold();
    followers.event({ type: 'edited', ...originOf(cause), revision, edits });
  }

  /** Another graph under the same id; a task that plays goes on from its playhead. */
  replace(graph: Task, expected: number | undefined, cause: Cause): Promise<TaskDocument> {
    return this.#requests.run(async () => {
      requireRevision(this.#parts.site.address.id, this.#parts.record.now, expected);
      return this.#replace(() => ({ graph, loop: undefined }), cause);
    });
  }

  /** Its engine has not the task: the record alone is brought to the models of now, before that loads it. */
  upgradeStored(): void {
    this.#upgrade((graph) => this.#commitUpgraded(graph));
  }

  /** The engine goes on with other models: values of an older version are brought to the new one, there too. */
  upgradePlayed(): void {
    this.#upgrade(async () => {
      const upgraded = (record: TaskRecord) => ({
        graph: upgradedGraph(record, this.#parts.site.models) ?? record.graph,
        loop: record.loop,
      });
      await this.#replace(upgraded, causeBy(), { upgraded: true });
    });
  }

  /** Settles when what was to be upgraded is. */
  async upgraded(): Promise<void> {
    await this.#upgrading;
  }

  get #document(): TaskDocument {
    return taskDocument(this.#parts);
  }

  /** of: what takes the place of a record that every value set before is in. */
  async #replace(
    of: (record: TaskRecord) => Played,
    cause: Cause,
    more: { upgraded?: true } = {},
  ): Promise<TaskDocument> {
    const { context, whose, record, site, followers } = this.#parts;
    const { graph } = of(record.now);
    site.requireResources(graph);
    const media = await context.mediaPaths(graph, site.address.application);
    const revision = record.now.revision + 1;
    await this.#values.holdBack(async () => {
      const state = await this.#onEngine.loadGraph(revision, of, media);
      await record.commit(
        (record) => replacedRecord(record, revision, of(record), site.models),
        () => {
          this.#onEngine.observeAnswer(state);
          return {
            events: [{ type: 'task.replaced', ...whose, ...byOf(cause), data: { revision, ...more } }],
            writes: cause.receipt(this.#document),
          };
        },
      );
    });
    this.#units.claim();
    this.#tellReplaced();
    followers.loaded();
    return this.#document;
  }

  /** Has the values brought to the models of now, once; nothing is asked of the engine when there is nothing to bring. */
  #upgrade(bring: (graph: Task) => Promise<void>): void {
    const { context, engineTask, record, site } = this.#parts;
    const upgraded = () => upgradedGraph(record.now, site.models);
    if (!upgraded()) return;
    this.#upgrading = this.#requests
      .run(async () => {
        const graph = upgraded();
        if (graph) await bring(graph);
      })
      .catch((error) =>
        context.logger.error({ error: asAudioCloudError(error).toJSON(), task: engineTask }, 'task was not upgraded'),
      );
  }

  async #commitUpgraded(graph: Task): Promise<void> {
    const { whose, record, site } = this.#parts;
    const revision = record.now.revision + 1;
    await record.commit(
      (record) => replacedRecord(record, revision, { graph, loop: record.loop }, site.models),
      () => ({ events: [{ type: 'task.replaced', ...whose, data: { revision, upgraded: true } }] }),
    );
    this.#tellReplaced();
  }

  #tellReplaced(): void {
    this.#parts.record.markTold();
    this.#parts.followers.replaced();
  }
}
