import type { TransportState } from '@audiocloud/api';
import type { TaskRecord } from './task-record.ts';

/** The transport of a task that no engine has: it stands where it would go on. [any] sampleRate: of the engine, if it is known. */
export function storedTransport(
  { graph, positionSeconds, loop }: Readonly<TaskRecord>,
  sampleRate = graph.sampleRate,
): TransportState {
  return {
    playing: false,
    sampleRate,
    positionFrames: Math.round(positionSeconds * sampleRate),
    streamFrame: 0,
    playId: 0,
    loop: loop === undefined ? (graph.loop ?? null) : loop,
  };
}

/** Where a transport stands. [any] */
export const secondsOf = ({ positionFrames, sampleRate }: TransportState): number => positionFrames / sampleRate;
