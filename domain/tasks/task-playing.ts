import type { ErrorBody, TransportChange, TransportState } from '@audiocloud/api';
import { byOf, type Cause } from '../events/cause.ts';
import { secondsOf } from './stored-transport.ts';
import type { TaskMoving } from './task-moving.ts';
import type { TaskOnEngine } from './task-on-engine.ts';
import type { TaskParts } from './task-parts.ts';
import type { TaskRequests } from './task-requests.ts';
import { type Actual, mayPlay } from './task-step.ts';
import type { TaskUnits } from './task-units.ts';
import type { ToldState } from './told-state.ts';

/** Play and stop of one task: asked for, by its actor, by itself, and when its hardware is no longer its own. [control] */
export class TaskPlaying {
  readonly #parts: TaskParts;
  readonly #requests: TaskRequests;
  readonly #units: TaskUnits;
  readonly #onEngine: TaskOnEngine;
  readonly #moving: TaskMoving;
  readonly #told: ToldState;

  constructor(
    parts: TaskParts,
    requests: TaskRequests,
    units: TaskUnits,
    onEngine: TaskOnEngine,
    moving: TaskMoving,
    told: ToldState,
  ) {
    this.#parts = parts;
    this.#requests = requests;
    this.#units = units;
    this.#onEngine = onEngine;
    this.#moving = moving;
    this.#told = told;
  }

  /** Settles when it is durable. */
  transport(change: TransportChange, cause: Cause): Promise<TransportState> {
    return this.#requests.run(async () => {
      const { whose, record, site, runtime } = this.#parts;
      if (change.play) {
        this.#units.requireUse();
        this.#units.requireTape(change.positionSeconds ?? runtime.actor.playheadSeconds);
        this.#units.claim(true);
      }
      const { play: _play, ...rest } = change;
      const isHeldBack = change.play === true && !mayPlay(runtime.actor);
      const state = await this.#moving.transport(isHeldBack ? rest : change);
      const positionSeconds = secondsOf(state);
      await record.commit(
        (record) => ({
          ...record,
          isPlaying: change.play ?? record.isPlaying,
          positionSeconds,
          ...(change.loop === undefined ? {} : { loop: change.loop }),
        }),
        () => ({
          events: [{ type: 'task.transport', ...whose, ...byOf(cause), data: { change, positionSeconds } }],
          writes: cause.receipt(state),
        }),
      );
      site.place?.observeTransportAnswer(state);
      runtime.send({ type: 'playhead', seconds: positionSeconds });
      this.#told.tell(cause, change.positionSeconds !== undefined);
      return state;
    });
  }

  /** What the actor wants of the engine; the record wants it already. */
  async follow(change: TransportChange): Promise<Actual> {
    const state = await this.#moving.transport(change);
    // Where it stands when its hardware went: it goes on from there.
    if (!change.play) this.#parts.runtime.send({ type: 'playhead', seconds: secondsOf(state) });
    return this.#onEngine.observeTransport(state);
  }

  /** It stopped by itself. */
  ended(): void {
    const { context, whose, engineTask, record, runtime } = this.#parts;
    // At once: a request that is settled meanwhile must not have it play again.
    record.stop();
    const positionSeconds = runtime.actor.playheadSeconds;
    const data = { change: { play: false }, positionSeconds, ended: true as const };
    record
      .commit(
        (record) => record,
        () => ({ events: [{ type: 'task.transport', ...whose, data }] }),
      )
      .catch((error) => {
        context.logger.error({ error, task: engineTask }, 'the end was not stored');
        record.saveSoon();
      });
  }

  /** It is to stand still, also when its engine is away: that stops then, or does not begin again. Settles when it is durable. */
  async letStand(): Promise<void> {
    await this.#requests.run(() => this.#storeStop({}));
  }

  /** Stops when the calendar no longer lets it use its hardware. */
  async yieldUnits(): Promise<void> {
    if (!this.#units.lost()) return;
    await this.#requests.run(async () => {
      const error = this.#units.lost();
      if (error) await this.#storeStop({ error });
    });
  }

  async #storeStop(why: { error?: ErrorBody }): Promise<void> {
    const { whose, record, runtime } = this.#parts;
    const positionSeconds = runtime.actor.playheadSeconds;
    const data = { change: { play: false }, positionSeconds, ...why };
    await record.commit(
      (record) => ({ ...record, isPlaying: false, positionSeconds }),
      () => ({ events: [{ type: 'task.transport', ...whose, data }] }),
    );
  }
}
