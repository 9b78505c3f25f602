import type { ErrorBody, Export, ExportCreate } from '@audiocloud/api';
import { LOST } from '../world/domain-host.ts';
import type { Answer } from '../world/front-door.ts';
import type { Random } from '../world/random.ts';
import type { ClientWorld } from './client-world.ts';
import { headersOf, type Person } from './person.ts';

/** The task that is exported: nobody changes it. */
export const EXPORTED_TASK = 'exported';

/** An export that was acknowledged, and what is known of it. */
export interface KnownExport {
  application: string;
  id: string;
  /** Whether it is to be cancelled or deleted; undefined while that is not answered. */
  isRemoved: boolean | undefined;
  /** Somebody read that it is done. */
  isDone: boolean;
}

/** Exports a task now, at a time and on events, calls exports off, deletes what is done: one request at a time. [control] */
export class Exporter {
  readonly exports: KnownExport[] = [];
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
      const known = this.exports.length > 0 ? this.#random.pick(this.exports) : undefined;
      if (!known || this.#random.chance(0.5)) await this.#export();
      else if (this.#random.chance(0.4)) await this.#remove(known);
      else if (known.isRemoved === false) await this.#read(known);
    }
  }

  async #export(): Promise<void> {
    const atMs = this.#world.clock.now() + this.#random.between(-1_000, 4_000);
    const start: ExportCreate['start'] = this.#random.pick([
      { when: 'now' as const },
      { at: new Date(atMs).toISOString() },
      // Of others: those of this client come while it waits for the answer.
      { on: { types: ['media.requested' as const, 'task.created' as const, 'export.requested' as const] } },
    ]);
    const upload = { url: 'https://storage.invalid/file' };
    const outputs: ExportCreate['outputs'] = [
      { format: 'wav', ...(this.#random.chance(0.5) ? { upload } : {}) },
      ...(this.#random.chance(0.3) ? [{ format: 'flac' as const, upload }] : []),
    ];
    const answer = await this.#ask('POST', '/v1/exports', { task: EXPORTED_TASK, outputs, start });
    if (answer?.status !== 202) return;
    const { id } = answer.body as Export;
    this.exports.push({ application: this.#person.application, id, isRemoved: false, isDone: false });
  }

  async #remove(known: KnownExport): Promise<void> {
    if (known.isRemoved !== false) return;
    known.isRemoved = undefined;
    const answer = await this.#ask('DELETE', `/v1/exports/${known.id}`);
    if (answer) known.isRemoved = true;
  }

  async #read(known: KnownExport): Promise<void> {
    const answer = await this.#ask('GET', `/v1/exports/${known.id}`);
    if (answer) known.isDone = (answer.body as Export).state === 'done';
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
