import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  asAudioCloudError,
  AudioCloudError,
  ENGINE_PROTOCOL,
  type EngineCounters,
  type EngineEvent,
  type EngineFacts,
  type ErrorBody,
  type SoundCalibration,
} from '@audiocloud/api';
import { FixedRack } from '../adapter/fixed-rack.ts';
import { findRackFile, readRack } from '../adapter/rack-file.ts';
import { Admission } from '../admission/admission.ts';
import { CostCache } from '../admission/cost-cache.ts';
import { ModelCosts } from '../admission/model-costs.ts';
import { isKnownSteadiness } from '../admission/steadiness.ts';
import { calibrate } from '../calibration/calibrate.ts';
import { DiskStreams } from '../disk/disk-streams.ts';
import type { DeviceFacts } from '../device/device.ts';
import { DeviceSlot } from '../device/device-slot.ts';
import { DEVICE_KINDS, findDevice } from '../device/devices.ts';
import { OutputLevels } from '../device/output-levels.ts';
import { soundLevel } from '../device/sound-level.ts';
import type { FixedSound } from '../plan/fixed-sound.ts';
import { foundFolders, Registry } from '../registry/registry.ts';
import { PushHub } from '../stream/push-hub.ts';
import { StreamHub } from '../stream/stream-hub.ts';
import { ThreadPool } from '../thread/thread-pool.ts';
import { Wake } from '../thread/wake.ts';
import { CalibrationStore } from './calibration-store.ts';
import type { EngineSettings } from './engine-settings.ts';
import { EngineTasks } from './engine-tasks.ts';
import { checkChannels, fixedSound, isValid } from './hardware-sound.ts';
import { InspectJobs } from './inspect-jobs.ts';
import { logLine } from './log-line.ts';
import { prepareUnits } from './prepare-units.ts';
import { RealtimeRender, type RealtimeRenderOptions } from './realtime-render.ts';
import { playExport } from './play-export.ts';
import { RecordJobs } from './record-jobs.ts';
import { RenderJobs } from './render-jobs.ts';

interface Events {
  event: [event: EngineEvent];
  /** It cannot go on: close it and end the process. */
  fatal: [error: Error];
}

export interface CalibrateOptions {
  /** Of the ping, of full scale; default -18. */
  levelDb?: number;
  /** Only the time is compensated; default false. */
  isLevelKept?: boolean;
}

const METERS_MS = 33;
const WATCH_MS = 200;
/** How late a failed instance may be noticed, and started again. */
const RECOVER_MS = 40;
const HEARTBEAT_MS = 1000;
const COUNTERS_MS = 1000;
const PUSHED_MS = 1000;
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** An engine: models, fixed instances, a device, render threads, tasks and their streams. [control] */
export class Engine extends EventEmitter<Events> {
  readonly tasks: EngineTasks;
  readonly streams = new StreamHub({
    onLost: (node, frames) => logLine('warn', 'sound was lost before it was sent', { node, frames }),
    onFault: (error) => logLine('error', 'the thread of streams broke', { why: error.message }),
  });
  /** What domains push into tracks. */
  readonly pushes = new PushHub((task, track) => this.tasks.pushTarget(task, track));
  readonly rack: FixedRack;
  readonly renders: RenderJobs;
  readonly recordings: RecordJobs;
  readonly inspections: InspectJobs;
  private readonly settings: EngineSettings;
  private readonly wake: Wake;
  private readonly pool: ThreadPool;
  private readonly device: DeviceSlot;
  private readonly disk: DiskStreams;
  private readonly costs: ModelCosts;
  private readonly admission: Admission;
  private readonly timers: NodeJS.Timeout[];
  private registry: Registry;
  private readonly calibrations: CalibrationStore;
  private calibrating: string | undefined;
  /** Of the rack and what is known of it. */
  private readonly refusedAtStart: ErrorBody[] = [];

  /** Resolves when the device runs. Throws DEVICE_FAILED, DEVICE_UNKNOWN. Plugins and racks that are refused stop nothing. */
  static async start(settings: EngineSettings): Promise<Engine> {
    const rack = new FixedRack();
    try {
      return await Engine.startWith(rack, settings);
    } catch (error) {
      await rack.close();
      throw error;
    }
  }

