import type { Model } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { LAYOUT } from '../plugin/layout.ts';
import type { PluginMemory } from '../plugin/plugin-memory.ts';

/** What an instance is made from. */
export interface BodySpec {
  model: Model;
  seed: bigint;
  widths: Record<string, number>;
  /** Values as numbers, by parameter and index. */
  numbers: readonly (readonly number[])[];
  sampleRate: number;
  maxFrames: number;
  /** By slot, all slots counted through; undefined where nothing is given. */
  media: readonly (AudioData | undefined)[];
  /** What ac_state_save gave of the one before it; the values of its parameters are laid over it. */
  state?: Uint8Array | undefined;
}

/** An instance as its plugin knows it, created and active, with guards of the host before and behind it. */
export interface InstanceBody {
  readonly layout: number;
  /** Addresses of pieces of memory that were taken before and after it: where the heap was fresh, it lies between them. */
  readonly front: number;
  readonly back: number;
  /** The buffers that it made for itself, by channel. Its plugin gets them back before it frees them. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Lent to it. */
  readonly media: readonly AudioData[];
  readonly latencyFrames: number;
  readonly tailFrames: number;
}

/**
 * Creates and activates an instance. [control] Throws INSTANCE_FAILED; then nothing is left of it.
 *
 * A state that its plugin refuses, of another version perhaps, is left out: the values of the parameters count.
 */
export function makeBody(owner: PluginMemory, spec: BodySpec): InstanceBody {
  if (!spec.state) return makeOnce(owner, spec);
  try {
    return makeOnce(owner, spec);
  } catch {
    return makeOnce(owner, { ...spec, state: undefined });
  }
}

function makeOnce(owner: PluginMemory, spec: BodySpec): InstanceBody {
  const { model, seed, widths, numbers, sampleRate, maxFrames } = spec;
  const media: AudioData[] = [];
  const front = owner.alloc(0);
  let layout: number;
  try {
    layout = owner.create(owner.plugin.models.indexOf(model), seed);
  } catch (error) {
    attempt(() => owner.free(front));
    throw error;
  }
  try {
    const widthsOf = (ports: Model['inputs']) =>
      ports.filter(({ kind }) => kind === 'audio').map(({ id }) => widths[id]!);
    owner.setWidths(layout, 'inputs', widthsOf(model.inputs));
    owner.setWidths(layout, 'outputs', widthsOf(model.outputs));
    if (spec.state) owner.stateLoad(layout, spec.state);
    numbers.forEach((values, id) => {
      values.forEach((value, i) => {
        owner.parameter(layout, id, i, value);
      });
    });
    spec.media.forEach((sound, slot) => {
      if (!sound) return;
      const address = owner.lent.take(sound);
      media.push(sound);
      owner.media(layout, slot, address, sound);
    });
    owner.activate(layout, sampleRate, maxFrames);
    const [latencyFrames, tailFrames] = [owner.latencyFrames(layout), owner.tailFrames(layout)];
    const channels = (ports: Model['inputs']) => widthsOf(ports).reduce((sum, width) => sum + width, 0);
    const inputs = channelsOf(owner, layout, 'inputs', channels(model.inputs));
    const outputs = channelsOf(owner, layout, 'outputs', channels(model.outputs));
    return { layout, front, back: owner.alloc(0), inputs, outputs, media, latencyFrames, tailFrames };
  } catch (error) {
    attempt(() => owner.deactivate(layout));
    attempt(() => owner.destroy(layout));
    for (const sound of media) attempt(() => owner.lent.giveBack(sound));
    attempt(() => owner.free(front));
    throw error;
  }
}

/** Only when no render thread has it any more. [control] Never throws: a plugin that fails here keeps its memory, that is all. */
export function disposeBody(owner: PluginMemory, body: InstanceBody): void {
  const { layout, front, back } = body;
  attempt(() => owner.pointChannels(layout, 'inputs', body.inputs));
  attempt(() => owner.pointChannels(layout, 'outputs', body.outputs));
  attempt(() => owner.deactivate(layout));
  attempt(() => owner.destroy(layout));
  for (const sound of body.media) attempt(() => owner.lent.giveBack(sound));
  attempt(() => owner.free(front));
  attempt(() => owner.free(back));
}

function channelsOf(owner: PluginMemory, layout: number, direction: 'inputs' | 'outputs', count: number): number[] {
  const first = owner.word(layout, LAYOUT[direction]) >>> 2;
  return [...owner.views.u32.subarray(first, first + count)];
}

/** A farewell to a plugin: it is going in any case. */
export function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // INSTANCE_FAILED: there is nothing left that could be muted
  }
}
