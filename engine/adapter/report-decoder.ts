import { type Driver, type Mapping, type Model, numberToValue, type Report, type Value } from '@audiocloud/api';
import { LineReader } from './line-reader.ts';
import { lineTemplate, parseNumber } from './line-template.ts';
import { ControlChangeReader } from './midi-bytes.ts';
import { rescale } from './rescale.ts';

/** A report that came in. */
export interface DecodedReport {
  report: string;
  index: number;
  value: Value;
}

/** The value of a report from what stood on the wire, or undefined when it is none. [any] */
function fromWire(report: Report, mapping: Mapping, wire: number | string): Value | undefined {
  if (mapping.map) {
    const number = typeof wire === 'string' ? parseNumber(wire) : wire;
    return mapping.map.find((entry) => entry.wire === wire || entry.wire === number)?.value;
  }
  const number = typeof wire === 'string' ? parseNumber(wire) : wire;
  if (number === undefined) return undefined;
  return numberToValue(report, mapping.rescale ? rescale(number, mapping.rescale.from, mapping.rescale.to) : number);
}

/** Reports out of the bytes of one connection; keeps what is cut until the rest comes. [any] */
export interface ReportDecoder {
  /** Bytes (lines, messages) that meant nothing so far. */
  readonly garbage: number;
  push(bytes: Uint8Array): DecodedReport[];
}

interface Target {
  report: Report;
  index: number;
  mapping: Mapping;
}

/** Makes the decoder that a driver needs: controllers for midi, lines for all others. [any] */
export function reportDecoder(model: Model, driver: Driver): ReportDecoder {
  const targets = model.reports.flatMap((report) =>
    [driver.reports[report.id]!].flat().map((mapping, index): Target => ({ report, index, mapping })),
  );
  return driver.adapter === 'midi' ? new ControllerDecoder(targets) : new LineDecoder(targets, driver.delimiter);
}

function decoded({ report, index, mapping }: Target, wire: number | string): DecodedReport | undefined {
  const value = fromWire(report, mapping, wire);
  return value === undefined ? undefined : { report: report.id, index, value };
}

class ControllerDecoder implements ReportDecoder {
  private readonly reader = new ControlChangeReader();
  /** By channel and controller; 14-bit targets stand under the second controller, which completes the value. */
  private readonly targets = new Map<number, Target>();
  private readonly upperHalf = new Map<number, number>();
  private unmapped = 0;

  constructor(targets: Target[]) {
    for (const target of targets)
      if ('cc' in target.mapping) {
        const { channel, controller, bits } = target.mapping.cc;
        this.targets.set(channel * 128 + controller + (bits === 14 ? 32 : 0), target);
      }
  }

  get garbage(): number {
    return this.reader.garbage + this.unmapped;
  }

  push(bytes: Uint8Array): DecodedReport[] {
    const reports: DecodedReport[] = [];
    for (const { channel, controller, value } of this.reader.push(bytes)) {
      const key = channel * 128 + controller;
      if (controller < 32) this.upperHalf.set(key, value);
      const target = this.targets.get(key);
      // Controllers that no report reads are the device's own business.
      if (!target) continue;
      const is14 = 'cc' in target.mapping && target.mapping.cc.bits === 14;
      const report = decoded(target, is14 ? ((this.upperHalf.get(key - 32) ?? 0) << 7) | value : value);
      if (report) reports.push(report);
      else this.unmapped += 3;
    }
    return reports;
  }
}

class LineDecoder implements ReportDecoder {
  private readonly reader: LineReader;
  private readonly targets: { target: Target; match(line: string): string | undefined }[];
  private unmatched = 0;

  constructor(targets: Target[], delimiter: string | undefined) {
    this.reader = new LineReader(delimiter);
    this.targets = targets.flatMap((target) =>
      'line' in target.mapping ? [{ target, match: lineTemplate(target.mapping.line).match }] : [],
    );
  }

  get garbage(): number {
    return this.reader.garbage + this.unmatched;
  }

  push(bytes: Uint8Array): DecodedReport[] {
    const reports: DecodedReport[] = [];
    for (const line of this.reader.push(bytes)) {
      if (!line) continue;
      const report = this.read(line);
      if (report) reports.push(report);
      else this.unmatched += line.length;
    }
    return reports;
  }

  private read(line: string): DecodedReport | undefined {
    for (const { target, match } of this.targets) {
      const text = match(line);
      const report = text === undefined ? undefined : decoded(target, text);
      if (report) return report;
    }
    return undefined;
  }
}
