import {
  AudioCloudError,
  type LiveEvent,
  type LiveMessage,
  TASK_PERMISSIONS,
  type TaskPermission,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Cancel, Clock } from '../clock/clock.ts';
import { publicError } from '../http/public-error.ts';
import type { Idempotency } from '../http/idempotency.ts';
import { requestScope } from '../logging/request-scope.ts';
import type { Permission } from '../permissions/permission.ts';
import type { Principal } from '../permissions/principal.ts';
import type { Peers } from '../streams/peers.ts';
import type { PresetService } from '../presets/preset-service.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { TaskFollower } from '../tasks/task-followers.ts';
import type { Tracer } from '../tracing/tracer.ts';
import { LiveRequests, type SessionSide } from './live-requests.ts';
import type { Ack } from './live-sets.ts';
import { Outbox } from './outbox.ts';
import { readRequest } from './read-request.ts';
import { RequestPace } from './request-pace.ts';
import { RequestQueue } from './request-queue.ts';
import { SessionPeer } from './session-peer.ts';
import { SessionPush } from './session-push.ts';
import { SessionStream } from './session-stream.ts';
import { sharedText } from './shared-text.ts';
import type { TaskPresence } from './task-presence.ts';
import type { LiveSessions } from './live-sessions.ts';

/** With so many requests waiting, no more are read from the socket until half of them are answered. */
const MOST_WAITING = 256;
/** A client that does not read its answers is not read either. */
const MOST_WAITING_BYTES = 256 * 1024;
/** How often is looked whether a client that was not read may be again. */
const LOOK_MS = 20;
/** Beats without a sign of life after which a client is gone. */
const MOST_SILENT_BEATS = 2;
const GOING_AWAY = 1001;
const NORMAL = 1000;

/** What a session needs of the `ws` package. */
export type LiveWire = Pick<
  WebSocket,
  'send' | 'close' | 'terminate' | 'ping' | 'pause' | 'resume' | 'on' | 'bufferedAmount' | 'readyState' | 'OPEN'
>;

export interface LiveSessionOptions {
  socket: LiveWire;
  task: ActiveTask;
  presets: PresetService;
  idempotency: Idempotency;
  /** All sessions: it adds itself, and goes when it ends. */
  sessions: LiveSessions;
  /** Absent: no WebRTC. */
  peers?: Peers | undefined;
  principal: Principal;
  clock: Clock;
  logger: FastifyBaseLogger;
  tracer: Tracer;
  /** Of the request that opened the socket; it is the id of the session. */
  requestId: string;
  /** Throws PERMISSION_DENIED. */
  require(permission: Permission): void;
}

/** One client of one task, from the opening of its socket to the end. [control] */
export class LiveSession implements TaskFollower {
  readonly id: string;
  readonly principal: Principal;
  readonly task: ActiveTask;
  readonly #options: LiveSessionOptions;
  readonly #outbox: Outbox;
  readonly #queue: RequestQueue;
  readonly #requests: LiveRequests;
  readonly #pace: RequestPace;
  readonly #stream: SessionStream;
  readonly #push: SessionPush;
  readonly #peer: SessionPeer;
  readonly #presence: TaskPresence;
  readonly #permissions: TaskPermission[];
  readonly #unfollow: () => void;
  readonly #wants = { meters: true, counters: false };
  #cancelPause: Cancel | undefined;
  /** No more requests are taken, or carried out. */
  #isLeaving = false;
  #isCut = false;
  #silentBeats = 0;
  /** When meters went out. */
  #metersMs = 0;

