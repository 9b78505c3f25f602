import { PlayoutBuffer } from '../playout/playout-buffer.ts';
import { PLAYER_PROCESSOR, type PlayerAsk, type PlayerOptions, type PlayerTold } from './player-messages.ts';

// The scope of a worklet, of which the DOM library says nothing.
declare const registerProcessor: (name: string, processor: new (options: never) => object) => void;
declare const AudioWorkletProcessor: { new (): { readonly port: MessagePort } };
declare const sampleRate: number;
declare const currentFrame: number;

const FACTS_A_SECOND = 30;

/** Plays what it is sent, evenly; time is that of the sound card. */
class PlayerProcessor extends AudioWorkletProcessor {
  #buffer: PlayoutBuffer;
  #untilFacts = 0;

  constructor({ processorOptions }: { processorOptions: PlayerOptions }) {
    super();
    this.#buffer = new PlayoutBuffer({ ...processorOptions, sampleRate });
    this.port.onmessage = ({ data }: MessageEvent<PlayerAsk>) => {
      if (data.type === 'piece') this.#buffer.push(data.piece, currentFrame);
      else if (data.type === 'skip') this.#buffer.skipToNow();
      else this.#tell({ type: 'runs', facts: this.#buffer.facts(), runs: this.#buffer.heardRuns() });
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]!;
    this.#buffer.pull(output, currentFrame);
    this.#untilFacts -= output[0]!.length;
    if (this.#untilFacts <= 0) {
      this.#untilFacts = sampleRate / FACTS_A_SECOND;
      this.#tell({ type: 'facts', facts: this.#buffer.facts() });
    }
    return true;
  }

  #tell(told: PlayerTold): void {
    this.port.postMessage(told);
  }
}

registerProcessor(PLAYER_PROCESSOR, PlayerProcessor);
