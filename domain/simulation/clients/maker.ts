import type { ErrorBody, GraphEdit, Task, TaskDocument } from '@audiocloud/api';
import { LOST } from '../world/domain-host.ts';
import type { Answer } from '../world/front-door.ts';
import { TONE, withOutlets, withPreamp, withTape } from '../world/models.ts';
import type { Random } from '../world/random.ts';
import { type ClientWorld, taskPlace } from './client-world.ts';
import { KnownTask } from './known-task.ts';
import { effect, type Operation } from './operation.ts';
import { headersOf, type Person } from './person.ts';
import { Register } from './register.ts';

const MOST_TASKS = 2;
const MOST_TRIES = 60;
const PART = { model: 'audiocloud:gain', parameters: { gain: -1 } };
/** What a change of a task that is there may be refused with. */
const CONFLICT = ['REVISION_CONFLICT'];

type Made = Omit<Operation, 'isKeyed'> & { isKeyed?: boolean };

/** Makes tasks and presets, changes and deletes them, over REST, one request at a time; nobody else does so with what is its. [control] */
export class Maker {
  readonly #world: ClientWorld;
  readonly #person: Person;
  readonly #random: Random;
  readonly #isSharing: boolean;
  #tasks: KnownTask[] = [];
  #count = 0;
  /** Changes that were answered. */
  acknowledged = 0;

  /** isSharing: others follow its tasks and change them too. */
  constructor(world: ClientWorld, person: Person, random: Random, isSharing: boolean) {
    this.#world = world;
    this.#person = person;
    this.#random = random;
    this.#isSharing = isSharing;
  }

