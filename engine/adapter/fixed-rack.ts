import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  asAudioCloudError,
  AudioCloudError,
  type FixedInstanceState,
  type Model,
  parameterValues,
  parseId,
  type Rack,
  type RackInstance,
  type RackPower,
  type SoundCalibration,
  type SoundChannels,
  type SoundLevel,
  type SimulatedFault,
  type Value,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import { AdapterHost, type AdapterHostOptions } from './adapter-host.ts';
import type { FromAdapter, InstanceSpec } from './adapter-message.ts';
import { type AdapterPackage, findAdapters, installedPackages } from './adapter-packages.ts';
import { checkSettings } from './adapter-settings.ts';
import { readRack, resolveInstance } from './rack-file.ts';
import { RackWiring } from './rack-wiring.ts';
import type { Taken } from './value-delivery.ts';

export interface FixedRackOptions extends Pick<AdapterHostOptions, 'backOffMs' | 'maxFailures'> {
  /** Folders of packages among which adapters are found first; default: those that the engine depends on. */
  packages?: readonly string[];
}

interface Fixed {
  state: FixedInstanceState;
  garbage: number;
  reports: Record<string, (Value | undefined)[]>;
  /** As the rack declares it. */
  wiring?: RackPower;
  /** What its simulator was told. */
  hasPower?: boolean;
  /** Missing when the instance could not be made: state.error says why. */
  spec?: InstanceSpec;
  host?: AdapterHost;
  /** Where the code is that it meets, and how messages call that: the adapter, or a simulator in its place. */
  end?: { name: string; entry: URL; isSimulated: boolean };
  /** Of a simulated device: the sound at its inputs, as it was told last. */
  levels?: readonly SoundLevel[];
}

/** A unit that could be made, with its rack as it was when it was. */
type Made = Fixed & { spec: InstanceSpec };

function forget(fixed: Fixed): void {
  for (const known of Object.values(fixed.reports)) known.fill(undefined);
  fixed.state.reports = {};
}

/**
 * The fixed instances of an engine. [control]
 *
 * Each adapter package in use has a process of its own, started here. A mistake in one driver makes that instance
 * faulty; nothing of it is sent, and the others run.
 */
export class FixedRack {
  private readonly options: FixedRackOptions;
  private readonly own: Map<string, AdapterPackage>;
  private adapters: Map<string, AdapterPackage>;
  /** Folders of further packages. */
  private packages: readonly string[] = [];
  /** What racks say, each with the folder in which its paths begin. */
  private readonly declared: { instance: RackInstance; folder: string }[] = [];
  private readonly instances = new Map<string, Fixed>();
  private readonly hosts = new Map<string, AdapterHost>();
  /** By the names of hosts. */
  private readonly members = new Map<string, Made[]>();
  private readonly listeners = new Set<(state: FixedInstanceState) => void>();
  private readonly wiring: RackWiring;
  /** When the lease of all that was set is over, in ms of performance.now; undefined: it has none. */
  private leaseEndMs: number | undefined;

  constructor(options: FixedRackOptions = {}) {
    this.options = options;
    this.own = findAdapters(options.packages ?? installedPackages());
    this.adapters = this.own;
    this.wiring = new RackWiring({
      find: (unit) => {
        const fixed = this.instances.get(unit);
        return fixed?.spec && { model: fixed.spec.model, values: fixed.state.parameters, reports: fixed.reports };
      },
      ended: (unit) => this.changed(this.fixed(unit)),
      now: () => performance.now(),
    });
  }

  /**
   * Adds the instances of a rack. Throws DRIVER_INVALID for a rack file that cannot be read.
   *
   * rack: path of a rack file, or a rack. folder: where its paths begin; default: the folder of the file.
   */
  async open(rack: string | Rack, folder = typeof rack === 'string' ? dirname(rack) : process.cwd()): Promise<void> {
    const { instances } = typeof rack === 'string' ? await readRack(rack) : rack;
    const declared = instances.map((instance) => ({ instance, folder }));
    this.declared.push(...declared);
    await this.addAll(declared);
  }