  constructor(options: LiveSessionOptions) {
    const { socket, task, clock, requestId, principal, sessions } = options;
    this.id = requestId;
    this.principal = principal;
    this.task = task;
    this.#options = options;
    this.#presence = sessions.presenceOf(task);
    this.#outbox = new Outbox(socket, clock);
    this.#pace = new RequestPace(clock);
    this.#stream = new SessionStream(task, sessions.streamsOf(task), this.#outbox, clock);
    this.#outbox.onRoom = () => this.#stream.pump();
    this.#push = new SessionPush(task, sessions.pushersOf(task), this.id);
    this.#peer = new SessionPeer({
      task,
      streams: sessions.streamsOf(task),
      peers: options.peers,
      push: this.#push,
      clock,
      tell: (message) => this.#outbox.message(message),
    });
    const { presets, idempotency } = options;
    this.#requests = new LiveRequests({ task, presets, idempotency, principal, session: this.id, side: this.#side() });
    this.#queue = new RequestQueue({
      carryOut: (request) => this.#traced(request.type, () => this.#requests.carryOut(request)),
      expand: ({ changes }) => {
        options.require('parameters');
        return task.expanded(changes);
      },
      set: (changes) => this.#traced('set', () => this.#requests.carryOut({ type: 'set', id: 0, changes })),
      delivered: ({ changes }) => task.delivered(changes),
      answer: (message) => this.#outbox.message(message),
      toBody: (thrown) => publicError(thrown, options.logger).toJSON(),
    });
    // Who may read the task has its permissions for it.
    this.#permissions = TASK_PERMISSIONS.filter((permission) => principal.permissions.has(permission));
    const who = { session: this.id, principal: principal.id, permissions: this.#permissions };
    this.#presence.join(who, (message) => this.#outbox.presence(message));
    sessions.add(this);
    this.#unfollow = task.follow(this);
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#silentBeats = 0;
    });
    socket.on('close', () => this.#end());
    this.#sendSnapshot();
  }

  event(event: LiveEvent): void {
    this.#outbox.event(event);
    if (event.type === 'deleted') this.#outbox.close(NORMAL, 'the task was deleted');
  }

  meters(message: Extract<LiveMessage, { type: 'meters' }>): void {
    if (!this.#wants.meters) return;
    const now = this.#options.clock.now();
    if (now - this.#metersMs < this.#stream.metersMs) return;
    this.#metersMs = now;
    this.#outbox.latest(message);
  }

  counters(message: Extract<LiveMessage, { type: 'counters' }>): void {
    if (this.#wants.counters) this.#outbox.latest(message);
  }

  guard(message: Extract<LiveMessage, { type: 'guard' }>): void {
    this.#outbox.latest(message);
  }

  pushed(message: Extract<LiveMessage, { type: 'pushed' }>): void {
    if (message.track === this.#push.track) this.#outbox.latest(message);
  }

  replaced(): void {
    this.#sendSnapshot();
  }

  loaded(): void {
    this.#stream.restart();
    this.#peer.restart();
  }

  /** Bytes that its client did not take yet, beside those that the system holds. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  /** Settles when all that it asked is carried out. */
  get settled(): Promise<void> {
    return this.#queue.settled;
  }

  /** The domain ends: what was asked is answered, no more is taken, and the client may connect again. */
  async goAway(): Promise<void> {
    this.#isLeaving = true;
    await this.#queue.settled;
    this.#outbox.close(GOING_AWAY, 'the domain ends');
  }

  /** At once: of what it asked nothing more begins, and it is sent nothing more. For who may no longer be here. */
  cut(code: number, reason: string): void {
    this.#isLeaving = true;
    this.#isCut = true;
    this.#outbox.cut(code, reason);
    this.#end();
  }

  /** Its client is on another socket now: nothing more is taken here, and what was asked is carried out. */
  leave(): void {
    this.#isLeaving = true;
    this.#options.socket.terminate();
    this.#end();
  }

  /** Asks for a sign of life; a client that gave none for several beats is gone, whatever its socket says. */
  beat(): void {
    const { socket } = this.#options;
    if (socket.readyState !== socket.OPEN) return;
    // One that waits for us may not be read, and then it cannot give any.
    if (this.#queue.waiting > 0) this.#silentBeats = 0;
    if (this.#silentBeats++ < MOST_SILENT_BEATS) socket.ping();
    else socket.terminate();
  }

  /** What a request may do to this session. */
  #side(): SessionSide {
    const { require } = this.#options;
    const presence = this.#presence;
    return {
      require,
      listen: (heard) => this.#stream.start(heard),
      heard: (heard) => this.#stream.heard(heard),
      unlisten: () => this.#stream.stop(),
      push: (track) => this.#push.start(track),
      unpush: () => this.#push.stop(),
      peer: (request) => this.#peer.open(request),
      unpeer: () => this.#peer.stop(),
      show: (what, isOn) => {
        this.#wants[what] = isOn;
      },
      takeOver: (before) => this.#options.sessions.takeOver(before, this),
      replay: (sequence) => {
        const missed = this.task.log.after(sequence);
        if (missed) for (const event of missed) this.#outbox.event(event);
        else this.#sendSnapshot();
      },
      present: (name) => presence.name(this.id, name),
      touch: ({ instance, parameter, index, seconds }) =>
        presence.touch(this.id, { instance, parameter, ...(index === undefined ? {} : { index }) }, seconds),
    };
  }

  #end(): void {
    this.#cancelPause?.();
    this.#unfollow();
    this.#stream.stop(true);
    this.#push.stop();
    this.#peer.stop();
    this.#presence.leave(this.id);
    this.#options.sessions.delete(this);
  }

  /** The graph is long and the same for all: its text is made once. */
  #sendSnapshot(): void {
    const { task } = this;
    const { revision, graph } = task.toldRecord;
    const rest = {
      type: 'snapshot',
      sequence: task.log.sequence,
      revision,
      state: task.state,
      session: this.id,
      permissions: this.#permissions,
      presence: this.#presence.list,
    } satisfies Omit<Extract<LiveMessage, { type: 'snapshot' }>, 'task'>;
    const open = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"task":`);
    this.#outbox.text(Buffer.concat([open, sharedText(graph), Buffer.from('}')]));
  }

  #take(data: Buffer, isBinary: boolean): void {
    this.#silentBeats = 0;
    if (this.#isLeaving) return;
    if (isBinary && this.#push.take(data)) return;
    const waitMs = this.#pace.take(data.length);
    void this.#queue.take(readRequest(isBinary ? undefined : String(data)));
    if (waitMs > 0 || !this.#hasRoom(1)) this.#pause(waitMs);
  }

  /** Whether answers are on their way fast enough. share: of what may wait. */
  #hasRoom(share: number): boolean {
    return this.#queue.waiting < MOST_WAITING * share && this.#outbox.waitingBytes < MOST_WAITING_BYTES * share;
  }

  /** Reads no more, so that the network holds the client back; nothing is lost. */
  #pause(waitMs: number): void {
    const { socket, clock } = this.#options;
    socket.pause();
    this.#cancelPause?.();
    this.#cancelPause = clock.after(Math.max(waitMs, LOOK_MS), () => {
      if (!this.#hasRoom(0.5)) return this.#pause(0);
      this.#cancelPause = undefined;
      socket.resume();
    });
  }

  async #traced(type: string, work: () => Promise<Ack>): Promise<Ack> {
    if (this.#isCut) throw new AudioCloudError('PERMISSION_DENIED', `Cannot ${type}: the session was ended`);
    const { tracer, requestId } = this.#options;
    const span = { 'audiocloud.task': this.task.id, 'audiocloud.request_id': requestId };
    return requestScope.run({ requestId }, () => tracer.span(`live ${type}`, span, work));
  }
}
