import type {
  DeviceCounters,
  EngineCounters,
  EngineFacts,
  GuardCounters,
  TaskCounters,
  ThreadCounters,
} from '@audiocloud/api';
import { addressOfEngineTask } from '../tasks/task-address.ts';
import type { MetricText } from './metric-text.ts';

/** What is known of an engine, as metrics. counters: undefined while it is away, and in its first second. */
export function engineMetrics(
  text: MetricText,
  engine: string,
  isUp: boolean,
  facts: EngineFacts | undefined,
  counters: EngineCounters | undefined,
): void {
  text.gauge('audiocloud_engine_up', 'Whether the engine answers.', isUp ? 1 : 0, { engine });
  if (!isUp || !facts || !counters) return;
  const { sampleRate, blockFrames, kind } = facts.device;
  text.gauge('audiocloud_engine_info', 'What the engine is, as labels.', 1, {
    engine,
    version: facts.version,
    node: facts.node,
    scheduling: facts.scheduling,
    device: kind,
  });
  text.gauge('audiocloud_engine_block_period_seconds', 'Time that a block has.', blockFrames / sampleRate, { engine });
  text.counter('audiocloud_engine_faults_total', 'Faults of all instances since the engine started.', counters.faults, {
    engine,
  });
  if (counters.admitLoad !== null)
    text.gauge('audiocloud_engine_admit_load_ratio', 'What the tasks of a thread may claim.', counters.admitLoad, {
      engine,
    });
  text.gauge(
    'audiocloud_engine_pace_spread_ratio',
    'How much longer the same work may take than at best.',
    counters.paceSpread,
    { engine },
  );
  const { streams } = counters;
  if (streams) {
    text.gauge('audiocloud_engine_stream_encoders', 'Nodes and qualities that somebody hears.', streams.encoders, {
      engine,
    });
    text.counter(
      'audiocloud_engine_encoded_packets_total',
      'Packets of streams that were encoded.',
      streams.encodedPackets,
      {
        engine,
      },
    );
  }
  deviceMetrics(text, engine, counters.device);
  if (counters.disk) {
    const { readBytes, reads } = counters.disk;
    text.counter(
      'audiocloud_engine_disk_read_bytes_total',
      'Bytes of media that were read while they played.',
      readBytes,
      { engine },
    );
    text.counter('audiocloud_engine_disk_reads_total', 'Calls of the system for these bytes.', reads, { engine });
  }
  for (const [index, thread] of counters.threads.entries()) threadMetrics(text, engine, String(index), thread);
  for (const [name, task] of Object.entries(counters.tasks)) taskMetrics(text, engine, name, task);
}

function deviceMetrics(text: MetricText, engine: string, device: DeviceCounters): void {
  text.counter('audiocloud_engine_blocks_total', 'Blocks that the device asked for.', device.blocks, { engine });
  text.counter(
    'audiocloud_engine_missed_blocks_total',
    'Of these: blocks in which at least one render thread was late.',
    device.missedBlocks,
    { engine },
  );
  text.counter(
    'audiocloud_engine_left_out_blocks_total',
    'Blocks that the device did not ask for, because their time was over.',
    device.leftOutBlocks,
    { engine },
  );
  text.histogram(
    'audiocloud_engine_lateness_seconds',
    'How long after it was due a block was asked for (paced clock alone).',
    device.latenessMs,
    { engine },
  );
  text.histogram(
    'audiocloud_engine_response_seconds',
    'From the request of a block until all render threads had answered.',
    device.responseMs,
    { engine },
  );
  if (device.guard) guardMetrics(text, 'audiocloud_engine_output', device.guard, { engine });
}

