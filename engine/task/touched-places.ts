import { LAYOUT } from '../plugin/layout.ts';
import { BATCH_RECORD, INSTANCE_RECORD, OP, PROGRAM_RECORD_BYTES } from '../render/program.ts';
import { STEP, STEP_NUMBERS, type TaskImage } from '../render/task-image.ts';

/** Gets what the steps of a plan read and write, in their order. A place is a buffer, or the word that says what is in it. */
export interface TouchedPlaces {
  /**
   * A new record, or a copy between two memories. chunk: what part of the plan it belongs to.   step: it alone, as a step.
   * from, to: the buffers that it reads and writes; -1 for none, or several.
   */
  begin(chunk: number, step: number[], from: number, to: number): void;
  read(place: number): void;
  write(place: number): void;
  /** The instances that the record calls. */
  call(memory: number, instances: number): void;
}

/** A place by memory and address. */
export const placeAt = (memory: number, address: number): number => memory * 2 ** 32 + address;

/**
 * Walks through the steps of an image that no renderer has taken yet, or that one is using. [control]
 *
 * Gains, meters, delay lines and the layouts of instances belong to one record alone, so they are not told: only buffers
 * are passed on. (The one gain that several records use never changes.)
 *
 * memories: all words of each memory.
 */
export function touchPlaces(image: TaskImage, memories: readonly Uint32Array[], touched: TouchedPlaces): void {
  const pointers = new Map<number, number>();
  for (let p = 0; p < image.pokes.length; p += 3)
    pointers.set(placeAt(image.pokes[p]!, image.pokes[p + 1]! >>> 0), image.pokes[p + 2]! >>> 0);
  /** A word as it is when the image is in use. */
  const word = (memory: number, address: number): number =>
    pointers.get(placeAt(memory, address)) ?? memories[memory]![address >>> 2]!;

  const call = (memory: number, record: number): void => {
    const words = memories[memory]!;
    const layout = word(memory, record + INSTANCE_RECORD.layout);
    const [inputs, outputs] = [
      words[(record + INSTANCE_RECORD.inputs) >>> 2]!,
      words[(record + INSTANCE_RECORD.outputs) >>> 2]!,
    ];
    const inputsAt = words[(layout + LAYOUT.inputs) >>> 2]!;
    const firstOutput = words[(record + INSTANCE_RECORD.firstOutput) >>> 2]!;
    const stride = words[(record + INSTANCE_RECORD.outputStride) >>> 2]!;
    const inputFlagsAt = words[(record + INSTANCE_RECORD.inputFlags) >>> 2]!;
    const outputFlagsAt = words[(record + INSTANCE_RECORD.outputFlags) >>> 2]!;
    for (let c = 0; c < inputs; c++) {
      touched.read(placeAt(memory, word(memory, inputsAt + 4 * c)));
      touched.read(placeAt(memory, word(memory, inputFlagsAt + 4 * c)));
    }
    for (let c = 0; c < outputs; c++) {
      touched.write(placeAt(memory, firstOutput + stride * c));
      touched.write(placeAt(memory, outputFlagsAt + 4 * c));
    }
  };

  const { steps, wholeSteps } = image;
  for (let s = 0; s < wholeSteps; s += STEP_NUMBERS) {
    if (steps[s] === STEP.copy) {
      const [from, to] = [placeAt(steps[s + 1]!, steps[s + 2]! >>> 0), placeAt(steps[s + 3]!, steps[s + 4]! >>> 0)];
      touched.begin(steps[s + 7]!, [...steps.subarray(s, s + STEP_NUMBERS)], from, to);
      touched.read(from);
      touched.read(placeAt(steps[s + 1]!, steps[s + 5]! >>> 0));
      touched.write(to);
      touched.write(placeAt(steps[s + 3]!, steps[s + 6]! >>> 0));
      continue;
    }
    const memory = steps[s + 1]!;
    const words = memories[memory]!;
    for (let record = steps[s + 3]!; record < steps[s + 4]!; record++) {
      const at = ((steps[s + 2]! >>> 0) + record * PROGRAM_RECORD_BYTES) >>> 2;
      const op = words[at];
      const isCall = op === OP.process || op === OP.batch;
      const from = isCall || op === OP.zero ? -1 : placeAt(memory, words[at + 2]!);
      const to = isCall || op === OP.meter ? -1 : placeAt(memory, words[at + 1]!);
      const step = [STEP.run, memory, steps[s + 2]!, record, record + 1, 0, 0, 0];
      touched.begin(words[at + 7]!, step, from, to);
      if (op === OP.process) {
        touched.call(memory, 1);
        call(memory, words[at + 2]!);
      } else if (op === OP.batch) {
        const batch = words[at + 1]!;
        const count = words[(batch + BATCH_RECORD.count) >>> 2]!;
        const records = words[(batch + BATCH_RECORD.records) >>> 2]! >>> 2;
        touched.call(memory, count);
        for (let i = 0; i < count; i++) call(memory, words[records + i]!);
      } else {
        if (from >= 0) {
          touched.read(from);
          touched.read(placeAt(memory, words[at + 5]!));
        }
        if (to < 0) continue;
        touched.write(to);
        touched.write(placeAt(memory, words[at + 4]!));
      }
    }
  }
}
