import { AudioCloudError, type EngineCommand, type Task } from '@audiocloud/api';
import { MODELS, parameterOf } from './models.ts';
import type { MediaFacts } from './probe-media.ts';
import { unable } from './unable.ts';
import { type Node, nodesOf, type Wire, wiresOf } from './wires.ts';

export type RenderCommand = Omit<Extract<EngineCommand, { type: 'render' }>, 'type' | 'id'>;

/** What ffmpeg is told. */
export interface FilterGraph {
  /** One for each `-i`. */
  inputs: string[];
  filters: string;
  sampleRate: number;
  channels: number;
  frames: number;
}

/** By number of channels. */
const LAYOUTS = ['', 'mono', 'stereo', '3.0', 'quad', '5.0', '5.1', '6.1', '7.1'];
/** Linux takes no longer word on a command line. */
const MOST_CHARACTERS = 128 * 1024 - 1;

function layoutOf(channels: number): string {
  const layout = LAYOUTS[channels];
  if (!layout) throw unable(`use ${channels} channels`);
  return layout;
}

/** The pan filter for gains[destination][source]. */
function panOf(gains: readonly number[][]): string {
  const sums = gains.map((row, c) => {
    const terms = row.flatMap((gain, source) =>
      gain === 0 ? [] : [`${gain < 0 ? '-' : '+'}${Math.abs(gain)}*c${source}`],
    );
    return `c${c}=${terms.length > 0 ? terms.join('').replace(/^\+/, '') : '0*c0'}`;
  });
  return `pan=${layoutOf(gains.length)}|${sums.join('|')}`;
}

const identity = (channels: number): number[][] =>
  Array.from({ length: channels }, (_, c) => Array.from({ length: channels }, (_, s) => (s === c ? 1 : 0)));

/**
 * A task as a filter graph, from the sink that is rendered back to its tracks. [control]
 *
 * Throws what nodesOf and wiresOf throw, SINK_UNKNOWN, REQUEST_INVALID, CHANNELS_MISMATCH, MEDIA_MISSING, ENGINE_UNABLE.
 */
