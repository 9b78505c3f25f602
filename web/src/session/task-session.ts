import {
  type AudioCloudError,
  type Control,
  type GraphEdit,
  type LiveCounters,
  type Meters,
  type MidiMessage,
  type Model,
  type ParameterChange,
  type PresetDocument,
  type Recall,
  type Task,
  type TaskPermission,
  type TaskState,
  type TransportChange,
  type TransportState,
  type Value,
  asAudioCloudError,
  modelOf,
} from '@audiocloud/api';
import type { AudioCloudClient, Connection, LiveTask } from '@audiocloud/client';
import { Hands } from '../presence/hands.ts';
import { keepName, ownName } from '../presence/own-name.ts';
import { type Person, peopleOf } from '../presence/people.ts';
import { PageListening } from '../listen/page-listening.ts';
import { MeterFeed } from './meter-feed.ts';

/** A hand that holds a control says so again this often, and is gone after as long again. */
const HOLD_MS = 1_000;

/** What the page shows of the open task; a new object after each change. */
export interface SessionView {
  connection: Connection;
  task: Task | undefined;
  state: TaskState | undefined;
  /** A second old at most; undefined before the first, and while the connection is down. */
  counters: LiveCounters | undefined;
  /** Who has the task open. */
  people: readonly Person[];
  /** What this page may do. */
  permissions: readonly TaskPermission[];
  /** The last thing that was refused, until it is dismissed. */
  trouble: AudioCloudError | undefined;
}

/** The open task: one live connection, a view for React, meters beside it. */
export class TaskSession {
  readonly taskId: string;
  readonly meters = new MeterFeed();
  view: SessionView = {
    connection: 'connecting',
    task: undefined,
    state: undefined,
    counters: undefined,
    people: [],
    permissions: [],
    trouble: undefined,
  };
  readonly listening: PageListening;
  /** While somebody listens: meters are shown when what they were measured of is heard. */
  private heard: { node: string; delayMs: number } | undefined;
  private live: LiveTask;
  private client: AudioCloudClient;
  private listeners = new Set<() => void>();
  private hands = new Hands();
  private handsTimer: ReturnType<typeof setTimeout> | undefined;
  private holds = new Map<string, ReturnType<typeof setInterval>>();

