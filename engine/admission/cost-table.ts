import { asAudioCloudError, type Instance } from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import { loadPlugin } from '../plugin/load-plugin.ts';
import { measureCost } from './measure-cost.ts';
import { nsOf } from './model-costs.ts';

/** What one instance costs in blocks of one size: ns for a frame, all its channels together. */
export interface CostRow {
  blockFrames: number;
  /** Alone. */
  aloneNs: number;
  /** One of four and one of 32 side by side, which share vectors where the plugin can. */
  ofFourNs: number;
  ofManyNs: number;
}

export interface CostTable {
  id: string;
  widths: Record<string, number>;
  sampleRate: number;
  /** Whether the plugin renders several instances by one call. */
  hasLanes: boolean;
  rows: CostRow[];
  /** Why it could not be measured. */
  error?: string;
}

export interface CostTableOptions {
  sampleRate: number;
  blocks: readonly number[];
  /** Only this model. */
  model?: string | undefined;
  parameters?: Instance['parameters'];
  /** 0 to 1. */
  onProgress?: (part: number) => void;
}

const FOUR = 4;
const MANY = 32;

/**
 * What the models of a plugin cost on this machine at several sizes of blocks, the host's work on them included. [control]
 *
 * Measured as among other tasks, with what others left in the caches: about a quarter of a second for each size.
 * Throws what loadPlugin throws.
 */
export function costTables(folder: string, options: CostTableOptions): CostTable[] {
  const { sampleRate, blocks, parameters, onProgress } = options;
  const plugin = loadPlugin(folder);
  const models = plugin.models.filter(({ id }) => options.model === undefined || id === options.model);
  let done = 0;
  return models.map((model) => {
    const widths = portWidths(model.id, { model: model.id }, model);
    const table: CostTable = { id: model.id, widths, sampleRate, hasLanes: plugin.module.hasMany, rows: [] };
    for (const blockFrames of blocks) {
      try {
        const cost = measureCost({ plugin, model, widths, parameters, sampleRate, blockFrames });
        const perFrame = (count: number) => nsOf(cost, count) / count / blockFrames;
        table.rows.push({ blockFrames, aloneNs: perFrame(1), ofFourNs: perFrame(FOUR), ofManyNs: perFrame(MANY) });
      } catch (thrown) {
        table.error = asAudioCloudError(thrown).message;
      }
      done += 1;
      onProgress?.(done / (models.length * blocks.length));
    }
    return table;
  });
}