  /**
   * Takes the adapters and devices of installed packages beside its own, and tries those instances again that could not be
   * made before. What runs is left alone: a new version of it counts from the next start of the engine.
   *
   * packages: folders; damaged ones are passed over.
   */
  async offer(packages: readonly string[]): Promise<void> {
    this.packages = packages;
    const found = new Map<string, AdapterPackage>();
    for (const folder of packages)
      try {
        for (const [name, adapter] of findAdapters([folder])) if (!found.has(name)) found.set(name, adapter);
      } catch {
        // the registry names what is wrong with it
      }
    this.adapters = new Map([...found, ...this.own]);
    await this.addAll(this.declared.filter(({ instance }) => !this.instances.get(instance.id)?.spec));
  }

  private async addAll(declared: readonly { instance: RackInstance; folder: string }[]): Promise<void> {
    const added = await Promise.all(declared.map(({ instance, folder }) => this.add(instance, folder)));
    const made = added.filter((fixed): fixed is Made => fixed.spec !== undefined);
    const byHost = Map.groupBy(
      made.filter((fixed) => this.wire(fixed)),
      ({ end }) => end!.name,
    );
    for (const [name, members] of byHost) this.join(name, members);
  }

  /**
   * Sets a parameter; resolves with what became of each value that was to be set.
   *
   * index: which value; undefined: all of them. Rejects when one failed, with FIXED_INSTANCE_UNKNOWN, PARAMETER_UNKNOWN,
   * PARAMETER_VALUE, PARAMETER_OWNED (the power of another unit), FIXED_INSTANCE_UNAVAILABLE (not connected, its lease is over), ADAPTER_FAILED,
   * VALUE_INTERLOCKED, VALUE_REFUSED or VALUE_UNCONFIRMED.
   */
  async set(instance: string, parameter: string, index: number | undefined, value: Value): Promise<Taken[]> {
    const [powered] = this.wiring.unitAt(instance, parameter, index);
    if (powered !== undefined)
      throw new AudioCloudError(
        'PARAMETER_OWNED',
        `Cannot set ${instance}.${parameter}: it is the power of ${powered}, which is switched as that is needed`,
        { instance, parameter },
      );
    return this.write(this.fixed(instance), parameter, index, value);
  }

  /**
   * Switches the power of an instance; its state tells when that is confirmed. Rejects with FIXED_INSTANCE_UNKNOWN,
   * FIXED_INSTANCE_UNAVAILABLE (its power is not switched, it cools down, or what switches it is away), ADAPTER_FAILED.
   */
  async power(instance: string, on: boolean): Promise<void> {
    this.refuseUnknown(instance);
    const refuse = (why: string): never => {
      const message = `Cannot turn ${instance} ${on ? 'on' : 'off'}: ${why}`;
      throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', message, { instance });
    };
    const outlet = this.wiring.outletOf(instance);
    if (!outlet) return refuse('its power is not switched; switch it by hand');
    const { phase, phaseEndsInMs = 0 } = this.wiring.stateOf(instance);
    if (on && phase === 'cooling-down') refuse(`it cools down for ${(phaseEndsInMs / 1000).toFixed(1)} s more`);
    const distributor = this.fixed(outlet.through);
    const { state } = distributor.state;
    if (state !== 'ready') refuse(`${outlet.through} is ${state}; connect it`);
    await this.write(distributor, outlet.parameter, outlet.index, on);
    distributor.host?.send({ type: 'poll', instance: outlet.through });
  }

  /** All that was set holds for so long; then the adapters send safe values by themselves. */
  lease(seconds: number): void {
    this.leaseEndMs = performance.now() + seconds * 1000;
    for (const host of this.hosts.values()) host.send({ type: 'lease', forMs: seconds * 1000 });
    for (const fixed of this.instances.values()) {
      if (!fixed.state.isLeaseOver) continue;
      delete fixed.state.isLeaseOver;
      this.changed(fixed);
    }
  }