  constructor(client: AudioCloudClient, taskId: string) {
    this.taskId = taskId;
    this.client = client;
    this.live = client.live(taskId, {
      onSnapshot: () => this.refresh(),
      name: ownName(),
      onEvent: (event) => {
        if (event.type === 'changed' && event.origin !== undefined && !this.live.isOwn(event)) {
          this.hands.moved(event.origin, event.changes, performance.now());
          this.watchHands();
        }
        this.refresh();
      },
      onPresence: () => this.refresh(),
      onModels: () => this.refresh(),
      onConnection: (_, why) => this.refresh(why?.code === 'CONNECTION_LOST' ? undefined : why),
      onMeters: ({ meters, transport }) => this.takeMeters(meters, transport),
      onCounters: (counters) => this.publish({ counters }),
    });
    this.listening = new PageListening(this.live, (heard) => {
      this.heard = heard && { node: heard.node, delayMs: 1000 * heard.delaySeconds };
      if (heard) for (const meters of heard.meters) this.meters.heard(heard.node, meters);
    });
    // what fails here is shown by the connection itself
    this.live.ready.then(() => this.live.counters(true)).catch(() => {});
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  model(instance: string): Model | undefined {
    return modelOf(this.live.models, this.view.task?.instances?.[instance]);
  }

  /** All values of a parameter; what was moved here shows at once. */
  values(instance: string, parameter: string): Value[] {
    return this.view.task ? this.live.values(instance, parameter) : [];
  }

  set(change: ParameterChange): void {
    this.attempt(this.live.set(change));
    this.refresh();
  }

  may(permission: TaskPermission): boolean {
    return this.view.permissions.includes(permission);
  }

  /** Somebody else whose hand is on a control. */
  handOn(control: Control): Person | undefined {
    const session = this.hands.on(control, this.live.presence, this.live.session, performance.now());
    return this.view.people.find((person) => person.session === session);
  }

  /** The hand of this page is on a control, until it is not. */
  hold(control: Control, isHeld: boolean): void {
    if (!this.may('parameters')) return;
    const key = `${control.instance} ${control.parameter} ${control.index}`;
    const touch = (seconds: number) => void this.live.touch(control, seconds).catch(() => {}); // the connection shows that it is down
    const hold = this.holds.get(key);
    if (isHeld === (hold !== undefined)) return;
    if (isHeld)
      this.holds.set(
        key,
        setInterval(() => touch((2 * HOLD_MS) / 1000), HOLD_MS),
      );
    else {
      clearInterval(hold);
      this.holds.delete(key);
    }
    touch(isHeld ? (2 * HOLD_MS) / 1000 : 0);
  }

  /** What the others see. */
  rename(name: string): void {
    keepName(name);
    this.attempt(this.live.rename(name));
  }

  /** Plays messages now. That they were played changes nothing that is shown. */
  midi(messages: MidiMessage[]): void {
    this.live.midi(messages).catch((error) => this.refresh(asAudioCloudError(error)));
  }

  transport(change: TransportChange): void {
    this.attempt(this.live.transport(change));
  }

  edit(edits: GraphEdit[]): void {
    this.attempt(this.live.edit(edits));
  }

  /** The stored presets for instances of a model. */
  async presets(model: string): Promise<PresetDocument[]> {
    try {
      return await this.client.presets.list(model);
    } catch {
      return []; // the connection shows that it is down
    }
  }

  /** Stores what an instance has now under a new name. */
  async savePreset(name: string, instance: string): Promise<void> {
    const saved = this.client.presets.create({ name, capture: { task: this.taskId, instance } });
    this.attempt(saved);
    await saved.catch(() => {});
  }

  recall(recall: Recall): void {
    this.attempt(this.client.tasks.recall(this.taskId, recall));
  }

  dismiss(): void {
    this.publish({ trouble: undefined });
  }

  close(): void {
    for (const hold of this.holds.values()) clearInterval(hold);
    clearTimeout(this.handsTimer);
    this.listening.close();
    this.live.close();
    this.listeners.clear();
  }

  /** What is listened to has the meters of its packets; all else is shown as much later as it is heard. */
  private takeMeters(meters: Meters, transport: TransportState): void {
    const { heard } = this;
    if (heard) {
      const { [heard.node]: _, ...others } = meters.meters;
      setTimeout(() => this.meters.push({ ...meters, meters: others }, transport), heard.delayMs);
    } else this.meters.push(meters, transport);
  }

  private attempt(promise: Promise<unknown>): void {
    promise.then(
      () => this.refresh(),
      (error) => this.refresh(asAudioCloudError(error)),
    );
  }

  /** What moved is shown for a moment, and then no more. */
  private watchHands(): void {
    if (this.handsTimer !== undefined) return;
    const waitMs = this.hands.sweep(performance.now());
    if (waitMs === undefined) return;
    this.handsTimer = setTimeout(() => {
      this.handsTimer = undefined;
      this.watchHands();
      this.refresh();
    }, waitMs + 1);
  }

  private refresh(trouble?: AudioCloudError): void {
    const isThere = this.view.task !== undefined || this.live.hasTask;
    this.publish({
      connection: this.live.connection,
      ...(this.live.connection === 'open' ? {} : { counters: undefined }),
      people: peopleOf(this.live.presence, this.live.session),
      permissions: this.live.permissions,
      ...(isThere ? { task: this.live.task, state: this.live.state } : {}),
      ...(trouble ? { trouble } : {}),
    });
    if (isThere && this.live.state.transport) this.meters.place(this.live.state.transport);
  }

  private publish(change: Partial<SessionView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}
