import { AudioCloudError } from '@audiocloud/api';

/** What the settings of the manifest say. */
export interface HidSettings {
  numberedReports?: boolean;
  /** Of an outgoing report, without its number. */
  reportBytes?: number;
}

const refuse = (why: string): never => {
  throw new AudioCloudError('DRIVER_INVALID', `Cannot send the report: ${why}; correct the driver`);
};

/** A report as the library takes it: its number first, 0 where reports have none. [any] Throws DRIVER_INVALID. */
export function outgoing(report: Uint8Array, { numberedReports = false, reportBytes }: HidSettings): Uint8Array {
  if (report.length < 2) refuse(`it has ${report.length} bytes, wanted its number and at least one more`);
  const number = report[0]!;
  if (numberedReports !== number > 0)
    refuse(
      `its first byte is ${number}, wanted ${numberedReports ? 'the number of the report, 1 to 255' : '0: reports have no numbers'}`,
    );
  if (reportBytes === undefined) return report;
  if (report.length > reportBytes + 1)
    refuse(`it has ${report.length - 1} bytes after its number, the settings say reportBytes: ${reportBytes}`);
  const whole = new Uint8Array(reportBytes + 1);
  whole.set(report);
  return whole;
}

/** A report as the library gives it, with its number first in any case. [any] */
export function incoming(data: Uint8Array, { numberedReports = false }: HidSettings): Uint8Array {
  if (numberedReports) return data;
  const report = new Uint8Array(data.length + 1);
  report.set(data, 1);
  return report;
}
