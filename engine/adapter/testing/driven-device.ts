import { join } from 'node:path';
import type { Driver, Model, Value } from '@audiocloud/api';
import { parameterValues, valueCount } from '@audiocloud/api';
import { DeviceEncoder } from '../device-encoder.ts';
import { loadDevicePackage } from '../device-package.ts';
import { type IncomingReader, incomingReader } from '../incoming-reader.ts';
import { questionBytes } from '../question-bytes.ts';
import { ReportDecoder } from '../report-decoder.ts';

const STOCK = join(import.meta.dirname, '../../../plugins/devices');

/** A stock device as its driver drives it, without a port: bytes out for values, reports out of bytes. Texts are hexadecimal. */
export class DrivenDevice {
  private readonly model: Model;
  private readonly driver: Driver;
  private readonly encoder: DeviceEncoder;
  private readonly reader: IncomingReader;
  private readonly decoder: ReportDecoder;

  constructor(model: Model, driver: Driver) {
    this.model = model;
    this.driver = driver;
    this.encoder = new DeviceEncoder(model, driver);
    this.reader = incomingReader(driver);
    this.decoder = new ReportDecoder(model, driver);
  }

  /** What is sent on a connection, with the defaults of the model. */
  start(): string[] {
    const values = this.model.parameters.map((parameter) =>
      parameterValues(parameter, valueCount(parameter.scope, this.model, {}), undefined),
    );
    return this.encoder.all(values).map(({ bytes }) => hex(bytes));
  }

  set(parameter: string, value: Value, index = 0): string {
    const place = this.model.parameters.findIndex(({ id }) => id === parameter);
    return hex(this.encoder.encode(place, index, this.encoder.wire(place, index, value)).bytes);
  }

  polls(): string[] {
    return (this.driver.polling ?? []).map((poll) => hex(questionBytes(poll, this.encoder)));
  }

  /** Reports by `id index`. */
  receive(bytes: string | Uint8Array): Record<string, Value> {
    const incoming = this.reader.push(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
    const reports = [...incoming].flatMap((one) => this.decoder.read(one));
    return Object.fromEntries(reports.map(({ report, index, value }) => [`${report} ${index}`, value]));
  }

  get garbage(): number {
    return this.reader.garbage + this.decoder.garbage;
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A device of plugins/devices. Rejects with every mistake that the linter finds. */
export async function stockDevice(name: string): Promise<DrivenDevice> {
  const [device] = await loadDevicePackage(join(STOCK, name));
  return new DrivenDevice(device!.model, device!.driver);
}