function threadMetrics(text: MetricText, engine: string, thread: string, counted: ThreadCounters): void {
  const labels = { engine, thread };
  const { blocks, missedBlocks, starvedBlocks, replacements, tasks, load, peakLoad, blockMs } = counted;
  text.counter('audiocloud_thread_blocks_total', 'Blocks that the thread rendered.', blocks, labels);
  text.counter('audiocloud_thread_missed_blocks_total', 'Blocks in which it was late.', missedBlocks, labels);
  text.counter(
    'audiocloud_thread_starved_blocks_total',
    'Of the missed ones: the system did not let it run.',
    starvedBlocks,
    labels,
  );
  text.counter('audiocloud_thread_replacements_total', 'How often it was stuck and replaced.', replacements, labels);
  text.gauge('audiocloud_thread_tasks', 'Tasks that it renders.', tasks.length, labels);
  text.gauge('audiocloud_thread_load_ratio', 'Share of the block period that it uses.', load, labels);
  text.gauge('audiocloud_thread_peak_load_ratio', 'The largest share in the last second.', peakLoad, labels);
  text.gauge('audiocloud_thread_claimed_load_ratio', 'What its playing tasks claim.', counted.claimedLoad, labels);
  text.histogram('audiocloud_thread_block_seconds', 'Time for a block.', blockMs, labels);
}

function taskMetrics(text: MetricText, engine: string, name: string, counted: TaskCounters): void {
  // A task of nobody is on its way out of the engine.
  const { application, id: task } = addressOfEngineTask(name) ?? { application: '', id: name };
  const labels = { engine, application, task };
  const { blocks, missedBlocks, faults, load, peakLoad, blockMs } = counted;
  text.counter('audiocloud_task_blocks_total', 'Blocks of the task that were rendered.', blocks, labels);
  text.counter('audiocloud_task_missed_blocks_total', 'Blocks that were late and not heard.', missedBlocks, labels);
  text.counter('audiocloud_task_faults_total', 'Faults of its instances since it was loaded.', faults, labels);
  text.gauge('audiocloud_task_load_ratio', 'Share of the block period, over about a second.', load, labels);
  text.gauge('audiocloud_task_peak_load_ratio', 'The largest share in the last second.', peakLoad, labels);
  text.gauge('audiocloud_task_predicted_load_ratio', 'What all of it should take.', counted.predictedLoad, labels);
  text.gauge('audiocloud_task_claimed_load_ratio', 'What it claims of its thread.', counted.claimedLoad, labels);
  text.histogram('audiocloud_task_block_seconds', 'Time for a block of the task.', blockMs, labels);
  for (const [instance, share] of Object.entries(counted.instanceLoads))
    text.gauge(
      'audiocloud_instance_load_ratio',
      'Share of the block period, sampled; an empty instance stands for the engine itself.',
      share,
      { ...labels, instance },
    );
  const totals = {
    late_blocks: ['Missed blocks with the instance in progress at the deadline.', counted.lateBlocks],
    faults: ['Faults of the instance since its task was loaded.', counted.instanceFaults],
    non_finite_blocks: ['Blocks in which NaN or infinite samples became zero.', counted.nonFiniteBlocks],
  } as const;
  for (const [name, [help, counts]] of Object.entries(totals))
    for (const [instance, count] of Object.entries(counts))
      text.counter(`audiocloud_instance_${name}_total`, help, count, { ...labels, instance });
  if (counted.disk) {
    const late = 'Blocks in which sound on the disk was not there in time.';
    text.counter('audiocloud_task_disk_underruns_total', late, counted.disk.underruns, labels);
    const waits = 'The same within 2 s of play or a seek.';
    text.counter('audiocloud_task_seek_waits_total', waits, counted.disk.seekWaits, labels);
  }
  for (const [sink, guard] of Object.entries(counted.guards ?? {}))
    guardMetrics(text, 'audiocloud_task_sink', guard, { ...labels, sink });
}

function guardMetrics(text: MetricText, prefix: string, guard: GuardCounters, labels: Record<string, string>): void {
  const { limitedBlocks, nonFinite, jumps, offsets } = guard;
  text.counter(`${prefix}_limited_blocks_total`, 'Blocks that its output guard made quieter.', limitedBlocks, labels);
  text.counter(`${prefix}_non_finite_samples_total`, 'NaN or infinite samples that became zero.', nonFinite, labels);
  text.counter(`${prefix}_jumps_total`, 'Jumps that became ramps.', jumps, labels);
  text.counter(`${prefix}_offsets_total`, 'How often a channel was faded out for its offset.', offsets, labels);
}
