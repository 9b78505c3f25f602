import { gainTarget, isThere, waitLeft } from '../render/gain-record.ts';
import { PATIENCE_FRAMES } from './fade-schedule.ts';
import type { GainPlace } from './gain-compiler.ts';
import type { Fading, LiveGraph } from './live-graph.ts';
import type { TaskMemories } from './task-memories.ts';

/**
 * How far the fades of the graph in use have come, read from the records that the render side moves on. [control]
 *
 * A fade may go on while it is read: it is never reported over, or begun, before it is.
 *
 * moving: gains that were not at their value when the graph was compiled.
 */
export function fadingFrom(before: LiveGraph, moving: readonly GainPlace[], { list }: TaskMemories): Fading {
  const left = ({ memory, address }: GainPlace) => waitLeft(list[memory]!.views, address);
  const isSilent = ({ memory, address }: GainPlace) => {
    const { views } = list[memory]!;
    return gainTarget(views, address) === 0 && isThere(views, address);
  };
  return {
    before,
    isOver: ({ records }) => records?.every((record) => !record || isSilent(record)) ?? true,
    pendingFrames: moving.reduce((most, gain) => {
      const frames = left(gain);
      return frames > PATIENCE_FRAMES ? most : Math.max(most, frames);
    }, 0),
    waitLeft: ({ records }) =>
      records?.reduce((most, record) => (record ? Math.max(most, left(record)) : most), 0) ?? 0,
  };
}
