import type { InstanceState, Task } from '@audiocloud/api';
import type { DiskStreams } from '../disk/disk-streams.ts';
import type { TaskSounds } from '../media/disk-sound.ts';
import type { SoundLookup } from '../plan/fixed-sound.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';

/** What a task is loaded with: see LoadedTask.load. */
export interface LoadOptions {
  id: string;
  revision?: number;
  graph: Task;
  /** At the sample rate of the render, by name. */
  media: TaskSounds;
  registry: Registry;
  /** Frames per second of the render; default: the task's own. */
  sampleRate?: number;
  /** Longest block. */
  maxFrames?: number;
  /** Fixed instances may be among the others: their values are checked and kept here, and sent to the hardware by whoever runs the task. */
  hasFixed?: boolean;
  /** Who reads media on the disk ahead of the playhead; default: nobody does, `readNow` is to be called. */
  disk?: DiskStreams;
  /** What leaves its sinks goes through a guard (docs/output-guard.md). outputCeilingsDb: see SinkGuards. */
  guard?: { outputCeilingsDb: readonly number[] };
  /** How the sound of fixed instances passes the device that renders; default: none does. */
  soundOf?: SoundLookup;
  /** Of the device that renders, for tracks that hear it; without it they are silent. */
  inputChannels?: number | undefined;
  /** See LoadedTask.listenTo. */
  listenedTo?: ReadonlySet<string>;
  /** What instances publish is noted after each block, for packets. */
  hasReports?: boolean;
  /** Who reads a sink says so (SinkRing.hear); until then its ring is small. */
  isHeardLater?: boolean;
  /** Hears of every fault of an instance: its name, its model, and what becomes of it. */
  onFault?: (instance: string, model: string, state: InstanceState) => void;
  /**
   * Asked before a plan is taken; what it throws refuses it, and nothing has changed. isAsked: a client wants it, at load or
   * by an edit; otherwise it is the graph that plays already, which must go on: with a listener more, without what faded
   * out, with fresh instances in the place of failed ones.
   */
  admit?: (plan: Plan, graph: Task, isAsked: boolean) => void;
}
