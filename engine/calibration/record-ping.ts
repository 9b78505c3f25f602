import type { Model, SoundChannels, Task } from '@audiocloud/api';
import { allocateAudio } from '../media/audio-data.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { ringPieces } from '../stream/ring-pieces.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import type { Wake } from '../thread/wake.ts';
import type { Ping } from './ping.ts';

export interface RecordPingOptions {
  pool: ThreadPool;
  wake: Wake;
  /** With one return channel or more. */
  sound: SoundChannels;
  ping: Ping;
  /** Index of the send channel that it goes to. */
  send: number;
}

/** No task of a client can have this name. */
const TASK = '~calibration';
const MODEL = 'audiocloud:calibrated';
const UNIT = `${MODEL}:unit`;

/**
 * Plays a ping through a unit, by a task of its own on the threads that render all others, and records what comes back, by
 * return channel: frame n of the recordings was heard in the block that sent frame n of the ping. [control]
 *
 * Throws what ringPieces throws.
 */
export async function recordPing({ pool, wake, sound, ping, send }: RecordPingOptions): Promise<Float32Array[]> {
  const { sampleRate, blockFrames } = wake;
  const media = allocateAudio(sampleRate, 1, ping.frames);
  media.data[0]!.set(ping.sound);
  const registry = new Registry();
  registry.offerFixed(unitModel(sound));
  const task = LoadedTask.load({
    id: TASK,
    graph: pingTask(sound, send, sampleRate),
    media: { ping: media },
    registry,
    sampleRate,
    maxFrames: blockFrames,
    hasFixed: true,
    soundOf: () => ({ ...sound, latencyFrames: 0, gains: sound.return.map(() => 1) }),
  });
  try {
    await pool.add(TASK, task.image);
    const ring = new SinkRing(task.sinks[0]!.ring);
    await task.transport({ play: true });
    return await record(ring, ping.frames);
  } finally {
    await pool.remove(TASK);
    task.dispose();
  }
}

/** The first frames of a ring, by channel. */
async function record(ring: SinkRing, frames: number): Promise<Float32Array[]> {
  const recorded = Array.from({ length: ring.channels }, () => new Float32Array(frames));
  let done = 0;
  for await (const piece of ringPieces([ring], frames)) {
    for (const [c, plane] of piece.sinks[0]!.entries()) recorded[c]!.set(plane.subarray(0, piece.frames), done);
    done += piece.frames;
  }
  return recorded;
}

/** Any unit with these channels. */
function unitModel({ send, return: back }: SoundChannels): Model {
  const port = (id: string, { length }: readonly number[]) => ({
    id,
    kind: 'audio' as const,
    channels: { min: length, max: length, default: length },
  });
  return {
    id: MODEL,
    version: '1.0.0',
    name: 'Unit',
    category: 'tool',
    inputs: [port('in', send)],
    outputs: [port('out', back)],
    parameters: [],
    reports: [],
  };
}

function pingTask({ return: back }: SoundChannels, send: number, sampleRate: number): Task {
  return {
    sampleRate,
    tracks: { ping: { channels: 1, clips: [{ media: 'ping', startSeconds: 0 }] } },
    media: { ping: { path: 'ping' } },
    instances: { unit: { model: MODEL, fixed: UNIT } },
    connections: {
      send: { from: { node: 'ping' }, to: { node: 'unit' }, channels: [[0, send]] },
      back: { from: { node: 'unit' }, to: { node: 'heard' } },
    },
    sinks: { heard: { kind: 'stream', channels: back.length } },
  };
}
