import {
  applyEdits,
  type GraphEdit,
  instanceValues,
  type LiveMessage,
  type LiveRequest,
  type Task,
  type TaskState,
} from '@audiocloud/api';
import { LOST } from '../world/domain-host.ts';
import { MODELS } from '../world/models.ts';
import type { Random } from '../world/random.ts';
import { SimulatedSocket } from '../world/simulated-socket.ts';
import { type ClientWorld, taskPlace } from './client-world.ts';
import type { KnownTask } from './known-task.ts';
import { headersOf, type Person } from './person.ts';

/** The task as a client has it: the snapshot, and the events that came after. */
export interface Copy {
  task: KnownTask;
  sequence: number;
  revision: number;
  graph: Task;
  state: TaskState;
}

type Event = Extract<LiveMessage, { sequence: number; type: 'changed' | 'edited' | 'state' | 'deleted' }>;

interface Asked {
  change: object;
  /** The acknowledgement says that it was done. */
  settle(isDone: boolean): void;
}

/** Follows a task over its live socket, sets one value of it, drops and resumes. [control] */
export class Watcher {
  readonly #world: ClientWorld;
  readonly #person: Person;
  readonly #random: Random;
  #socket: SimulatedSocket | undefined;
  #copy: Copy | undefined;
  #task: KnownTask | undefined;
  #asked = new Map<number, Asked>();
  #count = 0;
  /** As the last snapshot named it. */
  #session: string | undefined;
  /** The first snapshot of this connection came. */
  #isGreeted = false;
  #isResuming = false;
  /** Its key is taken back. */
  #isRefused = false;
  /** Sequence to resume from; undefined when the snapshot is enough. */
  #resumeFrom: number | undefined;

  constructor(world: ClientWorld, person: Person, random: Random) {
    this.#world = world;
    this.#person = person;
    this.#random = random;
  }

  get name(): string {
    return this.#person.name;
  }

  get person(): Person {
    return this.#person;
  }

  /** What it has, while it is connected and waits for nothing. */
  get copy(): Copy | undefined {
    return this.#socket && this.#asked.size === 0 ? this.#copy : undefined;
  }

  /** The domain takes what it sends. */
  get isServed(): boolean {
    return this.#socket?.readyState === this.#socket?.OPEN && this.#socket !== undefined;
  }

