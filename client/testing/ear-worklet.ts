// The scope of a worklet, of which the DOM library says nothing.
declare const registerProcessor: (name: string, processor: new () => object) => void;
declare const AudioWorkletProcessor: { new (): { readonly port: MessagePort } };

/** What an ear at the end of the worklets tells: samples as they leave them, and when, by the clock of the machine. */
export interface EarTold {
  /** Milliseconds since 1970. */
  atMs: number;
  planes: Float32Array[];
}

/** Tells all that passes, a quantum at a time, and lets it through. */
class EarProcessor extends AudioWorkletProcessor {
  process([input]: Float32Array[][], [output]: Float32Array[][]): boolean {
    const atMs = Date.now();
    const planes = input!.map((plane) => plane.slice());
    for (const [c, plane] of input!.entries()) output![c]?.set(plane);
    if (planes.length > 0)
      this.port.postMessage(
        { atMs, planes } satisfies EarTold,
        planes.map(({ buffer }) => buffer),
      );
    return true;
  }
}

registerProcessor('audiocloud-ear', EarProcessor);
