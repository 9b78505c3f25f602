import {
  AudioCloudError,
  ERRORS,
  type GraphEdit,
  type Control,
  type LiveEvent,
  type LiveMessage,
  type MidiMessage,
  type Model,
  type Packet,
  type ParameterChange,
  type Presence,
  type Recall,
  type StreamHeard,
  type Task,
  type TaskPermission,
  type TaskState,
  type TransportChange,
  type Value,
  asAudioCloudError,
  encodePacket,
  instanceValues,
  modelOf,
} from '@audiocloud/api';
import { BackOff } from './back-off.ts';
import { FollowedCopy } from './followed-copy.ts';
import { KeyedRequests } from './keyed-requests.ts';
import type {
  Connection,
  ListenRequest,
  LiveTaskCallbacks,
  LiveTaskOptions,
  PeerAsk,
  StreamFollower,
} from './live-callbacks.ts';
import { LivePresence } from './live-presence.ts';
import { type Ack, type LiveAsk, LiveSocket } from './live-socket.ts';
import { SetQueue } from './set-queue.ts';
import { StandingRequests } from './standing-requests.ts';
import type { TaskCopy } from './task-copy.ts';

export type {
  Connection,
  ListenRequest,
  LiveTaskCallbacks,
  LiveTaskOptions,
  PeerAsk,
  StreamFollower,
} from './live-callbacks.ts';

// Sound that waits longer is of no use to anybody: about half a second of stereo in 24 bits.
const MOST_PUSHED_BYTES = 128 * 1024;

/**
 * A task as it is now, and the way to change it while it plays. [any]
 *
 * It connects by itself, keeps a true copy of the task, and after a drop connects again and takes up the events where
 * it was. `set` survives a drop, however long. `transport`, `edit`, `record` and `recall` that were under way are sent again with their
 * key, which gives them one effect; when the connection is not back within 10 s they are rejected with CONNECTION_LOST. So is,
 * at once, what was under way of everything else, and what is asked while there is no connection.
 */
export class LiveTask {
  /** Resolves with the first snapshot; rejects with TASK_UNKNOWN and the like, or when closed before. */
  readonly ready: Promise<void>;
  connection: Connection = 'connecting';

  private options: LiveTaskOptions;
  private socket: LiveSocket | undefined;
  private copy: FollowedCopy;
  private present = new LivePresence();
  private name: string | undefined;
  private keyed = new KeyedRequests((request) => this.ask(request));
  private standing = new StandingRequests();
  private known: readonly Model[] = [];
  private isLearning = false;
  private isReady = Promise.withResolvers<void>();
  /** Begins to resume, once there is a true copy again. */
  private takeOver: (() => void) | undefined;
  private backOff = new BackOff();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private followers = new Set<StreamFollower>();
  private queue = new SetQueue<Ack>((changes) => this.ask({ type: 'set', changes }));

  constructor(options: LiveTaskOptions) {
    this.options = options;
    this.name = options.name;
    this.copy = new FollowedCopy({
      models: () => this.known,
      onAdopted: (copy, isFirst) => {
        this.isReady.resolve();
        this.takeOver?.();
        options.onSnapshot?.(copy);
        void this.learnModels(!isFirst);
      },
      onFollowed: (event) => this.followed(event),
      onStale: () => this.socket?.close(),
    });
    this.ready = this.isReady.promise;
    this.ready.catch(() => {}); // whoever cares awaits it
    void this.connect();
  }

