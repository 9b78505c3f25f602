import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ErrorBody, Task } from '@audiocloud/api';
import { toneTask } from './test-domain.ts';

/** A task as one who made all its changes knows it; undefined when it was deleted, or never made. */
interface Known {
  id: string;
  revision: number;
  names: string[];
  gain: number;
  isPlaying: boolean;
}

interface Operation {
  kind: 'create' | 'edit' | 'set' | 'transport' | 'delete';
  key: string;
  method: string;
  path: string;
  body?: unknown;
  /** What is there when it took effect. */
  after: Known | undefined;
}

const RESTING_NAMES = Object.keys(toneTask.instances!);
const MOST_PAIRS = 3;

/**
 * Changes one task after another, each change with a key of its own, which is sent again until it is answered.
 *
 * Nobody else changes its tasks. So what the domain has after it came back is what was acknowledged, or that with the one
 * change that was under way.
 */
export class RetryingClient {
  readonly acknowledged: Operation[] = [];
  /** Sent more than once. */
  retries = 0;
  readonly #name: string;
  readonly #random: () => number;
  readonly #urlOf: () => Promise<string>;
  #known: Known | undefined;
  #pending: Operation | undefined;
  #count = 0;

  /** urlOf: settles when the domain may be asked. */
  constructor(name: string, random: () => number, urlOf: () => Promise<string>) {
    this.#name = name;
    this.#random = random;
    this.#urlOf = urlOf;
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const operation = this.#next();
      this.#pending = operation;
      await this.#send(operation);
      this.#known = operation.after;
      this.#pending = undefined;
      this.acknowledged.push(operation);
    }
  }

  /** What is wrong with what the domain has; undefined when all that was acknowledged is there, and nothing half. */
  async fault(url: string): Promise<string | undefined> {
    const found = await this.#found(url);
    const allowed = this.#pending ? [this.#known, this.#pending.after] : [this.#known];
    // Deleted, and the next one not made yet: both are nothing.
    if (allowed.some((known) => isDeepStrictEqual(known, found))) return undefined;
    return `${JSON.stringify(found)} was found, wanted ${allowed.map((one) => JSON.stringify(one)).join(' or ')}, under way: ${this.#pending?.kind}`;
  }

  async #found(url: string): Promise<Known | undefined> {
    const id = this.#pending?.after?.id ?? this.#known?.id;
    if (id === undefined) return undefined;
    const answer = await fetch(`${url}/v1/tasks/${id}`);
    if (answer.status === 404) return undefined;
    const { revision, task } = (await answer.json()) as { revision: number; task: Task };
    const { tasks } = (await (await fetch(`${url}/v1/tasks`)).json()) as { tasks: { id: string; playing: boolean }[] };
    const instances = task.instances ?? {};
    return {
      id,
      revision,
      names: Object.keys(instances)
        .filter((name) => !RESTING_NAMES.includes(name))
        .sort(),
      gain: instances['gain']!.parameters!['gain'] as number,
      isPlaying: tasks.find((one) => one.id === id)!.playing,
    };
  }

  async #send({ key, method, path, body }: Operation): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst) this.retries++;
      const answer = await fetch((await this.#urlOf()) + path, {
        method,
        headers: { 'idempotency-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
        .then(async (response) => ({ isGood: response.ok, text: await response.text() }))
        .catch(() => undefined);
      if (answer?.isGood) return;
      if (answer) {
        const error = JSON.parse(answer.text) as ErrorBody;
        if (error.retry !== 'soon') throw new Error(`${method} ${path} (${key}): ${answer.text}`);
      }
      await sleep(10);
    }
  }

  #next(): Operation {
    const number = ++this.#count;
    const key = `${this.#name}-${number}`;
    const before = this.#known;
    if (!before) {
      const id = key;
      const after = { id, revision: 1, names: [], gain: 0, isPlaying: false };
      return { kind: 'create', key, method: 'POST', path: '/v1/tasks', body: { id, task: toneTask }, after };
    }
    const path = `/v1/tasks/${before.id}`;
    const chance = this.#random();
    if (chance < 0.08) return { kind: 'delete', key, method: 'DELETE', path, after: undefined };
    if (chance < 0.5) {
      const { edits, names } = this.#pair(number, before);
      const after = { ...before, revision: before.revision + 1, names };
      return { kind: 'edit', key, method: 'POST', path: `${path}/edits`, body: { edits }, after };
    }
    if (chance < 0.8) {
      const gain = -(number % 1000) / 20;
      const changes = [{ instance: 'gain', parameter: 'gain', value: gain }];
      const after = { ...before, gain };
      return { kind: 'set', key, method: 'PATCH', path: `${path}/parameters`, body: { changes }, after };
    }
    const after = { ...before, isPlaying: !before.isPlaying };
    return {
      kind: 'transport',
      key,
      method: 'PATCH',
      path: `${path}/transport`,
      body: { play: after.isPlaying },
      after,
    };
  }

  /** Two instances come or go together: one of them alone is half an edit. */
  #pair(number: number, { names }: Known) {
    const pair = [`x${number}`, `y${number}`];
    if (names.length < 2 * MOST_PAIRS) {
      const value = { model: 'audiocloud:gain' };
      const edits = pair.map((name) => ({ op: 'put', part: 'instances', name, value }));
      return { edits, names: [...names, ...pair].sort() };
    }
    const [first = ''] = names;
    const gone = [first, first.replace('x', 'y')];
    const edits = gone.map((name) => ({ op: 'remove', part: 'instances', name }));
    return { edits, names: names.filter((name) => !gone.includes(name)) };
  }
}