export function filterGraphOf(command: RenderCommand, media: ReadonlyMap<string, MediaFacts>): FilterGraph {
  const { graph, sampleRate = graph.sampleRate } = command;
  const nodes = nodesOf(graph);
  const wires = wiresOf(graph, nodes);
  for (const part of ['lanes', 'notes'] as const)
    for (const name of Object.keys(graph[part] ?? {})) throw unable(`play '${name}' of the task's ${part}`);
  const sink = command.sink ?? Object.keys(graph.sinks ?? {})[0];
  if (sink === undefined || nodes.get(sink)?.kind !== 'sink')
    throw new AudioCloudError('SINK_UNKNOWN', `Cannot render: the task has no sink '${sink ?? ''}'`);
  const from = Math.round((command.fromSeconds ?? 0) * sampleRate);
  const writer = new FilterWriter(graph, sampleRate, media, nodes, wires);
  const to = command.toSeconds === undefined ? writer.end() : Math.round(command.toSeconds * sampleRate);
  if (!(to > from))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot render from frame ${from} to ${to}: the end must be after the start`,
    );
  const filters = writer.write(sink, from, to);
  if (filters.length > MOST_CHARACTERS) throw unable(`render a task of ${filters.length} characters of filters`);
  return { inputs: writer.inputs, filters, sampleRate, channels: nodes.get(sink)!.inputChannels, frames: to - from };
}

class FilterWriter {
  readonly inputs: string[] = [];
  private readonly task: Task;
  private readonly sampleRate: number;
  private readonly media: ReadonlyMap<string, MediaFacts>;
  private readonly nodes: ReadonlyMap<string, Node>;
  private readonly wires: readonly Wire[];
  private readonly lines: string[] = [];
  /** Labels of the output of each node, one for each wire that leaves it. */
  private readonly outputs = new Map<string, string[]>();
  private labels = 0;
  private total = 0;

  constructor(
    task: Task,
    sampleRate: number,
    media: ReadonlyMap<string, MediaFacts>,
    nodes: ReadonlyMap<string, Node>,
    wires: readonly Wire[],
  ) {
    this.task = task;
    this.sampleRate = sampleRate;
    this.media = media;
    this.nodes = nodes;
    this.wires = wires;
    for (const name of Object.keys(task.tracks ?? {})) this.clipsOf(name); // wrong ones are refused wherever they are
  }

  /** The frame at which the task ends by itself. */
  end(): number {
    const { lengthSeconds, tracks = {} } = this.task;
    if (lengthSeconds !== undefined) return Math.round(lengthSeconds * this.sampleRate);
    const ends = Object.keys(tracks).flatMap((name) => this.clipsOf(name).map(({ start, frames }) => start + frames));
    if (ends.length === 0)
      throw new AudioCloudError('REQUEST_INVALID', 'Cannot render the task: it has no end of its own');
    return Math.max(...ends);
  }

  write(sink: string, from: number, to: number): string {
    this.total = to;
    const { heard, leaving } = this.behind(sink);
    for (const name of heard) this.node(name, leaving.get(name) ?? []);
    const cut = `atrim=start_sample=${from}:end_sample=${to},asetpts=N/SR/TB`;
    this.line(this.sumInto(sink), cut, ['out']);
    return this.lines.join(';');
  }

  /** The nodes that the sink hears, each after those that it hears itself, and the wires among them. */
  private behind(sink: string) {
    const heard: string[] = [];
    const leaving = new Map<string, Wire[]>();
    const seen = new Set<string>();
    const visit = (name: string): void => {
      for (const wire of this.wires.filter(({ to }) => to === name)) {
        leaving.set(wire.from, [...(leaving.get(wire.from) ?? []), wire]);
        if (seen.has(wire.from)) continue;
        seen.add(wire.from);
        visit(wire.from);
        heard.push(wire.from);
      }
    };
    visit(sink);
    return { heard, leaving };
  }

  private node(name: string, leaving: readonly Wire[]): void {
    const { kind, outputChannels } = this.nodes.get(name)!;
    const made =
      kind === 'track' ? this.track(name, outputChannels) : kind === 'bus' ? this.bus(name) : this.instance(name);
    const labels = leaving.map(() => this.label());
    this.outputs.set(name, labels);
    this.line(made, labels.length > 1 ? `asplit=${labels.length}` : 'anull', labels);
  }

  private track(name: string, channels: number): string {
    const clips = this.clipsOf(name).map(({ facts, clip, start, offset, frames }) => {
      const input = this.inputs.push(facts.path) - 1;
      const matrix = facts.channels === channels ? identity(channels) : Array.from({ length: channels }, () => [1]);
      const fade = (type: 'in' | 'out', seconds = 0) => {
        const count = Math.round(seconds * this.sampleRate);
        return count > 0 ? [`afade=t=${type}:curve=tri:ss=${type === 'in' ? 0 : frames - count}:ns=${count}`] : [];
      };
      const filters = [
        `aresample=${this.sampleRate}`,
        'aformat=sample_fmts=dblp',
        `atrim=start_sample=${offset}:end_sample=${offset + frames}`,
        'asetpts=N/SR/TB',
        panOf(matrix.map((row) => row.map((gain) => gain * 10 ** ((clip.gainDb ?? 0) / 20)))),
        ...fade('in', clip.fadeInSeconds),
        ...fade('out', clip.fadeOutSeconds),
        ...(start > 0 ? [`adelay=delays=${start}S:all=1`] : []),
      ];
      return this.line(`${input}:a`, [...filters, this.toEnd()].join(','), [this.label()]);
    });
    return this.sum(clips, channels);
  }

  private bus(name: string): string {
    const { inputChannels, outputChannels } = this.nodes.get(name)!;
    const { matrix } = this.task.buses![name]!;
    const gains =
      matrix ??
      Array.from({ length: outputChannels }, (_, o) =>
        Array.from({ length: inputChannels }, (_, i) => (i % outputChannels === o ? 1 : 0)),
      );
    return this.line(this.sumInto(name), panOf(gains), [this.label()]);
  }

  private instance(name: string): string {
    const { outputChannels: channels, input } = this.nodes.get(name)!;
    const instance = this.task.instances![name]!;
    const { model, filters } = MODELS.get(instance.model.split('@')[0]!)!;
    const made = filters({
      parameter: (id) => parameterOf(name, instance, model.parameters.find((one) => one.id === id)!),
      sampleRate: this.sampleRate,
      layout: layoutOf(channels),
      channels,
    });
    if (input === undefined)
      return this.line(undefined, `${made},aformat=sample_fmts=dblp,${this.toEnd()}`, [this.label()]);
    return this.line(this.sumInto(name), instance.bypass ? 'anull' : made, [this.label()]);
  }

  /** What arrives at a node, added. */
  private sumInto(name: string): string {
    const arriving = this.wires.filter(({ to }) => to === name);
    const labels = arriving.map(({ from, gains, delayFrames }) => {
      const source = this.outputs.get(from)!.pop()!;
      const delay = delayFrames > 0 ? `,adelay=delays=${delayFrames}S:all=1,${this.toEnd()}` : '';
      return this.line(source, `${panOf(gains)}${delay}`, [this.label()]);
    });
    return this.sum(labels, this.nodes.get(name)!.inputChannels);
  }

  private sum(labels: readonly string[], channels: number): string {
    if (labels.length === 1) return labels[0]!;
    if (labels.length === 0) {
      const silence = `anullsrc=r=${this.sampleRate}:cl=${layoutOf(channels)},aformat=sample_fmts=dblp,${this.toEnd()}`;
      return this.line(undefined, silence, [this.label()]);
    }
    return this.line(labels.join(']['), `amix=inputs=${labels.length}:normalize=0:duration=longest`, [this.label()]);
  }

  /** As long as what is rendered, silence at its end. */
  private toEnd(): string {
    return `apad,atrim=end_sample=${this.total}`;
  }

  private line(from: string | undefined, filters: string, to: readonly string[]): string {
    this.lines.push(`${from === undefined ? '' : `[${from}]`}${filters}${to.map((label) => `[${label}]`).join('')}`);
    return to[0]!;
  }

  private label(): string {
    return `x${this.labels++}`;
  }

  private clipsOf(name: string) {
    const { channels, clips } = this.task.tracks![name]!;
    return clips.map((clip) => {
      const facts = this.media.get(clip.media);
      if (!facts)
        throw new AudioCloudError(
          'MEDIA_MISSING',
          `Cannot play track '${name}': the task has no media '${clip.media}'`,
        );
      if (facts.channels !== channels && facts.channels !== 1)
        throw new AudioCloudError(
          'CHANNELS_MISMATCH',
          `Cannot play '${clip.media}' on track '${name}': it has ${facts.channels} channels, the track ${channels}`,
        );
      const frame = (seconds: number) => Math.round(seconds * this.sampleRate);
      const offset = frame(clip.offsetSeconds ?? 0);
      const left = Math.round((facts.frames * this.sampleRate) / facts.sampleRate) - offset;
      const frames = Math.max(0, clip.lengthSeconds === undefined ? left : Math.min(left, frame(clip.lengthSeconds)));
      return { facts, clip, start: frame(clip.startSeconds), offset, frames };
    });
  }
}