  /** True once there is a snapshot; before it, reading the task throws. */
  get hasTask(): boolean {
    return this.copy.now !== undefined;
  }
  get task(): Task {
    return this.current().task;
  }
  get state(): TaskState {
    return this.current().state;
  }
  get revision(): number {
    return this.current().revision;
  }
  get models(): readonly Model[] {
    return this.known;
  }
  /** Who has the task open, this client among them (`session`). */
  get presence(): Presence[] {
    return this.present.list;
  }
  /** Of this connection. */
  get session(): string | undefined {
    return this.present.session;
  }
  /** What this client may do; nothing is known before `ready`. */
  get permissions(): readonly TaskPermission[] {
    return this.present.permissions;
  }
  /** Whether this client asked for what an event tells. */
  isOwn(event: { origin?: string }): boolean {
    return this.present.isOwn(event);
  }
  /** Number of the last event that the copy shows. */
  get sequence(): number {
    return this.current().sequence;
  }

  /** The values of a parameter, one for each channel or count: what was set here and is still on its way comes first. */
  values(instance: string, parameter: string): Value[] {
    return instanceValues(this.known, this.task, instance, parameter).map(
      (value, index) => this.queue.pending(instance, parameter, index)?.value ?? value,
    );
  }

  /**
   * Sets a parameter. At most one request of each parameter is in flight; of faster changes the last one goes out.
   * Resolves when this value or a later one has been applied and the copy shows it.
   */
  set(change: ParameterChange): Promise<Ack> {
    if (this.connection === 'closed') return Promise.reject(closedError());
    return this.queue.set(change);
  }

  /** Plays MIDI messages while the task plays; the ack carries the frame at which they apply. */
  midi(messages: MidiMessage[]): Promise<Ack> {
    return this.ask({ type: 'midi', messages });
  }

  transport(change: TransportChange): Promise<Ack> {
    return this.askOnce({ type: 'transport', change });
  }

  /** Changes the graph as one transaction; with a revision only if nobody else has changed it since. */
  edit(edits: GraphEdit[], revision?: number): Promise<Ack> {
    return this.askOnce({ type: 'edit', edits, ...(revision === undefined ? {} : { revision }) });
  }

  /** Has values that are set while the task plays written into lanes; turned off, they become an edit of the task. */
  record(on: boolean): Promise<Ack> {
    return this.askOnce({ type: 'record', on });
  }

  /** Brings an instance, or the task, to the values of a preset. */
  recall(recall: Recall): Promise<Ack> {
    return this.askOnce({ type: 'recall', ...recall });
  }

  /** Shows the others a hand on a control, for so long or until it is said again; 0 takes it away. */
  touch(control: Control, seconds = 2): Promise<Ack> {
    return this.ask({ type: 'touch', ...control, seconds });
  }

  /** What the others see; after a drop it is told again. */
  rename(name: string): Promise<Ack> {
    this.name = name;
    return this.ask({ type: 'present', name });
  }

  /** Starts packets, of the first sink or of a node; after a drop they go on by themselves. */
  listen(wanted: Partial<ListenRequest> = {}): Promise<Ack> {
    const { from, ...kept } = { format: 's16' as const, ...wanted };
    this.standing.listening = kept;
    return this.ask({ type: 'listen', ...kept, ...(from === undefined ? {} : { from }) });
  }

  /** Tells of the stream also here, until the function returned is called. */
  followStream(follower: StreamFollower): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  heard(heard: StreamHeard): Promise<Ack> {
    return this.ask({ type: 'heard', ...heard });
  }

  unlisten(): Promise<Ack> {
    this.standing.listening = undefined;
    return this.ask({ type: 'unlisten' });
  }

  /**
   * Begins to push sound into a track whose source is `push`; `LivePush` does so and sends it. After a drop it goes on by itself.
   * Rejects with NODE_UNKNOWN, SOURCE_TAKEN while another client does.
   */
  async push(track: string): Promise<Ack> {
    const ack = await this.ask({ type: 'push', track });
    this.standing.pushing = track;
    return ack;
  }

  unpush(): Promise<Ack> {
    this.standing.pushing = undefined;
    return this.ask({ type: 'unpush' });
  }

