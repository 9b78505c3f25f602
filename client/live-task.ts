import {
  AudioCloudError,
  ERRORS,
  type GraphEdit,
  type Control,
  type LiveCounters,
  type LiveEvent,
  type LiveMessage,
  type LiveRequest,
  type MidiMessage,
  type Model,
  type Packet,
  type ParameterChange,
  type Presence,
  type PushedFacts,
  type Recall,
  type StreamHeard,
  type StreamTold,
  type SinkGuardCounters,
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
import { type Ack, type LiveAsk, LiveSocket } from './live-socket.ts';
import { SetQueue } from './set-queue.ts';
import { type Snapshot, type TaskCopy, followEvent } from './task-copy.ts';

/** What `listen` takes. */
export type ListenRequest = Omit<Extract<LiveRequest, { type: 'listen' }>, 'type' | 'id'>;

/** What `peer` takes. */
export type PeerAsk = Omit<Extract<LiveRequest, { type: 'peer' }>, 'type' | 'id'>;

export type Connection = 'connecting' | 'open' | 'lost' | 'closed';

export interface LiveTaskCallbacks {
  /** The copy was taken whole: at the start, and when too much was missed. */
  onSnapshot?(copy: TaskCopy): void;
  /** `models` knows more than before: an engine came up, or got a plugin. */
  onModels?(): void;
  /** Every event in order, none twice; `task`, `state` and `revision` already show it. */
  onEvent?(event: LiveEvent): void;
  onMeters?(message: Extract<LiveMessage, { type: 'meters' }>): void;
  /** Somebody came, went, or has their hands elsewhere; `presence` shows it. */
  onPresence?(): void;
  /** Output guards have acted; at most once a second. Counts by sink since it was made. */
  onGuard?(guards: SinkGuardCounters): void;
  /** Once a second, after `counters(true)`. */
  onCounters?(counters: LiveCounters): void;
  onPacket?(packet: Packet): void;
  /** What is sent from the next packet on. */
  onStream?(told: StreamTold): void;
  /** Nothing more is sent of what was listened to. */
  onStreamEnded?(error: AudioCloudError): void;
  /** The WebRTC connection that `peer` opened stands, or is over. */
  onPeer?(message: Extract<LiveMessage, { type: 'peer' }>): void;
  /** What becomes of what is pushed; once a second. */
  onPushed?(pushed: PushedFacts): void;
  onConnection?(connection: Connection, why?: AudioCloudError): void;
}

/** Who listens to the stream, beside the callbacks that the live task was made with. */
export interface StreamFollower
  extends Pick<LiveTaskCallbacks, 'onPacket' | 'onPeer' | 'onStream' | 'onStreamEnded' | 'onConnection'> {
  /** What is asked otherwise when the stream is asked for again after a drop: where it goes on. */
  again?(): Partial<ListenRequest>;
}

export interface LiveTaskOptions extends LiveTaskCallbacks {
  url: URL;
  /** What the others see; see `rename`. */
  name?: string;
  /** Before each connection: that the task is there, and the models, which say how many values a parameter has. */
  prepare(): Promise<readonly Model[]>;
  WebSocket?: typeof WebSocket;
  /** API key or token. */
  token?: string;
}

// The first try comes at once, since most drops are short; a domain that restarts is not hammered.
const BACK_OFF_MS = [0, 100, 250, 500, 1000, 2000, 4000];
// A connection that stayed up so long begins the back-off anew; one that got as far as to resume goes back to 250 ms.
const SETTLED_MS = 2000;
const RESUMED_DROPS = 2;
// One that opened goes back to 500 ms: the domain is there, and what happens meanwhile is to be caught up with.
const OPENED_DROPS = 3;
// A request that nobody knows the answer of is sent again when the connection is back by then; later nobody expects it.
const RESEND_MS = 10_000;

// Sound that waits longer is of no use to anybody: about half a second of stereo in 24 bits.
const MOST_PUSHED_BYTES = 128 * 1024;

/** A request that has one effect however often it is sent. */
interface Keyed {
  request: LiveAsk;
  resolve(ack: Ack): void;
  reject(error: unknown): void;
}

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
  private copy: TaskCopy | undefined;
  private others = new Map<string, Presence>();
  private who: { session: string; permissions: readonly TaskPermission[] } | undefined;
  /** Sessions of this client: events of theirs are its own. */
  private sessions = new Set<string>();
  private name: string | undefined;
  /** Sent and not answered, in order. */
  private keyed = new Set<Keyed>();
  private keyedTimer: ReturnType<typeof setTimeout> | undefined;
  private known: readonly Model[] = [];
  private isLearning = false;
  private arrivals = new Set<{ sequence: number; resolve(): void; reject(error: AudioCloudError): void }>();
  private isReady = Promise.withResolvers<void>();
  /** While resuming: the snapshot that a new connection begins with, true but without the events before it. */
  private held: Snapshot | undefined;
  private resuming = false;
  /** Begins to resume, once there is a true copy again. */
  private takeOver: (() => void) | undefined;
  /** The copy could not follow an event; the next snapshot replaces it. */
  private isStale = false;
  private drops = 0;
  private openedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listening: ListenRequest | undefined;
  private pushing: string | undefined;
  private followers = new Set<StreamFollower>();
  private metersOff = false;
  private countersOn = false;
  private queue = new SetQueue<Ack>((changes) => this.ask({ type: 'set', changes }));

  constructor(options: LiveTaskOptions) {
    this.options = options;
    this.name = options.name;
    this.ready = this.isReady.promise;
    this.ready.catch(() => {}); // whoever cares awaits it
    void this.connect();
  }

  /** True once there is a snapshot; before it, reading the task throws. */
  get hasTask(): boolean {
    return this.copy !== undefined;
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
    return [...this.others.values()];
  }
  /** Of this connection. */
  get session(): string | undefined {
    return this.who?.session;
  }
  /** What this client may do; nothing is known before `ready`. */
  get permissions(): readonly TaskPermission[] {
    return this.who?.permissions ?? [];
  }
  /** Whether this client asked for what an event tells. */
  isOwn({ origin }: { origin?: string }): boolean {
    return origin !== undefined && this.sessions.has(origin);
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
    this.listening = kept;
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
    this.listening = undefined;
    return this.ask({ type: 'unlisten' });
  }

  /**
   * Begins to push sound into a track whose source is `push`; `LivePush` does so and sends it. After a drop it goes on by itself.
   * Rejects with NODE_UNKNOWN, SOURCE_TAKEN while another client does.
   */
  async push(track: string): Promise<Ack> {
    const ack = await this.ask({ type: 'push', track });
    this.pushing = track;
    return ack;
  }

  unpush(): Promise<Ack> {
    this.pushing = undefined;
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
    this.metersOff = !on;
    return this.ask({ type: 'meters', on });
  }

  /** Counters of the task, its render thread and its engine; off at the start. After a drop they go on by themselves. */
  counters(on: boolean): Promise<Ack> {
    this.countersOn = on;
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
    if (!this.copy)
      throw new AudioCloudError('CONNECTION_LOST', 'Cannot read the live task: no snapshot yet; await `ready` first');
    return this.copy;
  }

  private ask(request: LiveAsk): Promise<Ack> {
    if (this.connection === 'closed') return Promise.reject(closedError());
    if (!this.socket || this.connection !== 'open')
      return Promise.reject(
        new AudioCloudError('CONNECTION_LOST', `Cannot send '${request.type}': the connection is being made`),
      );
    return this.socket.ask(request).then((ack) => this.shown(ack));
  }

  /** As `ask`, of what may be sent again: after a drop it is, in order. */
  private askOnce(request: LiveAsk): Promise<Ack> {
    if (this.connection !== 'open') return this.ask(request);
    return new Promise((resolve, reject) => {
      const one = { request: { ...request, key: newKey() } as LiveAsk, resolve, reject };
      this.keyed.add(one);
      // behind those from before the drop
      if (!this.resuming) this.sendKeyed(one);
    });
  }

  private sendKeyed(one: Keyed): void {
    const settle = (tell: () => void) => {
      if (this.keyed.delete(one)) tell();
    };
    this.ask(one.request).then(
      (ack) => settle(() => one.resolve(ack)),
      // a drop is no answer: it is sent again, or rejected with all others
      (error) => error.code !== 'CONNECTION_LOST' && settle(() => one.reject(error)),
    );
  }

  private failKeyed(error: unknown): void {
    for (const { reject } of this.keyed) reject(error);
    this.keyed.clear();
  }

  private settleAll(error: AudioCloudError): void {
    clearTimeout(this.keyedTimer);
    this.failKeyed(error);
    this.queue.fail(error);
  }

  /** Resolves with the ack once the copy shows what it speaks of. */
  private async shown(ack: Ack): Promise<Ack> {
    const { sequence } = ack;
    if (sequence !== undefined && sequence > (this.copy?.sequence ?? 0))
      await new Promise<void>((resolve, reject) => this.arrivals.add({ sequence, resolve, reject }));
    return ack;
  }

  private arrived(): void {
    for (const arrival of this.arrivals) {
      if (arrival.sequence > (this.copy?.sequence ?? 0)) continue;
      this.arrivals.delete(arrival);
      arrival.resolve();
    }
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
    this.openedAt = performance.now();
    this.drops = Math.min(this.drops, OPENED_DROPS);
    if (this.name !== undefined) socket.ask({ type: 'present', name: this.name }).catch(() => {});
    this.takeOver = undefined;
    if (this.copy) {
      const before = this.who!.session;
      this.takeOver = () => this.resume(socket, before);
      // a copy that is not true is replaced first
      if (!this.isStale) this.takeOver();
    }
    this.setConnection('open');
    if (this.metersOff) socket.ask({ type: 'meters', on: false }).catch(() => {});
    if (this.countersOn) socket.ask({ type: 'counters', on: true }).catch(() => {});
    if (this.pushing !== undefined) socket.ask({ type: 'push', track: this.pushing }).catch(() => {});
    if (this.listening) {
      const again = Object.assign({}, ...[...this.followers].map((follower) => follower.again?.()));
      socket.ask({ type: 'listen', ...this.listening, ...again }).catch(() => {});
    }
    if (!this.copy) this.queue.resend();
  }

  /** before: the session of this client that dropped. */
  private resume(socket: LiveSocket, before: string): void {
    this.takeOver = undefined;
    this.resuming = true;
    socket.ask({ type: 'resume', sequence: this.current().sequence, before }).then(
      () => this.resumed(),
      (error: AudioCloudError) => error.code !== 'CONNECTION_LOST' && this.resumed(),
    );
  }

  private retry(why: AudioCloudError): void {
    if (this.connection === 'closed') return;
    this.socket = undefined;
    this.held = undefined;
    this.resuming = false;
    for (const arrival of this.arrivals) arrival.reject(why);
    this.arrivals.clear();
    if (this.openedAt > 0 && performance.now() - this.openedAt > SETTLED_MS) this.drops = 0;
    this.openedAt = 0; // a try in vain settles nothing
    const waitMs = BACK_OFF_MS[Math.min(this.drops++, BACK_OFF_MS.length - 1)]!;
    if (this.keyed.size > 0) this.keyedTimer ??= setTimeout(() => this.failKeyed(why), RESEND_MS);
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
    if (message.type === 'snapshot') this.takeSnapshot(message);
    else if (message.type === 'meters') this.options.onMeters?.(message);
    else if (message.type === 'counters') this.options.onCounters?.(message.counters);
    else if (message.type === 'guard') this.options.onGuard?.(message.guards);
    else if (message.type === 'peer') this.tell('onPeer', message);
    else if (message.type === 'pushed') this.options.onPushed?.(message.pushed);
    else if (message.type === 'presence') this.takePresence(message);
    else if (message.type === 'stream') this.tell('onStream', message);
    else if (message.type === 'stream-ended') this.tell('onStreamEnded', AudioCloudError.from(message.error));
    else if (message.type === 'error') this.refused(AudioCloudError.from(message.error));
    else this.takeEvent(message);
  }

  private takePresence({ present, left }: Extract<LiveMessage, { type: 'presence' }>): void {
    for (const one of present) this.others.set(one.session, one);
    for (const session of left) this.others.delete(session);
    this.options.onPresence?.();
  }

  private takeSnapshot(snapshot: Snapshot): void {
    const { session, permissions } = snapshot;
    this.who = { session, permissions };
    this.sessions.add(session);
    this.others = new Map(snapshot.presence.map((one) => [one.session, one]));
    const isBehind = this.copy && snapshot.sequence < this.copy.sequence; // the domain lost its count: begin anew
    if (this.resuming && !this.held && !isBehind) this.held = snapshot;
    else this.adopt(snapshot);
  }

  private adopt({ sequence, revision, task, state }: Snapshot): void {
    this.held = undefined;
    this.isStale = false;
    const isFirst = !this.copy;
    this.copy = { sequence, revision, task, state };
    this.isReady.resolve();
    this.takeOver?.();
    this.options.onSnapshot?.(this.copy);
    this.arrived();
    void this.learnModels(!isFirst);
  }

  /** The events are here, or there are none: what the snapshot knows beyond them is taken from it. */
  private resumed(): void {
    this.resuming = false;
    this.drops = Math.min(this.drops, RESUMED_DROPS);
    if (this.held && this.copy && this.held.sequence > this.copy.sequence) this.adopt(this.held);
    this.held = undefined;
    clearTimeout(this.keyedTimer);
    this.keyedTimer = undefined;
    for (const one of [...this.keyed]) this.sendKeyed(one);
    this.queue.resend();
  }

  private takeEvent(event: LiveEvent): void {
    if (!this.copy || this.isStale) return;
    const first = event.type === 'changed' ? (event.from ?? event.sequence) : event.sequence;
    // what happens before the domain has read `resume` comes again with the events that were missed
    if (this.resuming && first > this.copy.sequence + 1) return;
    if (event.sequence <= this.copy.sequence) return;
    try {
      if (first > this.copy.sequence + 1) throw new Error('events are missing');
      this.copy = followEvent(this.copy, event, this.known);
    } catch {
      // the copy is no longer true: a new connection brings a snapshot
      this.isStale = true;
      this.socket?.close();
      return;
    }
    if (event.type === 'changed' && this.resuming && this.isOwn(event) && event.origin !== this.session)
      this.queue.landed(event.changes, {
        type: 'ack',
        id: 0,
        frame: event.frame ?? undefined,
        sequence: event.sequence,
      });
    this.options.onEvent?.(event);
    this.arrived();
    if (event.type === 'state' || event.type === 'edited') void this.learnModels();
    if (event.type === 'deleted')
      this.refused(new AudioCloudError('TASK_UNKNOWN', 'The task was deleted; open another one'));
  }

  /**
   * Asks for the models again when the task has one that is not known: its engine may have come up since. mayDiffer: in any
   * case, since the domain sends a further snapshot also when plugins have changed.
   */
  private async learnModels(mayDiffer = false): Promise<void> {
    const instances = Object.values(this.copy?.task.instances ?? {});
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

/** Random enough; the nicer ways need a secure context in browsers. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function closedError(): AudioCloudError {
  return new AudioCloudError('CONNECTION_LOST', 'The live task was closed here; open it again with client.live()');
}
