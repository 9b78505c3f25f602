import { type Model, type Task, portWidths } from '@audiocloud/api';

export type NodeKind = 'track' | 'bus' | 'instance' | 'hardware' | 'sink';

/** A node of the task as it is drawn. */
export interface GraphNode {
  id: string;
  kind: NodeKind;
  title: string;
  /** What it is: the name of the model, or the channels. */
  subtitle: string;
  /** Width of what it gives out, or of what goes into a sink. */
  channels: number;
  hasInput: boolean;
  hasOutput: boolean;
}

export interface GraphLine {
  id: string;
  from: string;
  to: string;
  /** Gain and pan, where the connection has any. */
  note: string;
}

const WIDTHS: Record<number, string> = { 1: 'mono', 2: 'stereo' };
const widthText = (channels: number) => WIDTHS[channels] ?? `${channels} channels`;

/** Nodes and connections of a task. `modelOf` gives the model of an instance by its name. */
export function taskGraph(
  task: Task,
  modelOf: (instance: string) => Model | undefined,
): { nodes: GraphNode[]; lines: GraphLine[] } {
  const nodes: GraphNode[] = [];
  for (const [id, { name, channels }] of Object.entries(task.tracks ?? {}))
    nodes.push({
      id,
      kind: 'track',
      title: name ?? id,
      subtitle: `Track, ${widthText(channels)}`,
      channels,
      hasInput: false,
      hasOutput: true,
    });
  for (const [id, instance] of Object.entries(task.instances ?? {})) {
    const model = modelOf(id);
    const output = model?.outputs.find(({ kind }) => kind === 'audio');
    const shown = output ?? model?.inputs.find(({ kind }) => kind === 'audio');
    nodes.push({
      id,
      kind: instance.fixed ? 'hardware' : 'instance',
      title: instance.name ?? id,
      subtitle: model?.name ?? instance.model,
      channels: model && shown ? (portWidths(model, instance)[shown.id] ?? 2) : 2,
      hasInput: model ? model.inputs.some(({ kind }) => kind === 'audio') : true,
      hasOutput: model ? model.outputs.some(({ kind }) => kind === 'audio') : true,
    });
  }
  for (const [id, { name, inputChannels, outputChannels = inputChannels }] of Object.entries(task.buses ?? {}))
    nodes.push({
      id,
      kind: 'bus',
      title: name ?? id,
      subtitle: `Bus, ${widthText(outputChannels)}`,
      channels: outputChannels,
      hasInput: true,
      hasOutput: true,
    });
  for (const [id, { name, kind, channels }] of Object.entries(task.sinks ?? {}))
    nodes.push({
      id,
      kind: 'sink',
      title: name ?? id,
      subtitle: `${SINKS[kind]}, ${widthText(channels)}`,
      channels,
      hasInput: true,
      hasOutput: false,
    });
  const lines = Object.entries(task.connections ?? {}).map(([id, { from, to, gainDb, pan }]) => ({
    id,
    from: from.node,
    to: to.node,
    note: [gainDb ? `${gainDb > 0 ? '+' : ''}${gainDb} dB` : '', pan ? panText(pan) : ''].filter(Boolean).join(' '),
  }));
  return { nodes, lines };
}

const SINKS = { stream: 'Stream', device: 'Sound card', media: 'File' } as const;

function panText(pan: number): string {
  return `${Math.round(Math.abs(pan) * 100)}${pan < 0 ? 'L' : 'R'}`;
}
