import { Type } from 'typebox';
import { EngineTask, Name } from './ids.ts';

/* What an engine counts of itself. Blocks and distributions since it started; peaks since the counters before. */

const closed = { additionalProperties: false } as const;
const blocks = (description: string) => Type.Integer({ minimum: 0, description });
/** That an engine can have: each has memories of its own, and a process holds no more of them. */
const MOST_TASKS = 16_384;
const load = (description: string) => Type.Number({ minimum: 0, description });

export const Scheduling = Type.Unsafe<'fifo' | 'nice' | 'none'>(Type.String({ enum: ['fifo', 'nice', 'none'] }));

/** Upper ends of the buckets of a distribution, in ms: 1 us to about 1 s in steps of 2^(1/2). What is longer comes last. */
export const BUCKET_ENDS_MS: readonly number[] = Array.from({ length: 41 }, (_, n) => 2 ** (n / 2) / 1000);

/** Durations in ms since the engine started; quantiles at most 9 % too long, never too short; max is exact. */
export const Distribution = Type.Object(
  {
    count: Type.Integer({ minimum: 0 }),
    mean: Type.Number(),
    p50: Type.Number(),
    p99: Type.Number(),
    p999: Type.Number(),
    max: Type.Number(),
    buckets: Type.Array(Type.Integer({ minimum: 0 }), {
      maxItems: BUCKET_ENDS_MS.length + 1,
      description:
        'How many ended in each bucket (BUCKET_ENDS_MS, then all that is longer); zeros at the end are left out',
    }),
  },
  { ...closed, title: 'Distribution' },
);
export type Distribution = Type.Static<typeof Distribution>;

/** What an output guard has done since it was made: with a sink, or with the device (docs/output-guard.md). */
export const GuardCounters = Type.Object(
  {
    limitedBlocks: blocks('Whose gain was not 1, because something was above the ceiling or jumped'),
    nonFinite: Type.Integer({ minimum: 0, description: 'Samples that were NaN or infinite, and became zero' }),
    jumps: Type.Integer({
      minimum: 0,
      description: 'Rises out of silence above the ceiling, steps where an instance failed',
    }),
    offsets: Type.Integer({ minimum: 0, description: 'How often a channel was faded out because of its offset' }),
  },
  { ...closed, title: 'GuardCounters' },
);
export type GuardCounters = Type.Static<typeof GuardCounters>;

export const SinkGuardCounters = Type.Record(Name, GuardCounters, {
  description: 'Sinks whose guard has done anything',
});
export type SinkGuardCounters = Type.Static<typeof SinkGuardCounters>;

/** The device and all that it asks of the render threads. */
export const DeviceCounters = Type.Object(
  {
    blocks: blocks('Asked of the render threads'),
    missedBlocks: blocks('Of these: at least one thread was late'),
    leftOutBlocks: blocks('Not asked, because their time was over'),
    latenessMs: Distribution,
    responseMs: Distribution,
    guard: Type.Optional(GuardCounters),
  },
  {
    ...closed,
    title: 'DeviceCounters',
    description:
      'latenessMs: how long after it was due a block was asked for (paced clock alone). responseMs: until all threads had answered',
  },
);
export type DeviceCounters = Type.Static<typeof DeviceCounters>;

export const ThreadCounters = Type.Object(
  {
    name: Type.String({ maxLength: 64 }),
    scheduling: Scheduling,
    tasks: Type.Array(EngineTask, { maxItems: MOST_TASKS }),
    blocks: blocks('Rendered'),
    missedBlocks: blocks('Late, or not rendered because it was late before'),
    starvedBlocks: blocks(
      'Of the missed ones: the thread was in no task at the deadline, the system did not let it run',
    ),
    load: load('Average'),
    peakLoad: load('Of one block'),
    claimedLoad: load('What its playing tasks claim together'),
    blockMs: Distribution,
    replacements: Type.Integer({ minimum: 0, description: 'How often it was stuck and had to be replaced' }),
  },
  { ...closed, title: 'ThreadCounters' },
);
export type ThreadCounters = Type.Static<typeof ThreadCounters>;

