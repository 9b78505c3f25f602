import type { Driver, Mapping, Model, Value, Wire } from '@audiocloud/api';
import type { Incoming } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { fromWire } from './way-to-wire.ts';

/** A report that came in. */
export interface DecodedReport {
  report: string;
  index: number;
  value: Value;
}

interface Target {
  report: string;
  index: number;
  read(incoming: Incoming): Wire | undefined;
  value(wire: Wire): Value | undefined;
}

const sizeOf = (incoming: Incoming) =>
  typeof incoming === 'string' || incoming instanceof Uint8Array
    ? incoming.length
    : Buffer.byteLength(JSON.stringify(incoming));

/** Reports out of what comes in on one connection. [any] */
export class ReportDecoder {
  /** Bytes that meant nothing so far: of a report, but no value of it; lines that nothing reads. */
  garbage = 0;
  private readonly targets: Target[];

  constructor(model: Model, driver: Driver) {
    this.targets = model.reports.flatMap((report) =>
      [driver.reports[report.id]!].flat().map((mapping: Mapping, index) => ({
        report: report.id,
        index,
        read: kindOf(mapping).reader(mapping, driver),
        value: fromWire(report, mapping),
      })),
    );
  }

  /** The reports in it. isExpected: it is an answer that was waited for, so it need not hold any. */
  read(incoming: Incoming, isExpected = false): DecodedReport[] {
    const reports: DecodedReport[] = [];
    let isMeant = false;
    for (const { report, index, read, value } of this.targets) {
      const wire = read(incoming);
      if (wire === undefined) continue;
      isMeant = true;
      const decoded = value(wire);
      if (decoded !== undefined) reports.push({ report, index, value: decoded });
    }
    // Messages, packets and answers that no report reads are the device's own business; lines it sends to us alone.
    if (!reports.length && !isExpected && (isMeant || typeof incoming === 'string')) this.garbage += sizeOf(incoming);
    return reports;
  }
}
