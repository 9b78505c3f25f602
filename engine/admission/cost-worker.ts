import { Worker } from 'node:worker_threads';
import { AudioCloudError } from '@audiocloud/api';
import type { CostQuestion, HostCost, ModelCost } from './measure-cost.ts';
import type { CostAnswer, CostOrder } from './cost-thread.ts';

/** A plugin that is not measured in this time hangs: a quarter of a second is usual, a hundred times that on a machine that is full. */
const PATIENCE_MS = 60_000;
/** Without work the thread ends after so long. */
const REST_MS = 5_000;

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Has costs measured on a thread of their own, which lives while there is work. [control] */
export class CostWorker {
  #worker: Worker | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  #rest: NodeJS.Timeout | undefined;

  /** Rejects with INSTANCE_FAILED when the plugin fails or hangs. */
  model(question: CostQuestion): Promise<ModelCost> {
    return this.#inTurn({ type: 'model', question }) as Promise<ModelCost>;
  }

  host(sampleRate: number, blockFrames: number): Promise<HostCost> {
    return this.#inTurn({ type: 'host', sampleRate, blockFrames }) as Promise<HostCost>;
  }

  async close(): Promise<void> {
    clearTimeout(this.#rest);
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #inTurn(order: Unnumbered<CostOrder>): Promise<ModelCost | HostCost> {
    const done = this.#tail.then(() => this.#ask({ ...order, id: ++this.#lastId } as CostOrder));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  #ask(order: CostOrder): Promise<ModelCost | HostCost> {
    clearTimeout(this.#rest);
    this.#worker ??= new Worker(new URL(`./cost-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'costs',
    });
    const worker = this.#worker;
    return new Promise<ModelCost | HostCost>((resolve, reject) => {
      const lose = (why: string): void => {
        clearTimeout(timer);
        if (this.#worker === worker) this.#worker = undefined;
        void worker.terminate();
        reject(new AudioCloudError('INSTANCE_FAILED', `Cannot measure a cost: ${why}`));
      };
      const timer = setTimeout(() => lose(`no answer within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
      worker.removeAllListeners();
      worker.on('error', (error) => lose(error.message));
      worker.on('exit', () => lose('its thread ended'));
      worker.on('message', (answer: CostAnswer) => {
        if (answer.id !== order.id) return;
        clearTimeout(timer);
        this.#rest = setTimeout(() => void this.close(), REST_MS);
        if ('cost' in answer) resolve(answer.cost);
        else reject(AudioCloudError.from(answer.error));
      });
      worker.postMessage(order);
    });
  }
}
