import type { Instance } from '@audiocloud/api';
import { type AudioData, LAYOUT, PluginMemory, Probe } from '@audiocloud/engine';
import { stockRegistry } from './ours.ts';

const BLOCK = 128;

export interface OwnKernelOptions {
  /** Of all audio ports. */
  channels: number;
  /** More than one are rendered by one call, so that they may share vectors. */
  instances: number;
  parameters: Instance['parameters'];
  /** For every channel of every instance (of its first input port), a multiple of the block. */
  input: Float32Array[];
  /** By slot. */
  media?: AudioData[];
  /** Default 128. */
  blockFrames?: number;
}

/** Instances of one stock model and nothing else: the render twin's calls, with fuel, on sound that is in its memory already. */
export class OwnKernel {
  readonly #memory: PluginMemory;
  readonly #probes: Probe[];
  readonly #channels: number;
  readonly #frames: number;
  readonly #block: number;
  readonly #list: number;
  readonly #sound: number;

  constructor(model: string, kernel: OwnKernelOptions) {
    const { channels, instances, parameters, input, media = [], blockFrames = BLOCK } = kernel;
    const plugin = stockRegistry().find(model).plugin!;
    const { inputs, outputs } = plugin.models.find(({ id }) => id === model)!;
    const ports = [...inputs, ...outputs].filter(({ kind }) => kind === 'audio');
    const widths = Object.fromEntries(ports.map(({ id }) => [id, channels]));
    const memory = new PluginMemory(plugin);
    const options = { sampleRate: 48000, maxFrames: blockFrames, widths, parameters: parameters ?? {}, memory, media };
    this.#memory = memory;
    this.#channels = channels;
    this.#frames = input[0]!.length;
    this.#block = blockFrames;
    this.#probes = Array.from({ length: instances }, () => new Probe(plugin, model, options));
    this.#list = memory.alloc(4 * instances);
    this.#sound = memory.alloc(4 * this.#frames * input.length);
    memory.views.u32.set(
      this.#probes.map(({ layout }) => layout),
      this.#list >> 2,
    );
    input.forEach((plane, c) => {
      memory.views.f32.set(plane, (this.#sound >> 2) + c * this.#frames);
    });
    for (const { layout } of this.#probes) memory.setWord(layout, LAYOUT.silentIn, 0);
  }

  /** The whole input once: channels of the first instance, of the second, and so on. */
  render(): Float32Array[] {
    const out = this.#probes.flatMap((probe) =>
      Array.from({ length: probe.outputChannels }, () => new Float32Array(this.#frames)),
    );
    this.#pass((at) => {
      const block = this.#probes.flatMap((probe) => probe.readOutputs(probe.status, this.#block));
      block.forEach((plane, c) => {
        out[c]!.set(plane, at);
      });
    });
    return out;
  }

  /** Seconds for so many passes over the input. */
  time(passes: number): number {
    const begun = performance.now();
    for (let pass = 0; pass < passes; pass++) this.#pass();
    return (performance.now() - begun) / 1000;
  }

  /** Seconds of each block of the input but the first, the shortest of so many passes. */
  blockTimes(passes: number): Float64Array {
    const times = new Float64Array(this.#frames / this.#block).fill(Number.POSITIVE_INFINITY);
    for (let pass = 0; pass < passes; pass++) {
      let begun = 0;
      this.#pass((at) => {
        const seconds = (performance.now() - begun) / 1000;
        const block = at / this.#block;
        if (seconds < times[block]!) times[block] = seconds;
        begun = performance.now();
      });
    }
    return times.subarray(1);
  }

  #pass(heard?: (at: number) => void): void {
    const { twin, layout } = this.#probes[0]!;
    const { u32 } = this.#memory.views;
    const count = this.#probes.length;
    // where the layout says that the addresses of the channels are
    const pointers = this.#probes.map((probe) => this.#memory.word(probe.layout, LAYOUT.inputs) >> 2);
    for (let at = 0; at < this.#frames; at += this.#block) {
      for (let n = 0, plane = 0; n < count; n++)
        for (let c = 0; c < this.#channels; c++, plane++)
          u32[pointers[n]! + c] = this.#sound + 4 * (plane * this.#frames + at);
      if (count === 1) twin.process(layout, this.#block);
      else twin.processMany(this.#list, count, this.#block);
      if (twin.fault) throw new Error(`${this.#probes[0]!.model.id} failed: ${twin.fault}`);
      heard?.(at);
    }
  }
}
