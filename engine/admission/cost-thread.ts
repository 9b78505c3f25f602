import { parentPort } from 'node:worker_threads';
import { asAudioCloudError, type ErrorBody } from '@audiocloud/api';
import { optimiseWasm } from '../plugin/optimise.ts';
import { type CostQuestion, type HostCost, type ModelCost, measureCost, measureHost } from './measure-cost.ts';

/* A worker that measures costs, one after the other: off the control thread, which must answer, and off the render threads. */

export type CostOrder =
  | { id: number; type: 'model'; question: CostQuestion }
  | { id: number; type: 'host'; sampleRate: number; blockFrames: number };

export type CostAnswer = { id: number } & ({ cost: ModelCost | HostCost } | { error: ErrorBody });

optimiseWasm();
parentPort?.on('message', (order: CostOrder) => {
  let answer: CostAnswer;
  try {
    const cost =
      order.type === 'model' ? measureCost(order.question) : measureHost(order.sampleRate, order.blockFrames);
    answer = { id: order.id, cost };
  } catch (thrown) {
    answer = { id: order.id, error: asAudioCloudError(thrown).toJSON() };
  }
  parentPort!.postMessage(answer);
});