/** Sound that is played from the disk (docs/disk-streaming.md); absent where none is. */
export const TaskDiskCounters = Type.Object(
  {
    underruns: blocks('In which sound was not there in time, and silent'),
    seekWaits: blocks('The same within 2 s of play or a seek, to where nothing had been read yet'),
  },
  { ...closed, title: 'TaskDiskCounters' },
);
export type TaskDiskCounters = Type.Static<typeof TaskDiskCounters>;

const byInstance = (description: string) => Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description });

export const TaskCounters = Type.Object(
  {
    thread: Type.Integer({ minimum: 0, description: 'Index in threads' }),
    blocks: blocks('Rendered'),
    missedBlocks: blocks('Not complete at the deadline'),
    load: load('Average over about a second'),
    peakLoad: load('Of one block'),
    predictedLoad: load('What it should take when all of it works, from the measured costs of its models'),
    claimedLoad: load('What it claims of its thread while it plays: the prediction, corrected by what is measured'),
    blockMs: Distribution,
    instanceLoads: Type.Record(Type.String(), Type.Number(), {
      description: 'Share of the block time of each instance, sampled; the empty name stands for the engine itself',
    }),
    lateBlocks: byInstance('Missed blocks by the instance that was in progress at the deadline'),
    faults: Type.Integer({ minimum: 0, description: 'Of its instances, since it was loaded' }),
    instanceFaults: byInstance('Faults of the instances that have had any, since the task was loaded'),
    nonFiniteBlocks: byInstance(
      'Blocks in which NaN or infinite samples of an instance became zero; those alone that had any',
    ),
    guards: Type.Optional(SinkGuardCounters),
    disk: Type.Optional(TaskDiskCounters),
  },
  { ...closed, title: 'TaskCounters' },
);
export type TaskCounters = Type.Static<typeof TaskCounters>;

/** Streams of packets since the engine started. */
export const StreamCounters = Type.Object(
  {
    encoders: Type.Integer({ minimum: 0, description: 'Now: one for each node and quality that somebody hears' }),
    encodedPackets: Type.Integer({ minimum: 0, description: 'That they made' }),
    sentPackets: Type.Integer({ minimum: 0, description: 'That the domain was sent' }),
  },
  { ...closed, title: 'StreamCounters' },
);
export type StreamCounters = Type.Static<typeof StreamCounters>;
/** What the disk thread did since the engine started. */
export const DiskCounters = Type.Object(
  {
    readBytes: Type.Integer({ minimum: 0, description: 'Of media, by all tasks' }),
    reads: Type.Integer({ minimum: 0, description: 'Calls of the system for them' }),
  },
  { ...closed, title: 'DiskCounters' },
);
export type DiskCounters = Type.Static<typeof DiskCounters>;

/** What an engine counts. Loads are shares of the block time. */
export const EngineCounters = Type.Object(
  {
    device: DeviceCounters,
    threads: Type.Array(ThreadCounters, { maxItems: 1024 }),
    tasks: Type.Record(EngineTask, TaskCounters),
    admitLoad: Type.Union([Type.Number(), Type.Null()], {
      description: 'What the tasks of one thread may claim together; null: no task is refused',
    }),
    paceSpread: Type.Number({
      minimum: 1,
      maximum: 2,
      description:
        'Admission reckons that a task may take so many times as long as in its quickest second on this machine',
    }),
    faults: Type.Integer({ minimum: 0, description: 'Of all instances since the engine started' }),
    streams: Type.Optional(StreamCounters),
    disk: Type.Optional(DiskCounters),
  },
  { ...closed, title: 'EngineCounters' },
);
export type EngineCounters = Type.Static<typeof EngineCounters>;

/** What concerns one task: itself, the thread that renders it, the device of its engine. */
export const LiveCounters = Type.Object(
  {
    task: TaskCounters,
    thread: Type.Omit(ThreadCounters, ['tasks']),
    device: DeviceCounters,
  },
  { ...closed, title: 'LiveCounters' },
);
export type LiveCounters = Type.Static<typeof LiveCounters>;

/** The part of an engine's counters that concerns a task; undefined when the engine does not have it. [any] */
export function liveCounters({ device, threads, tasks }: EngineCounters, id: string): LiveCounters | undefined {
  const task = Object.hasOwn(tasks, id) ? tasks[id] : undefined;
  const its = task && threads[task.thread];
  if (!its) return undefined;
  const { tasks: _, ...thread } = its;
  return { task, thread, device };
}
