import type { ErrorBody, MediaJob } from '@audiocloud/api';
import { LOST } from '../world/domain-host.ts';
import type { Answer } from '../world/front-door.ts';
import type { Random } from '../world/random.ts';
import { FILE_NAMES } from '../world/simulated-media.ts';
import type { ClientWorld } from './client-world.ts';
import { headersOf, type Person } from './person.ts';

/** An import that was acknowledged, and what is known of it. */
export interface KnownImport {
  application: string;
  job: string;
  media: string;
  path: string;
  /** Whether it is to be cancelled; undefined while that is not answered. */
  isCancelled: boolean | undefined;
  /** Somebody read that it is done. */
  isDone: boolean;
  /** Whether the media were deleted; undefined while that is not answered. */
  isDeleted: boolean | undefined;
}

/** Imports media, calls some imports off, looks at them, deletes what is done: one request at a time, until it is answered. [control] */
export class Importer {
  readonly imports: KnownImport[] = [];
  readonly #world: ClientWorld;
  readonly #person: Person;
  readonly #random: Random;
  #count = 0;

  constructor(world: ClientWorld, person: Person, random: Random) {
    this.#world = world;
    this.#person = person;
    this.#random = random;
  }

  async run(): Promise<void> {
    while (!this.#world.isWindingUp) {
      await this.#world.sleep(this.#random.delay(20, 5_000));
      if (this.#world.isWindingUp) return;
      const known = this.imports.length > 0 ? this.#random.pick(this.imports) : undefined;
      if (!known || this.#random.chance(0.5)) await this.#import();
      else if (this.#random.chance(0.4)) await this.#cancel(known);
      else if (known.isDone && known.isDeleted === false) await this.#delete(known);
      else await this.#read(known);
    }
  }

  async #import(): Promise<void> {
    const path = this.#random.pick(FILE_NAMES);
    const answer = await this.#ask('POST', '/v1/media', { from: { path } });
    if (answer?.status !== 202) return;
    const { id: job, media } = answer.body as MediaJob;
    const { application } = this.#person;
    this.imports.push({ application, job, media, path, isCancelled: false, isDone: false, isDeleted: false });
  }

  async #cancel(known: KnownImport): Promise<void> {
    if (known.isCancelled === undefined) return;
    known.isCancelled = undefined;
    const answer = await this.#ask('DELETE', `/v1/media-jobs/${known.job}`);
    if (answer) known.isCancelled = (answer.body as MediaJob).desired === 'cancelled';
  }

  async #delete(known: KnownImport): Promise<void> {
    known.isDeleted = undefined;
    const answer = await this.#ask('DELETE', `/v1/media/${known.media}`);
    if (answer) known.isDeleted = true;
  }

  async #read(known: KnownImport): Promise<void> {
    const answer = await this.#ask('GET', `/v1/media-jobs/${known.job}`);
    if (answer) known.isDone = (answer.body as MediaJob).state === 'done';
  }

  /** Undefined: nobody knows what became of it. */
  async #ask(method: string, path: string, body?: unknown): Promise<Answer | undefined> {
    const { network, trace } = this.#world;
    const key = `${this.#person.name}-${++this.#count}`;
    const headers = { ...headersOf(this.#person), ...(method === 'GET' ? {} : { 'idempotency-key': key }) };
    for (let tries = 1; tries <= 60; tries++) {
      const ask = { id: `${key}-${tries}`, method, path, headers, ...(body === undefined ? {} : { body }) };
      const found = await network.ask(ask, this.#random.between(6_000, 30_000)).answer;
      trace.add(this.#person.name, `${method} ${path}: ${found === LOST ? 'no answer' : found.status}`);
      if (found !== LOST) {
        if (found.status < 300) return found;
        const { code, retry, message } = found.body as ErrorBody;
        if (retry !== 'soon')
          this.#world.violate('refusals-are-true', `${method} ${path} was refused: ${code}: ${message}`);
      }
      await this.#world.sleep(this.#random.delay(20, 3_000));
    }
    return undefined;
  }
}
