import { JitterRing, type RingFacts } from './jitter-ring.ts';

// The scope of a worklet, of which the DOM library says nothing.
declare const registerProcessor: (name: string, processor: new (options: never) => object) => void;
declare const AudioWorkletProcessor: { new (): { readonly port: MessagePort } };
declare const sampleRate: number;

/** What the worklet tells about ten times a second. */
export interface PlayerFacts extends RingFacts {
  playedFrames: number;
  /** Frames with a sample other than zero. */
  audibleFrames: number;
}

/** What the worklet is told: more interleaved samples. */
export interface PlayerMessage {
  samples: Float32Array;
}

const FACTS_EVERY_FRAMES = 4800;

class StreamProcessor extends AudioWorkletProcessor {
  private ring: JitterRing;
  private playedFrames = 0;
  private audibleFrames = 0;
  private untilFacts = FACTS_EVERY_FRAMES;

  constructor({ processorOptions }: { processorOptions: { channels: number; targetFrames: number } }) {
    super();
    this.ring = new JitterRing(processorOptions.channels, processorOptions.targetFrames, sampleRate);
    this.port.onmessage = ({ data }: MessageEvent<PlayerMessage>) => this.ring.push(data.samples);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]!;
    const first = output[0]!;
    this.ring.pull(output);
    for (let i = 0; i < first.length; i++) if (first[i] !== 0) this.audibleFrames++;
    this.playedFrames += first.length;
    this.untilFacts -= first.length;
    if (this.untilFacts <= 0) {
      this.untilFacts = FACTS_EVERY_FRAMES;
      this.port.postMessage({
        ...this.ring.facts(),
        playedFrames: this.playedFrames,
        audibleFrames: this.audibleFrames,
      } satisfies PlayerFacts);
    }
    return true;
  }
}

registerProcessor('audiocloud-stream', StreamProcessor);