  /** Throws FIXED_INSTANCE_UNKNOWN for a unit that is not in the rack. */
  refuseUnknown(unit: string): void {
    this.fixed(unit);
  }

  /** Where the sound of a unit leaves the device and comes back; undefined when it does not, or there is no such unit. */
  soundOf(unit: string): SoundChannels | undefined {
    return this.instances.get(unit)?.state.sound;
  }

  calibrationOf(unit: string): SoundCalibration | undefined {
    return this.instances.get(unit)?.state.calibration;
  }

  /** Notes what was measured of the sound of a unit. */
  calibrated(unit: string, calibration: SoundCalibration): void {
    const fixed = this.fixed(unit);
    fixed.state.calibration = calibration;
    this.changed(fixed);
  }

  states(): FixedInstanceState[] {
    return [...this.instances.values()].map((fixed) => this.snapshot(fixed));
  }

  /** The models of the instances, each once. */
  models(): Model[] {
    const models = [...this.instances.values()].flatMap(({ spec }) => spec?.model ?? []);
    return [...new Map(models.map((model) => [model.id, model])).values()];
  }

  /** Bytes from the device that meant nothing, since the process started. */
  garbageCount(instance: string): number {
    return this.fixed(instance).garbage;
  }

  /** The adapter processes. `starts` above 1: it was started again. */
  processes(): { adapter: string; pid: number | undefined; starts: number }[] {
    return [...this.hosts].map(([adapter, { pid, starts }]) => ({ adapter, pid, starts }));
  }