  /**
   * Opens a WebRTC connection by the offer of an RTCPeerConnection, its candidates gathered; resolves with the answer. It does not
   * outlive a drop. Rejects with WEBRTC_UNAVAILABLE where the domain has none.
   */
  async peer(offer: string, wanted: Omit<PeerAsk, 'offer'> = {}): Promise<string> {
    const { answer } = await this.ask({ type: 'peer', offer, ...wanted });
    return answer!;
  }

  unpeer(): Promise<Ack> {
    return this.ask({ type: 'unpeer' });
  }

  /** Sends a packet of what is pushed; false where it was left out: the connection is down, or too slow. */
  sendPacket(packet: Packet): boolean {
    return this.socket?.send(new Uint8Array(encodePacket(packet)), MOST_PUSHED_BYTES) ?? false;
  }

  meters(on: boolean): Promise<Ack> {
    this.standing.metersOff = !on;
    return this.ask({ type: 'meters', on });
  }

  /** Counters of the task, its render thread and its engine; off at the start. After a drop they go on by themselves. */
  counters(on: boolean): Promise<Ack> {
    this.standing.countersOn = on;
    return this.ask({ type: 'counters', on });
  }

  close(): void {
    if (this.connection === 'closed') return;
    this.setConnection('closed');
    clearTimeout(this.timer);
    this.socket?.close();
    this.settleAll(closedError());
    this.isReady.reject(closedError());
  }

  private isClosed(): boolean {
    return this.connection === 'closed';
  }

  private current(): TaskCopy {
    if (!this.copy.now)
      throw new AudioCloudError('CONNECTION_LOST', 'Cannot read the live task: no snapshot yet; await `ready` first');
    return this.copy.now;
  }

  private ask(request: LiveAsk): Promise<Ack> {
    if (this.connection === 'closed') return Promise.reject(closedError());
    if (!this.socket || this.connection !== 'open')
      return Promise.reject(
        new AudioCloudError('CONNECTION_LOST', `Cannot send '${request.type}': the connection is being made`),
      );
    return this.socket.ask(request).then((ack) => this.copy.shown(ack));
  }

  /** As `ask`, of what may be sent again: after a drop it is, in order. */
  private askOnce(request: LiveAsk): Promise<Ack> {
    return this.connection === 'open' ? this.keyed.ask(request, this.copy.isResuming) : this.ask(request);
  }

  private settleAll(error: AudioCloudError): void {
    this.keyed.end(error);
    this.queue.fail(error);
  }

  private async connect(): Promise<void> {
    try {
      this.known = await this.options.prepare();
    } catch (thrown) {
      const error = asAudioCloudError(thrown);
      if (this.isClosed()) return;
      // Another login begins with another client.
      const { retry, status } = ERRORS[error.code];
      if (retry === 'never' || status === 401 || status === 403) this.refused(error);
      else this.retry(error);
      return;
    }
    if (this.isClosed()) return;
    const socket = new LiveSocket(
      this.options.url,
      {
        onOpen: () => this.opened(socket),
        onMessage: (message) => this.take(message),
        onPacket: (packet) => this.tell('onPacket', packet),
        onClose: (why) => this.socket === socket && this.retry(why),
      },
      this.options.WebSocket,
      this.options.token,
    );
    this.socket = socket;
  }

  private opened(socket: LiveSocket): void {
    this.backOff.opened();
    if (this.name !== undefined) socket.ask({ type: 'present', name: this.name }).catch(() => {});
    this.takeOver = undefined;
    if (this.copy.now) {
      const before = this.session!;
      this.takeOver = () => this.resume(socket, before);
      // a copy that is not true is replaced first
      if (!this.copy.isStale) this.takeOver();
    }
    this.setConnection('open');
    this.standing.again(
      (request) => socket.ask(request),
      () => Object.assign({}, ...[...this.followers].map((follower) => follower.again?.())),
    );
    if (!this.copy.now) this.queue.resend();
  }

