import type { SinkImage, TaskImage } from '../render/task-image.ts';
import type { CompiledPlan } from './compile-plan.ts';
import type { LiveGraph } from './live-graph.ts';
import type { LiveSink } from './live-node.ts';

export interface ImageParts
  extends Pick<
    TaskImage,
    | 'id'
    | 'generation'
    | 'sampleRate'
    | 'maxFrames'
    | 'shared'
    | 'memories'
    | 'host'
    | 'guard'
    | 'lanes'
    | 'notes'
    | 'reports'
  > {
  graph: LiveGraph;
  /** Names of the task's sinks, as written. */
  sinkNames: readonly string[];
  compiled: CompiledPlan;
  /** Address of the guard of a sink; null: it has none. */
  guardOf: (sink: LiveSink) => number | null;
}

/** Puts together what a render thread needs of a compiled plan. [control] */
export function makeImage({ graph, sinkNames, compiled, guardOf, ...rest }: ImageParts): TaskImage {
  const { placeOf, sendOf, steps, pokes, clears, carries, fades, histories, gainRecords } = compiled;
  const tracks: TaskImage['tracks'] = [];
  const sinks = new Map<string, SinkImage>();
  const leavingSinks: SinkImage[] = [];
  const hardware: TaskImage['hardware'] = [];
  const instances: TaskImage['instances'] = [];
  graph.nodes.forEach(({ node: { name, sound }, clips, source, sink, instance, isLeaving }, n) => {
    const { memory, channels, flags } = placeOf[n]!;
    if (clips) tracks.push({ memory, addresses: channels, flags, clips, source: source ?? null });
    if (sink) {
      const { kind, firstChannel, ring } = sink;
      const guard = guardOf(sink);
      const image = { name, kind, channels: sink.channels, firstChannel, ring, memory, addresses: channels, guard };
      if (isLeaving) leavingSinks.push(image);
      else sinks.set(name, image);
    }
    const send = sendOf.get(n);
    if (sound && send)
      hardware.push({
        send: { memory: send.memory, addresses: send.channels, device: sound.send },
        return: { memory, addresses: channels, flags, device: sound.return, gains: sound.gains },
      });
    if (instance) instances.push({ name, memory, record: instance.record });
  });
  return {
    ...rest,
    tracks,
    hardware,
    steps,
    wholeSteps: steps.length,
    branches: null,
    sinks: [...sinkNames.map((name) => sinks.get(name)!), ...leavingSinks],
    instances,
    pokes,
    clears,
    carries,
    fades,
    histories,
    gains: gainRecords,
  };
}
