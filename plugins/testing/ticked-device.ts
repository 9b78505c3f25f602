import { type MakeDevice, type SimulatedDevice, TICK_MS } from '@audiocloud/api';

/** A simulated device whose time goes by when it is told to. Bytes are hexadecimal. */
export class TickedDevice {
  /** What it said so far, oldest first. */
  readonly said: string[] = [];
  private readonly device: SimulatedDevice;

  constructor(make: MakeDevice) {
    this.device = make((bytes) => this.said.push(Buffer.from(bytes).toString('hex')), { id: 'test', attributes: {} });
  }

  get state(): Record<string, unknown> {
    return this.device.state!();
  }

  receive(bytes: string | Uint8Array): void {
    this.device.receive(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
  }

  /** Text in Latin-1. */
  tell(text: string): void {
    this.device.receive(Buffer.from(text, 'latin1'));
  }

  /** What it said since the last call, as text. */
  heard(): string[] {
    return this.said.splice(0).map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
  }

  /** Peaks by channel; the RMS is 3 dB below, as of a sine. */
  hear(...peaksDb: number[]): void {
    this.device.hear!(peaksDb.map((peakDb) => ({ peakDb, rmsDb: peakDb - 3 })));
  }

  wait(seconds: number): void {
    for (let ms = 0; ms < seconds * 1000; ms += TICK_MS) this.device.tick();
  }

  /** The last thing that it said. */
  get last(): string {
    return this.said.at(-1)!;
  }
}