  async run(): Promise<void> {
    while (!this.#world.isWindingUp) {
      await this.#world.sleep(this.#random.delay(5, 2_500));
      if (this.#world.isWindingUp) return;
      const task = this.#tasks.length > 0 ? this.#random.pick(this.#tasks) : undefined;
      if (!task || (this.#tasks.length < MOST_TASKS && this.#random.chance(0.1))) await this.#create();
      else if (this.#random.chance(0.15)) await this.#read(task);
      else if (this.#random.chance(0.06)) await this.#spy();
      else if (this.#random.chance(0.08)) await this.#changePreset();
      else await this.#change(task);
      this.#tasks = this.#tasks.filter(({ exists }) => exists.known !== false);
    }
  }

  async #create(): Promise<void> {
    const { application, name } = this.#person;
    // One that was deleted may be made again, with everything as it is at first.
    const gone = [...this.#world.tasks.values()].filter(
      (task) => task.application === application && task.id.startsWith(`${name}-`) && task.exists.known === false,
    );
    const id = gone.length > 0 && this.#random.chance(0.4) ? this.#random.pick(gone).id : `${name}-${++this.#count}`;
    const task = new KnownTask(application, id, this.#isSharing);
    this.#world.tasks.set(taskPlace(application, id), task);
    this.#tasks.push(task);
    await this.#perform({
      name: `create ${id}`,
      method: 'POST',
      path: '/v1/tasks',
      body: { id, task: this.#firstGraph() },
      permission: 'structure',
      isDurable: true,
      effects: [effect(task.exists, true)],
      refusals: [],
      answered: ({ body }) => {
        task.revision = (body as TaskDocument).revision;
      },
    });
  }

  /** Some ask for hardware. */
  #firstGraph(): Task {
    const units = this.#world.units;
    const share = this.#random.number();
    if (units.length === 0 || share > 0.42) return TONE;
    if (share > 0.35) return withTape(this.#random.pick(this.#world.tapes));
    if (share > 0.3) return withOutlets(this.#random.pick(this.#world.distributors));
    return withPreamp(share < 0.2 ? 'any' : this.#random.pick(units));
  }

  async #change(task: KnownTask): Promise<void> {
    const share = this.#random.number();
    if (share < 0.3) await this.#perform(this.#setKnob(task));
    else if (share < 0.55) await this.#perform(this.#edit(task));
    else if (share < 0.75) await this.#perform(this.#transport(task));
    else if (share < 0.82) await this.#perform(this.#recall(task));
    else if (share < 0.87) await this.#perform(this.#replace(task));
    else if (share < 0.9) await this.#perform(this.#midi(task));
    else if (share < 0.95) await this.#perform(this.#wrongEdit(task));
    else await this.#perform(this.#remove(task));
  }

  #path({ id }: KnownTask, rest = ''): string {
    return `/v1/tasks/${id}${rest}`;
  }

  /** Of a task that may be gone. */
  #refusals({ exists }: KnownTask, ...more: string[]): string[] {
    return [...more, ...(exists.possible.includes(false) ? ['TASK_UNKNOWN'] : [])];
  }

  #setKnob(task: KnownTask): Made {
    const parts = ownParts(task).map((name) => `${name}.gain`);
    const place = this.#random.pick(['gain.gain', 'tone.level', ...parts]);
    const value = -Math.round(this.#random.between(1, 11_000)) / 100;
    const [instance, parameter] = place.split('.');
    const isKeyed = this.#random.chance(0.4);
    return {
      name: `set ${task.id} ${place} ${value}`,
      method: 'PATCH',
      path: this.#path(task, '/parameters'),
      body: { changes: [{ instance, parameter, value }] },
      permission: 'parameters',
      isKeyed,
      isDurable: isKeyed,
      effects: [effect(task.knob(place, -1), value)],
      refusals: this.#refusals(task),
    };
  }

  #edit(task: KnownTask): Made {
    const there = ownParts(task);
    const isRemoval = there.length > 3 || (there.length > 0 && this.#random.chance(0.4));
    const name = isRemoval ? this.#random.pick(there) : `part${++this.#count}`;
    const edits: GraphEdit[] = isRemoval
      ? [{ op: 'remove', part: 'instances', name }]
      : [{ op: 'put', part: 'instances', name, value: PART }];
    const isConditional = this.#random.chance(0.3) && task.revision > 0;
    return {
      name: `edit ${task.id} ${isRemoval ? '-' : '+'}${name}`,
      method: 'POST',
      path: this.#path(task, '/edits'),
      headers: isConditional ? { 'if-match': `"${task.revision}"` } : {},
      body: { edits },
      permission: 'structure',
      isDurable: true,
      effects: [effect(task.part(name), !isRemoval)],
      refusals: this.#refusals(task, ...(isConditional ? CONFLICT : [])),
      answered: this.#learnsRevision(task),
    };
  }

  /** Edits that name what is not there, or that expect a revision that never was. */
  #wrongEdit(task: KnownTask): Made {
    const [code, edit, revision] = this.#random.pick([
      ['NODE_UNKNOWN', { op: 'remove', part: 'instances', name: 'nobody' }, undefined],
      ['MODEL_UNKNOWN', { op: 'put', part: 'instances', name: 'wrong', value: { model: 'nobody:none' } }, undefined],
      ['REVISION_CONFLICT', { op: 'put', part: 'instances', name: 'wrong', value: PART }, 90_000],
    ] as const);
    return {
      name: `edit ${task.id} wrongly: ${code}`,
      method: 'POST',
      path: this.#path(task, '/edits'),
      headers: revision === undefined ? {} : { 'if-match': `"${revision}"` },
      body: { edits: [{ op: 'put', part: 'instances', name: 'half', value: PART }, edit] },
      permission: 'structure',
      isDurable: true,
      effects: [],
      refusals: this.#refusals(task, code),
      answered: () => this.#world.violate('refusals-are-true', `a wrong edit of ${task.id} was taken, wanted ${code}`),
    };
  }

  #transport(task: KnownTask): Made {
    const chance = this.#random.number();
    const play = task.isPlaying.possible.includes(true) ? this.#random.chance(0.4) : true;
    const positionSeconds = Math.round(this.#random.between(0, 600));
    const loop = this.#random.chance(0.3) ? null : { startSeconds: 1, endSeconds: 5 + this.#random.below(100) };
    const change = chance < 0.7 ? { play } : chance < 0.85 ? { positionSeconds } : { loop };
    return {
      name: `transport ${task.id} ${JSON.stringify(change)}`,
      method: 'PATCH',
      path: this.#path(task, '/transport'),
      body: change,
      permission: 'transport',
      isDurable: true,
      effects: 'play' in change ? [effect(task.isPlaying, play)] : [],
      refusals: this.#refusals(task),
    };
  }

  #midi(task: KnownTask): Made {
    return {
      name: `midi ${task.id}`,
      method: 'POST',
      path: this.#path(task, '/midi'),
      body: { messages: [{ instance: 'tone', bytes: [0x90, 60, 100] }] },
      permission: 'parameters',
      isKeyed: false,
      isDurable: false,
      effects: [],
      refusals: this.#refusals(task, 'PORT_UNKNOWN'),
    };
  }

