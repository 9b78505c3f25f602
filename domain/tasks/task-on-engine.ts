import type { TaskState, TransportState } from '@audiocloud/api';
import type { Played } from './changed-record.ts';
import type { TaskParts } from './task-parts.ts';
import type { TaskRecord } from './task-record.ts';
import { type Actual, toActual } from './task-step.ts';

/** What the engine has of one task: it is loaded there, asked for, and taken note of. [control] */
export class TaskOnEngine {
  readonly #parts: TaskParts;

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Asks what the engine has, and gives it the values that are wanted when it may have others. */
  async inspect(): Promise<Actual> {
    const { record, site, order, followers } = this.#parts;
    const state = await site.command('state', {});
    const transport = await order.whenNone(() => {
      const { revision, graph, loop = graph.loop ?? null } = record.now;
      const { place } = site;
      return place && state.revision === revision ? place.sendValues(graph, loop, state.transport) : state.transport;
    });
    followers.loaded();
    return this.observe({ ...state, transport });
  }

  /** Loads what the record has. */
  async load(): Promise<Actual> {
    const { context, record, site, followers } = this.#parts;
    const { revision, graph } = record.now;
    const media = await context.mediaPaths(graph, site.address.application);
    const state = await this.loadGraph(revision, ({ graph, loop }) => ({ graph, loop }), media);
    followers.loaded();
    return this.observe(state);
  }

  /**
   * Loads, with the playhead where it was and the loop: also one that is to play, which may have to wait for its hardware.
   *
   * of: what is loaded, of the record as it is when every value set before is in it.
   */
  loadGraph(revision: number, of: (record: TaskRecord) => Played, media: Record<string, string>): Promise<TaskState> {
    const { record, site, order, runtime } = this.#parts;
    return order.whenNone(() => {
      const { graph, loop } = of(record.now);
      const standing = { positionSeconds: runtime.actor.playheadSeconds, loop };
      return site.load({ revision, graph, media, standing });
    });
  }

  /** Has the engine say its state, where it has the task. */
  async look(): Promise<void> {
    const { record, site, runtime } = this.#parts;
    const { actual, isHeld } = runtime.actor;
    if (!actual || actual.revision <= 0 || isHeld) return;
    await site.command('state', {}).then(
      (state) => {
        if (state.revision === record.now.revision) site.place?.observe(state);
      },
      () => undefined,
    );
  }

  observe(state: TaskState): Actual {
    this.#parts.site.place?.observe(state);
    if (state.transport) this.#observePlayhead(state.transport);
    return toActual(state);
  }

  /** As `observe`, of what the engine says unasked. */
  observeTold(state: TaskState): void {
    this.#parts.site.place?.observeTold(state);
    if (state.transport) this.#observePlayhead(state.transport);
  }

  /** As `observe`, of the answer to an edit or a graph that is stored now. */
  observeAnswer(state: TaskState): void {
    this.#parts.site.place?.observeAnswer(state);
    if (state.transport) this.#observePlayhead(state.transport);
  }

  observeTransport(transport: TransportState): Actual {
    const { site } = this.#parts;
    this.#observePlayhead(transport);
    site.place?.observeTransport(transport);
    return { revision: site.state?.revision ?? -1, isPlaying: transport.playing };
  }

  /** A task that was just loaded stands at 0, which is not where it is to go on. */
  #observePlayhead({ playing, positionFrames, sampleRate, playId }: TransportState): void {
    const { record, runtime } = this.#parts;
    if (playing || (playId > 0 && !record.now.isPlaying))
      runtime.send({ type: 'playhead', seconds: positionFrames / sampleRate });
  }
}
