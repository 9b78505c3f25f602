import type { TaskImage } from './task-image.ts';

const NOTHING = new Int32Array(0);

/** An image that is in use already: what is done once, when it comes into use, is done. */
export function inUse(image: TaskImage): TaskImage {
  return { ...image, pokes: NOTHING, clears: NOTHING, carries: NOTHING, fades: new Float64Array(0) };
}