  /** Called with the whole state of an instance after each change. Returns the way to end it. */
  onState(callback: (state: FixedInstanceState) => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  /** Makes a simulated device misbehave, until 'none'. */
  simulateFault(instance: string, fault: SimulatedFault): void {
    this.fixed(instance).host?.send({ type: 'inject', instance, fault });
  }

  /** Lets a simulated device hear sound at its audio inputs, by channel, until the next; real ones have ears of their own. */
  simulateSound(instance: string, levels: readonly SoundLevel[]): void {
    const fixed = this.fixed(instance);
    if (!fixed.end?.isSimulated || isDeepStrictEqual(levels, fixed.levels)) return;
    fixed.levels = levels;
    fixed.host?.send({ type: 'hear', instance, levels });
  }

  /** Whether there are such instances, or may be once their packages are installed. */
  hasSimulatedSends(): boolean {
    return this.declared.some(
      ({ instance: { simulate, sound } }) => simulate === true && (sound?.send.length ?? 0) > 0,
    );
  }

  /** The simulated instances that sound is sent to, and the output channels of the device from which they get it. */
  simulatedSends(): { instance: string; send: readonly number[] }[] {
    return [...this.instances.values()].flatMap(({ state: { id, sound }, end }) =>
      end?.isSimulated && sound?.send.length ? [{ instance: id, send: sound.send }] : [],
    );
  }

  /** Ends all adapter processes. */
  async close(): Promise<void> {
    this.listeners.clear();
    this.wiring.close();
    await Promise.all([...this.hosts.values()].map((host) => host.stop()));
    this.hosts.clear();
    this.members.clear();
    this.declared.length = 0;
    this.instances.clear();
  }

  private async write(fixed: Fixed, parameter: string, index: number | undefined, value: Value): Promise<Taken[]> {
    if (!fixed.spec || !fixed.host) throw this.unavailable(fixed);
    const { id: instance } = fixed.state;
    const { model } = fixed.spec;
    const number = model.parameters.findIndex(({ id }) => id === parameter);
    if (number < 0)
      throw new AudioCloudError(
        'PARAMETER_UNKNOWN',
        `Cannot set ${instance}.${parameter}: ${model.id} has ${model.parameters.map(({ id }) => id).join(', ') || 'no parameters'}`,
        { instance, parameter },
      );
    const { length } = fixed.state.parameters[parameter]!;
    if (index !== undefined && index >= length)
      throw new AudioCloudError(
        'PARAMETER_VALUE',
        `Cannot set ${instance}.${parameter}[${index}]: it has ${length} values, counted from 0`,
        { instance, parameter, index },
      );
    valueToNumber(model.parameters[number]!, value, `${instance}.${parameter}`);
    const indices = index === undefined ? Array.from({ length }, (_, i) => i) : [index];
    const { host, spec } = fixed;
    const settled = await Promise.allSettled(
      indices.map(async (i) => {
        const taken = await host.set({ instance, parameter: number, index: i, value });
        if (taken === 'replaced') return taken;
        // The lists may be others by now: those of safe values.
        fixed.state.parameters[parameter]![i] = value;
        spec.values[number]![i] = value;
        return taken;
      }),
    );
    this.changed(fixed);
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
  }

  /** Returns whether its power is as the rack says; else it is faulty, and nothing of it is sent. */
  private wire(fixed: Made): boolean {
    if (!fixed.wiring) return true;
    try {
      this.wiring.wire(fixed.state.id, fixed.wiring);
      return true;
    } catch (error) {
      delete (fixed as Fixed).spec;
      this.changed(fixed, 'faulty', asAudioCloudError(error, 'DRIVER_INVALID'));
      return false;
    }
  }

  private async add(instance: RackInstance, folder: string): Promise<Fixed> {
    const { id, simulate = false, power, sound } = instance;
    const { maker, name } = parseId(id);
    const calibration = this.calibrationOf(id);
    const state: FixedInstanceState = {
      id,
      model: `${maker}:${name}`,
      adapter: 'unknown',
      state: 'disconnected',
      ...(sound ? { sound } : {}),
      ...(calibration ? { calibration } : {}), // it was in the rack before, and is made anew
      parameters: {},
      reports: {},
    };
    const fixed: Fixed = { state, garbage: 0, reports: {}, ...(power ? { wiring: power } : {}) };
    this.instances.set(id, fixed);
    try {
      const { model, driver, simulator } = await resolveInstance(instance, folder, this.adapters, this.packages);
      state.adapter = driver.adapter;
      const adapter = this.adapters.get(driver.adapter);
      if (!adapter)
        throw new AudioCloudError(
          'ADAPTER_UNKNOWN',
          `Cannot add ${id}: there is no adapter ${driver.adapter}, only ${[...this.adapters.keys()].join(', ') || 'none'}`,
        );
      checkSettings(adapter, driver.settings, `the settings of ${id}`);
      const values = model.parameters.map((parameter) =>
        parameterValues(parameter, valueCount(parameter.scope, model, {}), undefined),
      );
      model.parameters.forEach((parameter, i) => {
        state.parameters[parameter.id] = [...values[i]!];
      });
      for (const report of model.reports)
        fixed.reports[report.id] = new Array(valueCount(report.scope, model, {})).fill(undefined);
      fixed.spec = { id, model, driver, values };
      fixed.end = !simulate
        ? { name: adapter.adapter, entry: adapter.entry, isSimulated: false }
        : simulator
          ? { name: `${state.model} simulator`, entry: simulator, isSimulated: true }
          : { name: `${adapter.adapter} simulator`, entry: adapter.simulator, isSimulated: true };
    } catch (error) {
      this.changed(fixed, 'faulty', asAudioCloudError(error, 'DRIVER_INVALID'));
    }
    return fixed;
  }

  /** Gives instances to the process of their adapter, which is started with the first of them. */
  private join(name: string, joining: Made[]): void {
    const running = this.hosts.get(name);
    if (running) {
      this.members.get(name)!.push(...joining);
      for (const fixed of joining) fixed.host = running;
      this.tellAll(running, joining);
      return;
    }
    const members = [...joining];
    this.members.set(name, members);
    const host = new AdapterHost({
      ...this.options,
      name,
      entry: members[0]!.end!.entry,
      onUp: () => {
        // First until when they hold: if that is over, nothing else is sent.
        if (this.leaseEndMs !== undefined)
          host.send({ type: 'lease', forMs: Math.max(0, this.leaseEndMs - performance.now()) });
        this.tellAll(host, members);
      },
      onDown: (error) => {
        for (const fixed of members) this.changed(fixed, 'faulty', error);
      },
      onMessage: (message) => this.receive(message),
    });
    this.hosts.set(name, host);
    for (const fixed of members) fixed.host = host;
  }

  /** Tells a process that knows nothing of them about instances. */
  private tellAll(host: AdapterHost, members: readonly Made[]): void {
    host.send({ type: 'instances', instances: members.map(({ spec }) => spec) });
    for (const { spec, levels } of members) if (levels) host.send({ type: 'hear', instance: spec.id, levels });
  }

  private receive(message: FromAdapter): void {
    if (message.type === 'state') {
      const fixed = this.instances.get(message.instance);
      if (!fixed) return;
      if (message.state === 'ready') this.simulatePower(fixed, true);
      this.changed(fixed, message.state, message.error && AudioCloudError.from(message.error));
    } else if (message.type === 'safe') {
      const fixed = this.instances.get(message.instance);
      if (!fixed?.spec) return;
      fixed.spec.values = message.values;
      fixed.spec.model.parameters.forEach(({ id }, i) => {
        fixed.state.parameters[id] = [...message.values[i]!];
      });
      fixed.state.isLeaseOver = true;
      this.changed(fixed);
    } else if (message.type === 'reports') {
      const fixed = this.instances.get(message.instance);
      if (!fixed) return;
      fixed.garbage = message.garbage;
      for (const [report, values] of Object.entries(message.reports)) {
        const known = fixed.reports[report]!;
        for (const [index, value] of Object.entries(values)) known[Number(index)] = value;
        // Told when all its values are known: a state has no holes.
        if (!known.includes(undefined)) fixed.state.reports[report] = [...(known as Value[])];
      }
      this.changed(fixed);
    }
  }

  private changed(fixed: Fixed, state?: FixedInstanceState['state'], error?: AudioCloudError): void {
    if (state) {
      fixed.state.state = state;
      delete fixed.state.error;
      if (error) fixed.state.error = error.toJSON();
      // What a device said before it went is not what it would say now.
      if (state !== 'ready') forget(fixed);
    }
    const repowered = this.wiring.look(fixed.state.id);
    const snapshot = this.snapshot(fixed);
    for (const listener of this.listeners) listener(snapshot);
    for (const unit of repowered) {
      const other = this.fixed(unit);
      this.simulatePower(other, false);
      if (other !== fixed) this.changed(other);
    }
  }

  /** A simulated device has power when what switches it says so; a new one must be told that it has none. */
  private simulatePower(fixed: Fixed, isNew: boolean): void {
    const { id } = fixed.state;
    if (!fixed.end?.isSimulated || fixed.wiring?.through === undefined) return;
    const hasPower = this.wiring.hasPower(id);
    if (isNew ? hasPower : hasPower === fixed.hasPower) return;
    fixed.hasPower = hasPower;
    fixed.host?.send({ type: 'inject', instance: id, fault: hasPower ? 'none' : 'power-loss' });
  }

  private snapshot({ state }: Fixed): FixedInstanceState {
    return { ...structuredClone(state), ...this.wiring.stateOf(state.id) };
  }

  private fixed(instance: string): Fixed {
    const fixed = this.instances.get(instance);
    if (fixed) return fixed;
    throw new AudioCloudError(
      'FIXED_INSTANCE_UNKNOWN',
      `Cannot find the fixed instance ${instance}: the rack has ${[...this.instances.keys()].join(', ') || 'none'}`,
      { instance },
    );
  }

  private unavailable({ state }: Fixed): AudioCloudError {
    return state.error
      ? AudioCloudError.from(state.error)
      : new AudioCloudError(
          'FIXED_INSTANCE_UNAVAILABLE',
          `Cannot set ${state.id}: it is ${state.state}; try again soon`,
        );
  }
}
