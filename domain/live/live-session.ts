import {
  AudioCloudError,
  type LiveCounters,
  type LiveEvent,
  type LiveMessage,
  type LiveRequest,
  type Model,
  modelOf,
  type SampleFormat,
  type Task,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';
import type { Cause } from '../events/cause.ts';
import { publicError } from '../http/public-error.ts';
import { requestScope } from '../logging/request-scope.ts';
import type { Permission } from '../permissions/permission.ts';
import type { PresetService } from '../presets/preset-service.ts';
import type { ActiveTask, MetersEvent, TaskFollower } from '../tasks/active-task.ts';
import type { TaskStream } from '../tasks/task-stream.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { Outbox } from './outbox.ts';
import { type ReadRequest, readRequest } from './read-request.ts';

const PERMISSIONS: { [type in LiveRequest['type']]: Permission } = {
  set: 'parameters',
  midi: 'parameters',
  transport: 'transport',
  edit: 'structure',
  record: 'structure',
  recall: 'parameters',
  listen: 'audio',
  unlisten: 'audio',
  meters: 'read',
  counters: 'read',
  resume: 'read',
  ping: 'read',
};

/** With so many requests waiting, no more are read from the socket until half of them are answered. */
const MOST_WAITING = 256;
const GOING_AWAY = 1001;
const NORMAL = 1000;

type Ack = Omit<Extract<LiveMessage, { type: 'ack' }>, 'type' | 'id'>;

export interface LiveSessionOptions {
  socket: WebSocket;
  task: ActiveTask;
  presets: PresetService;
  clock: Clock;
  logger: FastifyBaseLogger;
  tracer: Tracer;
  /** Of the request that opened the socket: its lines of the log belong to it. */
  requestId: string;
  cause: Cause;
  /** Throws PERMISSION_DENIED. */
  require(permission: Permission): void;
}

/**
 * One client of one task. Its requests are carried out, and answered, in the order they came. [control]
 *
 * Sets and MIDI messages that follow each other are on their way together: each is answered at the start of a block, and a hand on ten
 * faders sends more of them than there are blocks.
 */
export class LiveSession implements TaskFollower {
  private readonly options: LiveSessionOptions;
  private readonly outbox: Outbox;
  private readonly unfollow: () => void;
  /** The last request, answered. */
  private tail: Promise<void> = Promise.resolve();
  /** The last one that was neither a set nor MIDI, answered. */
  private lastOther: Promise<void> = this.tail;
  private waiting = 0;
  private wantsMeters = true;
  private wantsCounters = false;
  private isLeaving = false;
  private listening: { node?: string; format: SampleFormat } | undefined;
  private stream: TaskStream | undefined;

  constructor(options: LiveSessionOptions) {
    this.options = options;
    const { socket, task } = options;
    this.outbox = new Outbox(socket, options.clock);
    this.unfollow = task.follow(this);
    socket.on('message', (data, isBinary) => this.take(isBinary ? undefined : String(data)));
    socket.on('close', () => this.end());
    this.sendSnapshot();
  }

  event(event: LiveEvent): void {
    this.outbox.message(event);
    if (event.type === 'deleted') this.outbox.close(NORMAL, 'the task was deleted');
  }

  meters({ meters, transport }: MetersEvent): void {
    if (this.wantsMeters) this.outbox.meters({ type: 'meters', meters, transport } satisfies LiveMessage);
  }

  counters(counters: LiveCounters): void {
    if (this.wantsCounters) this.outbox.meters({ type: 'counters', counters } satisfies LiveMessage);
  }

  replaced(): void {
    this.sendSnapshot();
  }

  loaded(): void {
    if (!this.listening) return;
    try {
      this.startStream(this.listening);
    } catch {
      // The node went with an edit; whoever listened to it sees that in the graph.
      this.stopStream();
    }
  }

  /** The domain ends: what was asked is answered, no more is taken, and the client may connect again. */
  async goAway(): Promise<void> {
    this.isLeaving = true;
    await this.tail;
    this.outbox.close(GOING_AWAY, 'the domain ends');
  }

  private end(): void {
    this.unfollow();
    this.stopStream();
  }

  private sendSnapshot(): void {
    const { task } = this.options;
    const { revision, graph } = task.record;
    this.outbox.message({
      type: 'snapshot',
      sequence: task.log.sequence,
      revision,
      task: graph,
      state: task.state,
    } satisfies LiveMessage);
  }

  private take(data: string | undefined): void {
    if (this.isLeaving) return;
    const { socket } = this.options;
    if (++this.waiting >= MOST_WAITING) socket.pause();
    const read = readRequest(data);
    const isSet = 'request' in read && (read.request.type === 'set' || read.request.type === 'midi');
    const answer = (isSet ? this.lastOther : this.tail).then(() => this.answer(read));
    this.tail = this.tail.then(async () => {
      this.outbox.message(await answer);
      if (--this.waiting <= MOST_WAITING / 2 && socket.isPaused) socket.resume();
    });
    if (!isSet) this.lastOther = this.tail;
  }

  private async answer(read: ReadRequest): Promise<LiveMessage> {
    const { id } = read;
    if ('error' in read) return { type: 'error', id, error: read.error.toJSON() };
    const { requestId, tracer, task, logger } = this.options;
    const { request } = read;
    const carriedOut = async () => {
      this.options.require(PERMISSIONS[request.type]);
      return this.carryOut(request);
    };
    try {
      const span = { 'audiocloud.task': task.id, 'audiocloud.request_id': requestId };
      const ack = await requestScope.run({ requestId }, () => tracer.span(`live ${request.type}`, span, carriedOut));
      return { type: 'ack', id: request.id, ...ack };
    } catch (thrown) {
      return { type: 'error', id, error: publicError(thrown, logger).toJSON() };
    }
  }

  private async carryOut(request: LiveRequest): Promise<Ack> {
    const { task, cause } = this.options;
    switch (request.type) {
      case 'set': {
        const { frame, sequence } = await task.set(request.changes);
        return { sequence, ...(frame === null ? {} : { frame }) };
      }
      case 'midi': {
        const frame = await task.midi(request.messages);
        return frame === null ? {} : { frame };
      }
      case 'transport':
        await task.transport(request.change, cause);
        return { sequence: task.log.sequence };
      case 'edit': {
        if (request.edits.some((edit) => edit.op !== 'loop' && 'part' in edit && edit.part === 'media'))
          this.options.require('media');
        const { revision } = await task.edit(request.edits, request.revision, cause);
        return { revision, sequence: task.log.sequence };
      }
      case 'record': {
        const { revision } = await task.recordLanes(request.on, cause);
        return { revision, sequence: task.log.sequence };
      }
      case 'recall': {
        const { frame } = await this.options.presets.recall(task, request, cause);
        return { sequence: task.log.sequence, ...(frame === null ? {} : { frame }) };
      }
      case 'listen':
        this.startStream(request);
        return {};
      case 'unlisten':
        this.stopStream();
        return {};
      case 'meters':
        this.wantsMeters = request.on;
        return {};
      case 'counters':
        this.wantsCounters = request.on;
        return {};
      case 'resume': {
        const missed = task.log.after(request.sequence);
        if (missed) for (const event of missed) this.outbox.message(event);
        else this.sendSnapshot();
        return { sequence: task.log.sequence };
      }
      case 'ping':
        return {};
    }
  }

  private stopStream(): void {
    this.stream?.end();
    this.stream = undefined;
    this.listening = undefined;
  }

  /** Starts the stream, or has it go over to another node; before the engine has the task it begins as soon as it is loaded. */
  private startStream({ node, format }: { node?: string; format: SampleFormat }): void {
    const { task } = this.options;
    const { graph } = task.record;
    const heard = node ?? Object.keys(graph.sinks ?? {})[0];
    if (heard === undefined)
      throw new AudioCloudError('SINK_UNKNOWN', 'Cannot listen to the first sink: the task has none; name a node', {
        task: task.id,
      });
    const why = whyUnheard(graph, heard, task.models);
    if (why)
      throw new AudioCloudError('NODE_UNKNOWN', `Cannot listen to '${heard}': ${why}`, { task: task.id, node: heard });
    this.listening = { ...(node === undefined ? {} : { node }), format };
    this.stream ??= task.stream((packet) => this.outbox.packet(packet));
    this.stream.change({ node: heard, format });
  }
}

/** Why a node of a task gives nothing to listen to; undefined when it does. */
function whyUnheard(graph: Task, node: string, models: readonly Model[]): string | undefined {
  const { tracks = {}, buses = {}, sinks = {}, instances = {} } = graph;
  if ([tracks, buses, sinks].some((part) => Object.hasOwn(part, node))) return undefined;
  if (!Object.hasOwn(instances, node)) return 'the task has no track, bus, instance or sink of that name';
  const instance = instances[node]!;
  if (instance.fixed !== undefined) return 'it is a fixed instance, whose sound does not pass this engine yet';
  const model = modelOf(models, instance);
  return !model || model.outputs.some(({ kind }) => kind === 'audio') ? undefined : `${model.id} has no audio output`;
}
