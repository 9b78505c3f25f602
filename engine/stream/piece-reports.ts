import type { PacketMeters } from '@audiocloud/api/packet';
import { ReportRing } from '../render/report-ring.ts';
import type { ReportPlace } from '../task/report-places.ts';
import type { NodeReports } from './stream-message.ts';

/** A packet has all reports of its task when they are so many values at most, otherwise those of the instance that is heard. */
const MOST_VALUES = 64;

/** The reports that packets of one node carry. [stream thread] */
export class PieceReports {
  readonly #ring: ReportRing;
  readonly #layout: readonly ReportPlace[];

  /** node: `task/name`, as the hub knows it. */
  constructor({ memory, layout }: NodeReports, node: string) {
    this.#ring = new ReportRing(memory);
    const values = layout.reduce((sum, { count }) => sum + count, 0);
    this.#layout = values <= MOST_VALUES ? layout : layout.filter(({ instance }) => node.endsWith(`/${instance}`));
  }

  /** What was published when the frames before `endFrame` were rendered: by the last block of which they have the better half. */
  before(playId: number, endFrame: number): PacketMeters['reports'] {
    if (this.#layout.length === 0) return undefined;
    const values = this.#ring.before(playId, endFrame);
    if (!values) return undefined;
    const reports: NonNullable<PacketMeters['reports']> = {};
    for (const { instance, report, at, count } of this.#layout) {
      reports[instance] ??= {};
      reports[instance][report] = Array.from(values.subarray(at, at + count), told);
    }
    return reports;
  }
}

/** Six digits, as the levels; what is not finite is 0. */
const told = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : 0);