  /** Another graph under the same id, where nobody else has a hand in it. */
  #replace(task: KnownTask): Made {
    const parts = [...task.parts];
    if (task.isShared || parts.some(([, part]) => part.known === undefined)) return this.#setKnob(task);
    const gain = -this.#count - 0.5;
    const there = parts.filter(([, part]) => part.known === true).map(([name]) => name);
    const instances = {
      ...TONE.instances,
      gain: { model: 'audiocloud:gain', parameters: { gain } },
      ...Object.fromEntries(there.map((name) => [name, PART])),
    };
    const knobs = [...task.knobs].map(([place, knob]) => {
      const first: { [place: string]: number } = { 'gain.gain': gain, 'gain.pan': 0, 'tone.level': -18 };
      return effect(knob, first[place] ?? -1);
    });
    return {
      name: `replace ${task.id}`,
      method: 'PUT',
      path: this.#path(task),
      body: { ...TONE, instances } satisfies Task,
      permission: 'structure',
      isDurable: true,
      effects: knobs,
      refusals: this.#refusals(task),
      answered: this.#learnsRevision(task),
    };
  }

  #remove(task: KnownTask): Made {
    return {
      name: `delete ${task.id}`,
      method: 'DELETE',
      path: this.#path(task),
      permission: 'structure',
      isDurable: true,
      effects: [effect(task.exists, false)],
      refusals: this.#refusals(task),
    };
  }

  #preset(): { id: string; register: Register<number | undefined> } {
    const { application, name } = this.#person;
    const id = `preset-${name}`;
    const place = taskPlace(application, id);
    const register = this.#world.presets.get(place) ?? new Register<number | undefined>(`preset ${id}`, undefined);
    this.#world.presets.set(place, register);
    return { id, register };
  }

  async #changePreset(): Promise<void> {
    const { id, register } = this.#preset();
    const gain = -Math.round(this.#random.between(1, 100));
    const preset = { name: id, content: { model: 'audiocloud:gain', parameters: { gain } } };
    const isThere = register.possible.some((value) => value !== undefined);
    const isRemoval = isThere && this.#random.chance(0.3);
    const unsure = register.known === undefined && register.possible.length > 1;
    await this.#perform({
      name: `${isRemoval ? 'delete' : isThere ? 'replace' : 'create'} ${id}`,
      method: isRemoval ? 'DELETE' : isThere ? 'PUT' : 'POST',
      path: isThere ? `/v1/presets/${id}` : '/v1/presets',
      ...(isRemoval ? {} : { body: isThere ? preset : { id, preset } }),
      permission: 'structure',
      isDurable: true,
      effects: [effect(register, isRemoval ? undefined : gain)],
      refusals: unsure ? ['PRESET_UNKNOWN', 'PRESET_EXISTS'] : [],
    });
  }

  /** A preset into an instance of its own; a factory preset would change what others set. */
  #recall(task: KnownTask): Made {
    const { id, register } = this.#preset();
    const there = ownParts(task);
    const gain = register.known;
    if (there.length === 0 || gain === undefined) return this.#setKnob(task);
    const instance = this.#random.pick(there);
    return {
      name: `recall ${id} into ${task.id} ${instance}`,
      method: 'POST',
      path: this.#path(task, '/recall'),
      body: { preset: id, instance },
      permission: 'parameters',
      isKeyed: true,
      isDurable: true,
      effects: [effect(task.knob(`${instance}.gain`, -1), gain)],
      refusals: this.#refusals(task),
    };
  }

  #learnsRevision(task: KnownTask): (answer: Answer) => void {
    return ({ body }) => {
      const { revision } = body as TaskDocument;
      if (revision <= task.revision)
        this.#world.violate('revisions-only-grow', `${task.id} was ${task.revision}, and then ${revision}`);
      task.revision = revision;
    };
  }

  /** What is read is what was acknowledged, or what may have happened since. */
  async #read(task: KnownTask): Promise<void> {
    const before = new Map<unknown, readonly unknown[]>();
    for (const register of [...task.knobs.values(), ...task.parts.values()]) before.set(register, register.possible);
    const { answer } = this.#world.network.ask(
      { id: this.#requestId(), method: 'GET', path: this.#path(task), headers: headersOf(this.#person) },
      20_000,
    );
    const found = await answer;
    if (found === LOST || this.#refusedForPermission('read', `read ${task.id}`, found)) return;
    const violate = (why: string) => this.#world.violate('acknowledged-is-seen', why);
    if (found.status === 404) {
      if (!task.exists.possible.includes(false)) violate(`${task.id} is gone`);
      return;
    }
    if (found.status !== 200) return;
    const { revision, task: graph } = found.body as TaskDocument;
    if (revision < task.revision) violate(`${task.id} is at revision ${revision}, ${task.revision} was acknowledged`);
    for (const [name, part] of task.parts)
      if (![...part.possible, ...(before.get(part) ?? [false])].includes(graph.instances?.[name] !== undefined))
        violate(`${part.what} is ${graph.instances?.[name] ? 'there' : 'not there'}`);
    for (const [place, knob] of task.knobs) {
      const value = valueAt(graph, place);
      if (value === undefined || knob.possible.includes(value) || before.get(knob)?.includes(value)) continue;
      // Of a graph that was replaced meanwhile, or by others.
      if (!task.isShared || place !== 'gain.pan')
        violate(`${knob.what} is ${value}, wanted ${knob.possible.join(' or ')}`);
    }
  }

  /** A task of another tenant is answered as one that never was. */
  async #spy(): Promise<void> {
    const { application } = this.#person;
    const others = [...this.#world.tasks.values()].filter((task) => task.application !== application);
    if (others.length === 0) return;
    const { id } = this.#random.pick(others);
    const [method, rest, body] = this.#random.pick([
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['PATCH', '/transport', { play: false }],
      ['PATCH', '/parameters', { changes: [{ instance: 'gain', parameter: 'gain', value: -3 }] }],
    ] as const);
    const headers = headersOf(this.#person);
    const answers = [id, 'nobodys-task'].map(
      (name) =>
        this.#world.network.ask(
          { id: 'spy', method, path: `/v1/tasks/${name}${rest}`, headers, ...(body === undefined ? {} : { body }) },
          20_000,
        ).answer,
    );
    const [theirs, never] = await Promise.all(answers);
    if (theirs === LOST || never === LOST) return;
    const text = (answer: Answer, name: string) =>
      `${answer.status} ${JSON.stringify(answer.body).replaceAll(name, '?')}`;
    const [one, other] = [text(theirs!, id), text(never!, 'nobodys-task')];
    if (one !== other) this.#world.violate('others-are-unknown', `${method} ${id}${rest}: ${one}, of none: ${other}`);
  }

  #requestId(): string {
    return `${this.#person.name}-request-${++this.#count}`;
  }

  async #perform({ isKeyed = this.#random.chance(0.7), ...operation }: Made): Promise<void> {
    const { network, trace, clock } = this.#world;
    const change = {};
    const key = `${this.#person.name}-${++this.#count}`;
    const { name, method, path, body, effects, permission, isDurable } = operation;
    for (const { register, value } of effects) register.begin(change, value as never);
    const headers = {
      ...headersOf(this.#person),
      ...operation.headers,
      ...(isKeyed ? { 'idempotency-key': key } : {}),
    };
    const older: Promise<void>[] = [];
    const unknown = () => {
      void Promise.all(older).then(() => {
        for (const { register } of effects) register.unknown(change);
      });
    };
    for (let tries = 1; ; tries++) {
      const ask = { id: this.#requestId(), method, path, headers, ...(body === undefined ? {} : { body }) };
      const { answer, isOver } = network.ask(ask, this.#random.between(6_000, 70_000));
      older.push(isOver);
      const found = await answer;
      const said = found === LOST ? 'no answer' : `${found.status} ${(found.body as ErrorBody | null)?.code ?? ''}`;
      trace.add(this.#person.name, `${name}${isKeyed ? ` (${key})` : ''}: ${said}`);
      const mayTryAgain = isKeyed && tries < MOST_TRIES;
      if (found === LOST) {
        if (!mayTryAgain) return unknown();
      } else if (this.#refusedForPermission(permission, name, found)) {
        for (const { register } of effects) register.refused(change);
        return;
      } else if (found.status < 300) {
        this.acknowledged++;
        // What was only applied may have been lost with the process that answered.
        const isSure = isDurable || found.deaths === this.#world.domain.deaths;
        for (const { register } of effects)
          if (isSure) register.acknowledged(change, clock.elapsedMs, isDurable);
          else register.unknown(change);
        operation.answered?.(found);
        return;
      } else {
        const { code, retry, message } = found.body as ErrorBody;
        if (retry !== 'soon' || !mayTryAgain) {
          if (retry !== 'soon' && !operation.refusals.includes(code))
            this.#world.violate('refusals-are-true', `${name} was refused: ${code}: ${message}`);
          // An older one of the same request may still be under way.
          if (tries > 1) return unknown();
          for (const { register } of effects) register.refused(change);
          return;
        }
      }
      await this.#world.sleep(this.#random.delay(20, 3_000));
    }
  }

  /** Whether that was refused because this client may not; it must be, exactly then. */
  #refusedForPermission(permission: Operation['permission'], name: string, { status, body }: Answer): boolean {
    const isRefused = status === 403;
    const mayNot = !this.#person.permissions.has(permission);
    if (mayNot !== isRefused)
      this.#world.violate(
        'permission-never-exceeded',
        `${this.#person.name} ${mayNot ? 'may not' : 'may'} ${name}: ${status} ${JSON.stringify(body)}`,
      );
    return isRefused;
  }
}

/** Those that its maker put, and that are surely there. */
function ownParts({ parts }: KnownTask): string[] {
  return [...parts].filter(([name, part]) => name.startsWith('part') && part.known === true).map(([name]) => name);
}

/** The value of an instance of a graph; undefined when it is not there. [any] */
export function valueAt(graph: Task, place: string): unknown {
  const [instance = '', parameter = ''] = place.split('.');
  const node = graph.instances?.[instance];
  if (!node) return undefined;
  const first: { [place: string]: number } = { 'tone.level': -18, 'gain.pan': 0 };
  const value = node.parameters?.[parameter] ?? first[place] ?? 0;
  return Array.isArray(value) ? value[0] : value;
}