  /** It has a socket that is open. */
  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Stays connected also when nobody begins anything new, until `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#world.sleep(this.#random.delay(10, 1_500));
      if (!this.#socket) await this.#connect();
      else if (!this.#world.isWindingUp) this.#act();
    }
  }

  /** The network drops its connection. */
  drop(): void {
    this.#socket?.drop();
  }

  /** It reads nothing for so long. */
  stick(ms: number): void {
    const socket = this.#socket;
    socket?.stick(true);
    this.#world.clock.after(ms, () => socket?.stick(false));
  }

  async #connect(): Promise<void> {
    const { tasks, network, domain, trace } = this.#world;
    const { application } = this.#person;
    const shared = [...tasks.values()].filter((task) => task.isShared && task.application === application);
    const there = shared.filter(({ exists }) => exists.known === true);
    if (this.#isRefused) return;
    const task =
      this.#task?.exists.known === true ? this.#task : there.length > 0 ? this.#random.pick(there) : undefined;
    if (!task) return;
    if (task !== this.#task) this.#copy = undefined;
    this.#task = task;
    const ask = {
      id: `${this.name}-socket-${++this.#count}`,
      method: 'GET',
      path: `/v1/tasks/${task.id}/live`,
      headers: headersOf(this.#person),
    };
    await this.#world.sleep(network.delayMs());
    this.#resumeFrom = this.#copy?.sequence;
    this.#isGreeted = false;
    let socket: SimulatedSocket | undefined;
    try {
      const opened = await domain.connect(ask, () => {
        socket = new SimulatedSocket(this.#world.clock, () => network.delayMs(), {
          message: (text) => this.#receive(JSON.parse(text) as LiveMessage),
          closed: (code) => this.#closed(socket!, code),
        });
        return socket;
      });
      if (opened === LOST || opened.readyState !== opened.OPEN) return;
      this.#socket = opened;
      // It may have been deleted and made again meanwhile.
      this.#task = tasks.get(taskPlace(application, task.id));
      trace.add(this.name, `follows ${task.id}`);
      if (this.#resumeFrom !== undefined) {
        const before = this.#session === undefined ? {} : { before: this.#session };
        this.#isResuming = true;
        this.#ask({ type: 'resume', sequence: this.#resumeFrom, ...before }, () => {
          this.#isResuming = false;
        });
      }
    } catch (error) {
      trace.add(this.name, `cannot follow ${task.id}: ${(error as Error).message}`);
      this.#isRefused = (error as { code?: string }).code === 'UNAUTHENTICATED';
      if (!task.exists.possible.includes(false) && (error as { code?: string }).code === 'TASK_UNKNOWN')
        this.#world.violate('acknowledged-is-seen', `${task.id} is gone: ${this.name} cannot follow it`);
    }
  }

  #act(): void {
    const chance = this.#random.number();
    if (chance < 0.03) this.drop();
    else if (chance < 0.45) this.#setKnob();
    else if (chance < 0.6) this.#edit();
    else if (chance < 0.7) this.#ask({ type: 'ping' }, () => undefined);
    else if (chance < 0.75) this.#ask({ type: 'record', on: this.#random.chance(0.5) }, () => undefined);
  }

  /** Pan is for those who follow; the one with the first name has it. */
  #setKnob(): void {
    const task = this.#task!;
    if (!this.name.endsWith('0')) return;
    const value = Math.round(this.#random.between(-100, 100)) / 100;
    const knob = task.knob('gain.pan', 0);
    const change = {};
    knob.begin(change, value);
    const { clock } = this.#world;
    this.#ask(
      { type: 'set', changes: [{ instance: 'gain', parameter: 'pan', value }] },
      (isDone) => (isDone ? knob.acknowledged(change, clock.elapsedMs, false) : knob.refused(change)),
      change,
    );
  }

  #edit(): void {
    const task = this.#task!;
    const name = `live-${this.name}-${++this.#count}`;
    const part = task.part(name);
    const change = {};
    part.begin(change, true);
    const { clock } = this.#world;
    const value = { model: 'audiocloud:gain' };
    const edits: GraphEdit[] = [{ op: 'put', part: 'instances', name, value }];
    // Its values are nobody's.
    this.#ask(
      { type: 'edit', edits },
      (isDone) => (isDone ? part.acknowledged(change, clock.elapsedMs, true) : part.refused(change)),
      change,
    );
  }

  #ask(
    request: LiveRequest extends infer R ? (R extends LiveRequest ? Omit<R, 'id'> : never) : never,
    settle: (isDone: boolean) => void,
    change: object = {},
  ): void {
    const id = ++this.#count;
    this.#asked.set(id, { change, settle });
    this.#socket?.ask({ ...request, id });
  }

  #receive(message: LiveMessage): void {
    const { trace } = this.#world;
    if (message.type === 'meters' || message.type === 'counters' || message.type === 'presence') return;
    trace.add(this.name, `hears ${message.type} ${'sequence' in message ? message.sequence : ''}`);
    if (message.type === 'ack' || message.type === 'error') {
      const asked = this.#asked.get(Number(message.id));
      this.#asked.delete(Number(message.id));
      asked?.settle(message.type === 'ack');
    } else if (message.type === 'snapshot') {
      const { sequence, revision, task: graph, state, session } = message;
      this.#session = session;
      // The first one of a connection: what was missed comes as events, or as another snapshot.
      const isFirst = !this.#isGreeted;
      this.#isGreeted = true;
      if (isFirst && this.#resumeFrom !== undefined) return;
      this.#copy = { task: this.#task!, sequence, revision, graph, state };
    } else this.#event(message as Event);
  }

  #event(event: Event): void {
    const copy = this.#copy;
    // Those before the snapshot, sent again by a resume.
    if (!copy || event.sequence <= copy.sequence) return;
    // Of one that is slow the events that newer ones replaced come as one.
    const first = event.type === 'changed' ? (event.from ?? event.sequence) : event.sequence;
    // Before the answer to a resume: it comes again with those that were missed.
    if (first > copy.sequence + 1 && this.#isResuming) return;
    if (first > copy.sequence + 1)
      this.#world.violate('live-events-without-gap', `${this.name} was at ${copy.sequence}, and got ${event.sequence}`);
    copy.sequence = event.sequence;
    if (event.type === 'changed')
      copy.graph = edited(
        copy.graph,
        event.changes.map((change) => ({ op: 'set', ...change })),
      );
    else if (event.type === 'edited') {
      copy.graph = edited(copy.graph, event.edits);
      copy.revision = event.revision;
    } else if (event.type === 'state') copy.state = event.state;
    else this.#copy = undefined;
  }

  #closed(socket: SimulatedSocket, code: number): void {
    if (this.#socket !== socket) return;
    this.#world.trace.add(this.name, `is cut off (${code})`);
    this.#socket = undefined;
    this.#isResuming = false;
    // What was under way may still take effect: nobody will know when that is over.
    this.#asked.clear();
  }
}

function edited(graph: Task, edits: readonly GraphEdit[]): Task {
  return applyEdits(graph, edits, (task, instance, parameter) => instanceValues(MODELS, task, instance, parameter));
}