  private static async startWith(rack: FixedRack, settings: EngineSettings): Promise<Engine> {
    await rack.offer(foundFolders(settings.pluginDirs));
    const rackFile = findRackFile(settings.dataDir);
    const refused: ErrorBody[] = [];
    const refuse = (thrown: unknown): undefined => {
      refused.push(asAudioCloudError(thrown, 'DRIVER_INVALID').toJSON());
    };
    const read = rackFile === undefined ? undefined : await readRack(rackFile).catch(refuse);
    const isAny = settings.device === 'auto' || settings.device === read?.device?.kind;
    const device = isAny ? read?.device : undefined;
    if (read?.device && !device)
      refuse(
        new AudioCloudError(
          'DRIVER_INVALID',
          `Cannot use the device of the rack: it is '${read.device.kind}', and AUDIOCLOUD_DEVICE is '${settings.device}'; take one of them away`,
          { device: read.device.kind },
        ),
      );
    const opening = read && rack.open(read, dirname(rackFile!)).catch(refuse);
    const [found, calibrations] = await Promise.all([
      findDevice(device?.kind ?? settings.device, { ...settings, rack: device }),
      CalibrationStore.open(settings.dataDir).catch((thrown) => {
        refuse(thrown);
        return CalibrationStore.empty(settings.dataDir);
      }),
    ]).finally(() => opening);
    const wake = Wake.create({
      threads: settings.threads,
      channels: found.outputChannels,
      inputChannels: found.inputChannels ?? 0,
      blockFrames: found.blockFrames,
      maxBlocks: DEVICE_KINDS[found.kind]!.maxBlocks,
      sampleRate: found.sampleRate,
    });
    const pool = await ThreadPool.start(wake, { wedgedMs: settings.wedgedMs });
    let engine: Engine | undefined;
    try {
      const levels = rack.hasSimulatedSends() ? OutputLevels.create(found.outputChannels) : undefined;
      const events = {
        onChange: (facts: DeviceFacts) => logLine('warn', 'device changed', { device: facts }),
        onFailure: (error: AudioCloudError) => void engine?.emit('fatal', error),
      };
      const slot = new DeviceSlot(found, wake, settings.outputCeilingsDb, events, device, levels);
      engine = new Engine(settings, wake, rack, pool, slot, calibrations, levels);
      engine.refusedAtStart.push(...refused);
      await slot.start();
      if (slot.failure) throw slot.failure; // while nobody could hear of it
      return engine;
    } catch (error) {
      await (engine ? engine.close() : pool.stop());
      throw error;
    }
  }

  private constructor(
    settings: EngineSettings,
    wake: Wake,
    rack: FixedRack,
    pool: ThreadPool,
    device: DeviceSlot,
    calibrations: CalibrationStore,
    levels: OutputLevels | undefined,
  ) {
    super();
    this.settings = settings;
    this.wake = wake;
    this.rack = rack;
    this.pool = pool;
    this.device = device;
    this.calibrations = calibrations;
    this.noteCalibrations();
    this.registry = this.openRegistry();
    const { sampleRate, blockFrames } = wake;
    const warn = (message: string, details: Record<string, unknown>): void => logLine('warn', message, details);
    this.costs = new ModelCosts({ sampleRate, blockFrames, cacheDir: settings.cacheDir, warn });
    this.admission = new Admission({
      threads: pool,
      costs: this.costs,
      limit: settings.admitLoad,
      periodNs: (blockFrames / sampleRate) * 1e9,
      bufferBlocks: device.facts.bufferBlocks ?? 0,
      cache: new CostCache(settings.cacheDir, isKnownSteadiness),
    });
    this.disk = new DiskStreams(settings.disk.aheadSeconds);
    this.disk.on('lost', (error) => warn('the disk thread ended and was started again', { why: error.message }));
    this.tasks = new EngineTasks({
      pool,
      disk: this.disk,
      diskSettings: settings.disk,
      admission: this.admission,
      wake,
      registry: () => this.registry,
      outputCeilingsDb: settings.outputCeilingsDb,
      soundOf: (unit) => this.soundOf(unit),
      inputChannels: () => this.device.facts.inputChannels ?? 0,
      calibrating: () => this.calibrating,
      onState: (state) => this.emit('event', { type: 'state', state }),
      onGuard: (task, guards) => this.emit('event', { type: 'guard', task, guards }),
      onFault: (task, instance, model, { state, faults, error }) =>
        logLine('warn', 'an instance failed', {
          task,
          instance,
          model,
          cause: error?.details?.['cause'],
          faults,
          state,
        }),
    });
    this.renders = new RenderJobs({
      pluginDirs: settings.pluginDirs,
      onProgress: (progress) => this.emit('event', { type: 'progress', ...progress }),
      play: (...job) => playExport(this, ...job),
    });
    this.recordings = new RecordJobs({
      find: (task) => this.tasks.recorded(task),
      onProgress: (progress) => this.emit('event', { type: 'progress', ...progress }),
    });
    this.inspections = new InspectJobs((progress) => this.emit('event', { type: 'progress', ...progress }));
    rack.onState((state) => this.emit('event', { type: 'fixed', state }));
    pool.on('lost', (error) => this.emit('fatal', error));
    pool.on('replaced', (thread, task, instance) => {
      logLine('warn', 'a render thread was stuck and was replaced', { thread, task, instance });
      this.emit('event', {
        type: 'replaced',
        thread,
        ...(task === undefined ? {} : { task }),
        ...(instance === undefined ? {} : { instance }),
      });
    });
    this.timers = [
      setInterval(() => this.sendMeters(), METERS_MS),
      ...(levels ? [setInterval(() => this.letHear(levels), METERS_MS)] : []),
      setInterval(() => this.tasks.watch(), WATCH_MS),
      setInterval(() => this.tasks.recover(), RECOVER_MS),
      setInterval(() => this.sendHeartbeat(), HEARTBEAT_MS),
      setInterval(() => this.sendCounters(), COUNTERS_MS),
      setInterval(() => this.sendPushed(), PUSHED_MS),
    ];
  }