  /** before: the session of this client that dropped. */
  private resume(socket: LiveSocket, before: string): void {
    this.takeOver = undefined;
    this.copy.isResuming = true;
    socket.ask({ type: 'resume', sequence: this.current().sequence, before }).then(
      () => this.resumed(),
      (error: AudioCloudError) => error.code !== 'CONNECTION_LOST' && this.resumed(),
    );
  }

  private resumed(): void {
    this.backOff.resumed();
    this.copy.resumed();
    this.keyed.again();
    this.queue.resend();
  }

  private retry(why: AudioCloudError): void {
    if (this.connection === 'closed') return;
    this.socket = undefined;
    this.copy.dropped(why);
    this.keyed.dropped(why);
    const waitMs = this.backOff.lost();
    this.setConnection('lost', why);
    this.timer = setTimeout(() => void this.connect(), waitMs);
  }

  private setConnection(connection: Connection, why?: AudioCloudError): void {
    this.connection = connection;
    this.tell('onConnection', connection, why);
  }

  private tell<N extends 'onPacket' | 'onPeer' | 'onStream' | 'onStreamEnded' | 'onConnection'>(
    what: N,
    ...told: Parameters<NonNullable<LiveTaskCallbacks[N]>>
  ): void {
    for (const one of [this.options, ...this.followers])
      (one[what] as ((...all: unknown[]) => void) | undefined)?.(...told);
  }

  private take(message: Exclude<LiveMessage, { type: 'ack' }>): void {
    if (message.type === 'snapshot') {
      this.present.takeSnapshot(message);
      this.copy.takeSnapshot(message);
    } else if (message.type === 'meters') this.options.onMeters?.(message);
    else if (message.type === 'counters') this.options.onCounters?.(message.counters);
    else if (message.type === 'guard') this.options.onGuard?.(message.guards);
    else if (message.type === 'peer') this.tell('onPeer', message);
    else if (message.type === 'pushed') this.options.onPushed?.(message.pushed);
    else if (message.type === 'presence') {
      this.present.take(message);
      this.options.onPresence?.();
    } else if (message.type === 'stream') this.tell('onStream', message);
    else if (message.type === 'stream-ended') this.tell('onStreamEnded', AudioCloudError.from(message.error));
    else if (message.type === 'error') this.refused(AudioCloudError.from(message.error));
    else this.copy.takeEvent(message);
  }

  /** The copy shows it. */
  private followed(event: LiveEvent): void {
    if (event.type === 'changed' && this.copy.isResuming && this.isOwn(event) && event.origin !== this.session)
      this.queue.landed(event.changes, {
        type: 'ack',
        id: 0,
        frame: event.frame ?? undefined,
        sequence: event.sequence,
      });
    this.options.onEvent?.(event);
    if (event.type === 'state' || event.type === 'edited') void this.learnModels();
    if (event.type === 'deleted')
      this.refused(new AudioCloudError('TASK_UNKNOWN', 'The task was deleted; open another one'));
  }

  /**
   * Asks for the models again when the task has one that is not known: its engine may have come up since. mayDiffer: in any
   * case, since the domain sends a further snapshot also when plugins have changed.
   */
  private async learnModels(mayDiffer = false): Promise<void> {
    const instances = Object.values(this.copy.now?.task.instances ?? {});
    if (this.isLearning || (!mayDiffer && instances.every((instance) => modelOf(this.known, instance)))) return;
    this.isLearning = true;
    try {
      this.known = await this.options.prepare();
      this.options.onModels?.();
    } catch {
      // the next state of the task is another occasion
    } finally {
      this.isLearning = false;
    }
  }

  /** An error without a request: the domain will not have this client. */
  private refused(why: AudioCloudError): void {
    this.isReady.reject(why);
    this.setConnection('closed', why);
    clearTimeout(this.timer);
    this.socket?.close();
    this.settleAll(why);
  }
}

function closedError(): AudioCloudError {
  return new AudioCloudError('CONNECTION_LOST', 'The live task was closed here; open it again with client.live()');
}
