import { asAudioCloudError } from '@audiocloud/api';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import type { MediaJobContext } from './media-job-runner.ts';
import { unserved } from './media-inspector.ts';
import {
  type Content,
  type MediaJobActor,
  mediaJobActor,
  type MediaJobEffect,
  type MediaJobEvent,
  newMediaJob,
} from './media-job-step.ts';

/**
 * Has a content looked into that is there already: of media imported before that was done. [control]
 *
 * It takes its turn among the jobs. What cannot be read stays, with the reason.
 */
export class LateInspection {
  readonly #context: Omit<MediaJobContext, 'ended'>;
  readonly #content: Content;
  readonly #id: string;
  readonly #runtime: ActorRuntime<MediaJobActor, MediaJobEvent, MediaJobEffect>;
  readonly #stop = new AbortController();

  constructor(context: Omit<MediaJobContext, 'ended'>, content: Content, ended: (one: LateInspection) => void) {
    this.#context = context;
    this.#content = content;
    this.#id = `look-${content.sha256.slice(0, 24)}`;
    this.#runtime = new ActorRuntime({
      actor: mediaJobActor,
      state: { ...newMediaJob(), content },
      clock: context.clock,
      run: (effect) => this.#perform(effect),
      failed: ({ kind }, error) => ({ type: kind === 'store' ? 'unstored' : 'refused', error: error.toJSON() }),
      changed: ({ type }) => {
        if (type === 'stored') ended(this);
      },
    });
  }

  begin(): void {
    this.#runtime.send({ type: 'begin' });
  }

  /** An engine came that can look into media. */
  served(): void {
    this.#runtime.send({ type: 'served' });
  }

  /** Nothing is written any more when it settles. */
  async end(): Promise<void> {
    this.#stop.abort();
    this.#context.turns.leave(this.#id);
    await this.#runtime.end();
  }

  #perform({ kind }: MediaJobEffect): Promise<MediaJobEvent | undefined> | undefined {
    const { turns, index } = this.#context;
    const id = this.#id;
    switch (kind) {
      case 'ask': {
        const [owner] = index.ownersOf(this.#content.sha256);
        const application = owner?.[0].split('/')[1] ?? '';
        turns.ask({ id, application, begin: () => this.#runtime.send({ type: 'turn' }) });
        return undefined;
      }
      case 'leave':
        turns.leave(id);
        return undefined;
      case 'abort':
        return undefined;
      case 'copy':
        return Promise.resolve({ type: 'copied', content: this.#content });
      case 'inspect':
        return this.#inspect();
      case 'store':
        return this.#context.inOrder(() => this.#store());
    }
  }

  async #inspect(): Promise<MediaJobEvent> {
    const { disk, inspector } = this.#context;
    const path = disk.content.pathOf(this.#content.sha256);
    const { peaksPath } = disk.content.asideOf(this.#id);
    const facts = await inspector.inspect({ job: this.#id, path, peaksPath }, this.#stop.signal);
    return facts ? { type: 'inspected', facts } : { type: 'unserved', error: unserved() };
  }

  async #store(): Promise<MediaJobEvent> {
    const { disk, index, journal } = this.#context;
    const outcome = this.#runtime.state.outcome!;
    const { sha256 } = this.#content;
    const owners = index.ownersOf(sha256).filter(([, { facts }]) => !facts);
    if (outcome.state === 'done' && index.has(sha256))
      try {
        await disk.content.keepPeaks(this.#id, sha256);
      } catch (error) {
        return { type: 'lost', error: asAudioCloudError(error).toJSON() };
      }
    else await disk.content.drop(this.#id);
    const found =
      outcome.state === 'done' ? { facts: outcome.facts } : outcome.state === 'failed' ? { error: outcome.error } : {};
    await journal.write(
      owners.map(([key, record]) => ({ key, value: { ...record, ...found } })),
      {},
    );
    return { type: 'stored' };
  }
}
