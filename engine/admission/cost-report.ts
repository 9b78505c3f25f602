import { asAudioCloudError, type Instance } from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import { loadPlugin } from '../plugin/load-plugin.ts';
import { dearestPreset } from './dearest-preset.ts';
import { measureCost } from './measure-cost.ts';
import { nsOf } from './model-costs.ts';

/** Time that one instance takes for a block, in ns. */
export interface CostLine {
  /** Alone. */
  oneNs: number;
  /** One of 32 side by side, which share vectors where the plugin can. */
  besideNs: number;
}

export interface CostReport {
  id: string;
  widths: Record<string, number>;
  sampleRate: number;
  blockFrames: number;
  usual?: CostLine;
  /** At the dearest values of its parameters that a search found; absent when those are the defaults. */
  dearest?: CostLine & { parameters: Instance['parameters'] };
  /** Why it could not be measured. */
  error?: string;
}

const MANY = 32;

/** What the models of a plugin cost on this machine, in their default widths: what admission counts with. [control] */
export function costReport(folder: string, sampleRate = 48000, blockFrames = 128): CostReport[] {
  const plugin = loadPlugin(folder);
  return plugin.models.map((model) => {
    const widths = portWidths(model.id, { model: model.id }, model);
    const head = { id: model.id, widths, sampleRate, blockFrames };
    const question = { plugin, model, widths, sampleRate, blockFrames };
    const lineOf = (parameters: Instance['parameters']): CostLine => {
      const cost = measureCost({ ...question, parameters });
      return { oneNs: nsOf(cost, 1), besideNs: nsOf(cost, MANY) / MANY };
    };
    try {
      const parameters = dearestPreset(question);
      const usual = lineOf(undefined);
      return { ...head, usual, ...(parameters ? { dearest: { ...lineOf(parameters), parameters } } : {}) };
    } catch (thrown) {
      return { ...head, error: asAudioCloudError(thrown).message };
    }
  });
}
