import { AudioCloudError, type DomainEvent, type TransportChange, type TransportState } from '@audiocloud/api';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { WrittenWith } from '../events/event-journal.ts';
import { EngineTask } from './engine-task.ts';
import { handOver } from './hand-over.ts';
import { secondsOf } from './stored-transport.ts';
import type { TaskParts } from './task-parts.ts';
import type { TaskRequests } from './task-requests.ts';
import { taskDocument } from './task-state.ts';
import { toActual } from './task-step.ts';
import type { TaskValues } from './task-values.ts';

export type MoveReason = Extract<DomainEvent, { type: 'task.moved' }>['data']['why'];

/** The way of one task to other engines. [control] */
export class TaskMoving {
  readonly #parts: TaskParts;
  readonly #requests: TaskRequests;
  readonly #values: TaskValues;
  readonly #arrived: () => void;

  /** arrived: it is at an engine of which nothing is known: its actor is to find out what that has. */
  constructor(parts: TaskParts, requests: TaskRequests, values: TaskValues, arrived: () => void) {
    this.#parts = parts;
    this.#requests = requests;
    this.#values = values;
    this.#arrived = arrived;
  }

  /** As part of a request: to another engine, from its playhead on. It stays where it is when that one refuses it. */
  async move(to: RegisteredEngine, why: MoveReason, cause: Cause): Promise<void> {
    const { context, site, followers } = this.#parts;
    const release = context.placement.reserve(site, to.id);
    site.expect(to);
    try {
      // Values that come meanwhile are for the new one.
      await this.#values.holdBack(() => this.#move(to, why, cause));
    } finally {
      site.expect(undefined);
      release();
    }
    followers.loaded();
  }

  /** Its engine is gone, or it has none: it goes on at another one, with what is stored. */
  async settle(to: RegisteredEngine, why: MoveReason, cause: Cause): Promise<void> {
    const { record, site, runtime } = this.#parts;
    await this.#requests.inTurn(async () => {
      record.requireThere();
      await record.commit(
        (record) => ({ ...record, engine: to.id }),
        () => this.#moved(site.engineId, to, why, cause),
      );
      site.place?.forget();
      site.settle(to);
      runtime.send({ type: 'engine-down' });
    });
    this.#arrived();
  }

  /** As part of a request. Where its engine has no room to play it, another one may have. */
  async transport(change: TransportChange): Promise<TransportState> {
    const { site } = this.#parts;
    try {
      return await site.command('transport', { change });
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.code !== 'ENGINE_FULL') throw error;
      const other = site.elsewhere();
      if (!other) throw error;
      await this.move(other, 'full', causeBy());
      return site.command('transport', { change });
    }
  }

  async #move(to: RegisteredEngine, why: MoveReason, cause: Cause): Promise<void> {
    const { context, record, site, order, runtime } = this.#parts;
    const from = site.place;
    const { actual } = runtime.actor;
    const { facts } = to.engine;
    await order.whenNone(() => undefined);
    const there = from && actual && actual.revision === record.now.revision ? from : undefined;
    const moved = await handOver(record.now, {
      from: there,
      to: new EngineTask(to, site.address, () => undefined),
      isPlaying: there !== undefined && actual?.isPlaying === true,
      playheadSeconds: runtime.actor.playheadSeconds,
      mediaPaths: (graph) => context.mediaPaths(graph, site.address.application),
      keep: (positionSeconds) =>
        record.commit(
          (record) => ({ ...record, engine: to.id, positionSeconds }),
          () => this.#moved(from?.engine.id, to, why, cause),
        ),
    }).catch((error) => {
      // It may stand still now: it is asked, and plays again.
      if (there?.isUp) runtime.send({ type: 'engine-up', isLoaded: true });
      throw error;
    });
    site.settle(to, moved);
    if (moved.transport) runtime.send({ type: 'playhead', seconds: secondsOf(moved.transport) });
    // What the one before did meanwhile counts no more; of this one nobody told while the task was not there.
    if (to.engine.isUp && to.engine.facts === facts) runtime.send({ type: 'moved', actual: toActual(moved) });
    else {
      runtime.send({ type: 'engine-down' });
      this.#arrived();
    }
    from?.forget();
  }

  /** What is written with a move. */
  #moved(from: string | undefined, to: RegisteredEngine, why: MoveReason, cause: Cause): WrittenWith {
    const data = { from: from ?? null, to: to.id, why };
    return {
      events: [{ type: 'task.moved', ...this.#parts.whose, ...byOf(cause), data }],
      writes: cause.receipt(taskDocument(this.#parts)),
    };
  }
}
