import { type GuardImage, GuardRunner } from '../guard/guard-runner.ts';

/** The guards of a device's outputs as its thread gets them. */
export interface DeviceGuardImages {
  image: GuardImage;
  /** By output. */
  addresses: number[];
  maxFrames: number;
}

/** What a device plays, behind the guards of its outputs. [device] */
export class GuardedMix {
  private readonly guards: GuardRunner[];
  private readonly outputs: Float32Array[];

  constructor({ image, addresses, maxFrames }: DeviceGuardImages) {
    this.guards = addresses.map((address) => new GuardRunner(image, address, maxFrames));
    this.outputs = this.guards.map(({ channels }) => channels[0]!);
  }

  /** mix: by output, at least `frames` long. Returns what may be played, valid until the next call. */
  process(mix: readonly Float32Array[], frames: number): readonly Float32Array[] {
    for (let output = 0; output < this.guards.length; output++) {
      this.outputs[output]!.set(mix[output]!);
      this.guards[output]!.process(frames, false);
    }
    return this.outputs;
  }
}
