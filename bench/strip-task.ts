import type { Instance, Task } from '@audiocloud/api';

/** Strips of equalizer, compressor and gain in stereo, side by side from one source to one mix: `eq0`, `comp0`, `gain0` and so on. */
export function stripTask(strips: number, source: Instance, equalizer: NonNullable<Instance['parameters']>): Task {
  const instances: NonNullable<Task['instances']> = { source };
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'mix' }, to: { node: 'main' } } };
  for (let s = 0; s < strips; s++) {
    instances[`eq${s}`] = { model: 'audiocloud:equalizer', parameters: equalizer };
    instances[`comp${s}`] = { model: 'audiocloud:compressor', parameters: { threshold: -30 } };
    instances[`gain${s}`] = { model: 'audiocloud:gain', parameters: { gain: -24 } };
    connections[`a${s}`] = { from: { node: 'source' }, to: { node: `eq${s}` } };
    connections[`b${s}`] = { from: { node: `eq${s}` }, to: { node: `comp${s}` } };
    connections[`c${s}`] = { from: { node: `comp${s}` }, to: { node: `gain${s}` } };
    connections[`d${s}`] = { from: { node: `gain${s}` }, to: { node: 'mix' } };
  }
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 2 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 2 } }, sinks };
}
