import {
  AudioCloudError,
  type GraphEdit,
  hostParameter,
  type MidiMessage,
  type ParameterChange,
  type Task,
} from '@audiocloud/api';
import { COMMAND } from '../render/task-shared.ts';
import type { DryPathGains } from './dry-path-gains.ts';
import { fadingFrom } from './fading.ts';
import type { GainPlace } from './gain-compiler.ts';
import type { LaneImages } from './lane-images.ts';
import { lightEdit, rewire } from './light-edit.ts';
import { isOvergrown } from './live-graph.ts';
import type { LoadOptions } from './load-options.ts';
import { midiBytes, midiPort } from './midi-message.ts';
import type { PlanInUse } from './plan-in-use.ts';
import type { TaskCommands } from './task-commands.ts';
import type { TaskMemories } from './task-memories.ts';
import type { TaskTransport } from './task-transport.ts';
import { resolveChange, type ValueChange, valueCommand, withValue } from './task-values.ts';

export interface LiveChangesOptions {
  inUse: PlanInUse;
  commands: TaskCommands;
  transport: TaskTransport;
  memories: TaskMemories;
  lanes: LaneImages;
  admit: LoadOptions['admit'];
}

/** Where changes apply. */
export interface AppliedAt {
  /** Of the stream. */
  frame: number;
  /** Of the timeline. */
  positionFrame: number;
}

/** Changes for which the plan in use stays: values, gains and MIDI messages, which go to the renderer of one task as commands. [control] */
export class LiveChanges {
  readonly #options: LiveChangesOptions;

  constructor(options: LiveChangesOptions) {
    this.#options = options;
  }

  /**
   * Sends values to instances, sample-accurately smoothed by them. All are checked before any is sent.
   *
   * atFrame: stream frame at which they apply (offline); default: as soon as possible. Changes that `needsPlan` are refused:
   * they are an edit.
   * Returns where the last one applies, null when the task is stopped, when atFrame says it, or only hardware was set.
   */
  async set(changes: readonly ParameterChange[], atFrame?: number): Promise<AppliedAt | null> {
    const { inUse, commands } = this.#options;
    const { shared } = commands;
    const resolved = changes.map((change) => resolveChange(inUse.graph, inUse.registry, change));
    const wasPlaying = shared.playing;
    const counts = resolved.map(({ change, parameter }) => {
      if (parameter >= 0) return 1;
      const gains = inUse.dryPathGains(change.instance);
      if (gains) return gains.targets.length;
      throw new AudioCloudError('INTERNAL', `Cannot set ${change.instance}.${change.parameter}: it takes an edit`);
    });
    commands.refuseWithoutRoom(counts.reduce((sum, count) => sum + count, 0));
    let last = -1;
    for (const { change, parameter, number } of resolved) {
      inUse.graph = withValue(inUse.graph, inUse.registry, change);
      const instance = inUse.instances.get(change.instance);
      if (parameter < 0) last = this.#sendGains(inUse.dryPathGains(change.instance)!, atFrame);
      else if (instance) last = this.#send({ instance, parameter, index: change.index, number }, atFrame);
    }
    if (last < 0 || atFrame !== undefined) return null;
    const frame = await shared.taken(last);
    return wasPlaying ? { frame, positionFrame: shared.positionOf(last) } : null;
  }

  /** As `set`, as soon as possible; lanes of these parameters are held back until they are replaced. */
  setByHand(changes: readonly ParameterChange[]): Promise<AppliedAt | null> {
    this.check(changes);
    const { inUse, lanes } = this.#options;
    for (const { instance, parameter, index } of changes) lanes.hold(inUse.graph, instance, parameter, index);
    return this.set(changes);
  }

  /** Throws what `set` would throw for these changes: NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_LATCHED. */
  check(changes: readonly ParameterChange[]): void {
    const { graph, registry } = this.#options.inUse;
    for (const change of changes) resolveChange(graph, registry, change);
  }

  /** Whether changes of bypass or mix need a dry path that the plan in use does not have. */
  needsPlan(changes: readonly ParameterChange[]): boolean {
    const { inUse } = this.#options;
    return changes.some(
      ({ instance, parameter }) => hostParameter(parameter) !== undefined && !inUse.dryPathGains(instance),
    );
  }

  /**
   * Plays MIDI messages on instances, as soon as possible; all are checked before any is sent. Returns the stream frame at
   * which they apply, null when the task is stopped: then they are not played.
   *
   * Throws NODE_UNKNOWN, PORT_UNKNOWN, PARAMETER_VALUE, RATE_LIMITED.
   */
  async midi(messages: readonly MidiMessage[]): Promise<number | null> {
    const { inUse, commands } = this.#options;
    const resolved = messages.map((message) => {
      const what = `play a message on '${message.instance}'`;
      return { ...midiPort(what, message, inUse.graph, inUse.instances), bytes: midiBytes(what, message.bytes) };
    });
    commands.refuseWithoutRoom(resolved.length);
    if (!commands.shared.playing) return null;
    let last = -1;
    for (const { instance, port, bytes } of resolved)
      last = commands.give({
        kind: COMMAND.midi,
        a: instance.memory,
        b: instance.record,
        c: port,
        d: bytes,
        value2: inUse.image.generation,
      });
    return last < 0 ? null : commands.shared.taken(last);
  }

  /** Carries out edits that the plan in use can stay for; false, and nothing has changed, when they take another one. */
  edit(graph: Task, edits: readonly GraphEdit[]): boolean {
    const { inUse, commands, transport, memories, admit } = this.#options;
    const live = inUse.live!;
    const compiled = inUse.compiled!;
    const light = lightEdit(edits, {
      before: inUse.graph,
      after: graph,
      rendered: inUse.rendered.task,
      live,
      instances: inUse.instances,
      registry: inUse.registry,
    });
    if (!light) return false;
    const undo = rewire(inUse.plan.edges, light);
    try {
      admit?.(inUse.plan, graph, true);
      commands.refuseWithoutRoom(light.values.length);
    } catch (error) {
      undo();
      throw error;
    }
    const { moving } = compiled;
    const { pendingFrames } = fadingFrom(live, moving, memories);
    const waitFrames = transport.isPlaying && !isOvergrown(live) ? pendingFrames : 0;
    for (const change of light.values) this.#send(change);
    for (const [edge, wires] of light.wires) edge.wires = wires;
    const isElsewhere = (gain: GainPlace) =>
      !light.gains.some(({ memory, address }) => memory === gain.memory && address === gain.address);
    compiled.moving = [...moving.filter(isElsewhere), ...light.gains];
    inUse.graph = graph;
    const fades = light.gains.flatMap(({ memory, address, value }) => [memory, address, waitFrames, value]);
    const generation = inUse.image.generation + 1;
    inUse.image = { ...inUse.image, generation, carries: new Int32Array(0), fades: Float64Array.from(fades) };
    return true;
  }

  /** Lets gains go to their new values; the next plan goes on from these. */
  #sendGains({ targets, wires }: DryPathGains, frame?: number): number {
    const { inUse, commands } = this.#options;
    let last = -1;
    for (const { memory, address, value } of targets)
      last = commands.give({
        kind: COMMAND.gain,
        a: memory,
        b: address,
        value,
        value2: inUse.image.generation,
        ...(frame === undefined ? {} : { frame }),
      });
    for (const [connection, now] of wires) connection.wires = now;
    return last;
  }

  /** Sends a value to an instance as an event. */
  #send(change: ValueChange, frame?: number): number {
    const { inUse, commands } = this.#options;
    return commands.give(valueCommand(change, inUse.image.generation, frame));
  }
}