  facts(): EngineFacts {
    const { refused, models } = this.registry;
    return {
      engine: 'audiocloud',
      version,
      protocol: ENGINE_PROTOCOL,
      abilities: ['live', 'offline', 'push', 'export', 'record', 'media'],
      pid: process.pid,
      node: process.version,
      scheduling: this.pool.scheduling,
      threads: [...this.pool.schedulings(), ...this.device.threads],
      device: this.device.facts,
      models,
      fixed: this.rack.states(),
      tasks: this.tasks.ids,
      refused: [...refused, ...this.refusedAtStart],
    };
  }

  /**
   * Reads the plugin folders again. Fixed instances whose adapter or device came are made. Tasks take what changed: instances are replaced with their state, crossfaded. A task
   * that cannot goes on with what it has; why stands among what is refused.
   */
  async rescan(): Promise<EngineFacts> {
    await this.rack.offer(foundFolders(this.settings.pluginDirs));
    this.registry = this.openRegistry(this.registry);
    const kept = await this.tasks.adopt();
    const facts = this.facts();
    return { ...facts, refused: [...facts.refused, ...kept.map((error) => error.toJSON())] };
  }

  /**
   * Measures the way of the sound of a unit, and keeps what it found; tasks that are loaded from then on are compensated by it.
   *
   * Throws FIXED_INSTANCE_UNKNOWN, FIXED_INSTANCE_UNAVAILABLE (no sound, or in use), CHANNELS_MISMATCH, CALIBRATION_FAILED,
   * DEVICE_FAILED.
   */
  async calibrate(
    unit: string,
    { levelDb = -18, isLevelKept = false }: CalibrateOptions = {},
  ): Promise<SoundCalibration> {
    this.rack.refuseUnknown(unit);
    const sound = this.rack.soundOf(unit);
    const refuse = (why: string): never => {
      throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot calibrate ${unit}: ${why}`, { instance: unit });
    };
    if (!sound || sound.send.length === 0 || sound.return.length === 0)
      return refuse('it has no way there and back; give it `sound: { send, return }` in the rack');
    checkChannels(unit, sound, this.device.facts);
    const task = this.tasks.playingWith(unit);
    if (task !== undefined) refuse(`task ${task} plays on it; stop that first`);
    if (this.calibrating !== undefined) refuse('another unit is being calibrated; wait until that is done');
    this.calibrating = unit;
    try {
      const way = await calibrate({ pool: this.pool, wake: this.wake, guards: this.device.guards }, sound, levelDb);
      const { kind, sampleRate, blockFrames } = this.device.facts;
      const measuredAt = new Date().toISOString();
      const calibration = { device: kind, sampleRate, blockFrames, sound, ...way, isLevelKept, measuredAt };
      await this.calibrations.put(unit, calibration);
      this.rack.calibrated(unit, calibration);
      return calibration;
    } finally {
      this.calibrating = undefined;
    }
  }

  /**
   * A render of a task as the device plays it, its units ready and set.
   *
   * Throws what prepareUnits and RealtimeRender.start throw.
   */
  async renderRealtime(options: RealtimeRenderOptions): Promise<RealtimeRender> {
    await prepareUnits(this.rack, options.task);
    const { pool, wake, registry, disk } = this;
    const { outputCeilingsDb } = this.settings;
    return RealtimeRender.start(
      { pool, wake, registry, disk, outputCeilingsDb, soundOf: (unit) => this.soundOf(unit) },
      options,
    );
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.streams.close();
    await Promise.all([this.renders.close(), this.recordings.close(), this.inspections.close()]);
    await this.costs.close();
    await this.device.stop();
    await this.pool.stop();
    this.tasks.dispose();
    await this.disk.stop();
    await this.rack.close();
  }

  /** Of what was measured, what holds for the units as they are connected now. */
  private noteCalibrations(): void {
    for (const { id, sound } of this.rack.states()) {
      const calibration = sound && this.calibrations.of(id);
      if (calibration && isValid(calibration, sound, this.device.facts)) this.rack.calibrated(id, calibration);
    }
  }

  /** Throws CHANNELS_MISMATCH. */
  private soundOf(unit: string): FixedSound | undefined {
    const sound = this.rack.soundOf(unit);
    if (!sound) return undefined;
    checkChannels(unit, sound, this.device.facts);
    return fixedSound(sound, this.rack.calibrationOf(unit));
  }

  private openRegistry(before?: Registry): Registry {
    const registry = Registry.open(this.settings.pluginDirs, before);
    for (const model of this.rack.models()) registry.offerFixed(model);
    return registry;
  }

  /** Nobody else may run in the place of the threads that play. */
  private get isRealTime(): boolean {
    return [this.pool.scheduling, ...this.device.threads.map(({ scheduling }) => scheduling)].every(
      (one) => one === 'fifo',
    );
  }

  private sendMeters(): void {
    for (const { task, meters, transport } of this.tasks.meters())
      this.emit('event', { type: 'meters', task, meters, transport });
  }

  /** Simulated hardware hears what is sent to it. */
  private letHear(levels: OutputLevels): void {
    for (const { instance, send } of this.rack.simulatedSends())
      this.rack.simulateSound(
        instance,
        send.map((output) => soundLevel(levels.of(output))),
      );
  }

  private sendHeartbeat(): void {
    this.emit('event', { type: 'heartbeat', streamFrame: this.wake.clockFrames(), load: this.pool.load() });
  }

  private sendPushed(): void {
    for (const pushed of this.pushes.facts()) this.emit('event', { type: 'pushed', ...pushed });
  }

  private sendCounters(): void {
    const { wake, pool, tasks, admission } = this;
    admission.observe({ ...pool.takeTurns(), waking: wake.waking.take(), isRealTime: this.isRealTime });
    const claims = (names: readonly string[]) => names.reduce((sum, task) => sum + admission.loadOf(task), 0);
    const counted = Object.entries(pool.taskCounters()).map(
      ([task, counters]) =>
        [
          task,
          {
            ...counters,
            ...tasks.faultsOf(task),
            guards: tasks.guardsOf(task),
            ...tasks.diskOf(task),
            predictedLoad: admission.predictedLoadOf(task),
            claimedLoad: admission.loadOf(task),
          },
        ] as const,
    );
    const counters: EngineCounters = {
      device: {
        blocks: wake.clockFrames() / wake.blockFrames,
        missedBlocks: wake.missedBlocks(),
        leftOutBlocks: wake.leftOutBlocks(),
        latenessMs: wake.lateness.distribution(),
        responseMs: wake.response.distribution(),
        guard: this.device.guards.counts(),
      },
      threads: pool.threadCounters().map((thread) => ({ ...thread, claimedLoad: claims(thread.tasks) })),
      tasks: Object.fromEntries(counted),
      admitLoad: admission.limit ?? null,
      paceSpread: admission.paceSpread,
      streams: this.streams.counts,
      faults: counted.reduce((sum, [, { faults }]) => sum + faults, tasks.pastFaults),
      disk: { readBytes: this.disk.readBytes, reads: this.disk.reads },
    };
    this.emit('event', { type: 'counters', counters });
    void pool
      .balance((task) => admission.loadOf(task))
      .then((task) => (task === undefined ? undefined : tasks.share(task, wake.threads)))
      .catch(() => {}); // the pool's `failed` tells
  }
}
