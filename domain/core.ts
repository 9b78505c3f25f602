import { asAudioCloudError, type EngineRegistration } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { type Accounts, openAccounts } from './accounts/accounts.ts';
import { keysInMemory, SigningKeys } from './accounts/signing-keys.ts';
import { AuditLog } from './audit/audit-log.ts';
import { BookingService } from './booking/booking-service.ts';
import { type BookingSettings, DEFAULT_BOOKING } from './booking/booking-settings.ts';
import { reachedUnits } from './booking/reached-units.ts';
import type { Clock } from './clock/clock.ts';
import type { Engine, KeptEngine } from './engine/engine.ts';
import { Engines } from './engine/engines.ts';
import { ErasureService } from './erasure/erasure-service.ts';
import { noteEngines } from './events/engine-events.ts';
import { EventJournal } from './events/event-journal.ts';
import { ExportEngines } from './exports/export-engines.ts';
import { DEFAULT_EXPORT_LIMITS } from './exports/export-limits.ts';
import type { ExportMaker } from './exports/export-maker.ts';
import type { ExportParts } from './exports/export-parts.ts';
import { ExportService } from './exports/export-service.ts';
import { exportOffline } from './exports/offline-export.ts';
import { printExport } from './exports/print-export.ts';
import { takeTask } from './exports/taken-task.ts';
import { Idempotency } from './http/idempotency.ts';
import { FixedInstances } from './instances/fixed-instances.ts';
import { LiveSessions } from './live/live-sessions.ts';
import type { Peers } from './streams/peers.ts';
import { TaskPlacement } from './placement/task-placement.ts';
import type { MediaDisk } from './media/media-disk.ts';
import type { FilePaths } from './media/media-paths.ts';
import { engineInspector } from './media/media-inspector.ts';
import { DEFAULT_LIBRARY, type LibrarySettings } from './media/media-limits.ts';
import { MediaService } from './media/media-service.ts';
import { taskMedia } from './media/task-media.ts';
import { PresetService } from './presets/preset-service.ts';
import type { RandomBytes } from './random/random-bytes.ts';
import type { Store } from './store/store.ts';
import { TaskIndex } from './tasks/task-index.ts';
import { TaskService } from './tasks/task-service.ts';
import type { PostWebhook } from './webhooks/post-webhook.ts';
import { WebhookService } from './webhooks/webhook-service.ts';
import packageJson from './package.json' with { type: 'json' };

/** One timer for what is kept for a time: events and answers to requests with a key. */
const FORGET_MS = 10 * 60 * 1000;
/** Longer than an engine takes to be started again. */
const DEFAULT_LOSS_MS = 5_000;
/** One waits for a disk while the other computes. */
const DEFAULT_MEDIA_JOBS = 2;

export interface CoreOptions {
  store: Store;
  clock: Clock;
  /** The embedded one. */
  engine: Engine;
  /** Others that are there from the start; an entry of the embedded one says what it has. */
  configuredEngines?: readonly EngineRegistration[];
  /** Makes the way to one more engine; without it there is the embedded one alone. */
  openEngine?: (registration: EngineRegistration) => KeptEngine;
  /** An engine may be away so long before its tasks go to another one; default 5 s. */
  engineLossMs?: number;
  logger: FastifyBaseLogger;
  /** Where files of media folders are. */
  mediaPaths: FilePaths;
  /** Where imports come from, and where they are kept. */
  mediaDisk: MediaDisk;
  /** Imports that work at once; default 2. */
  mediaJobs?: number;
  /** Default: DEFAULT_LIBRARY. */
  library?: LibrarySettings;
  exports: ExportParts;
  randomBytes: RandomBytes;
  postWebhook: PostWebhook;
  /** Webhooks may lead to this machine and to networks behind it. */
  allowsPrivateWebhooks: boolean;
  /** Default: new ones, which end with the process. */
  signingKeys?: SigningKeys;
  /** Default: DEFAULT_BOOKING. */
  booking?: BookingSettings;
  /** Default: no WebRTC. */
  peers?: Peers;
}

/** The services of a domain without HTTP, engine process and disk: those come from outside, real or simulated. */
export interface Core {
  store: Store;
  clock: Clock;
  engines: Engines;
  /** The hardware. */
  instances: FixedInstances;
  tasks: TaskService;
  presets: PresetService;
  media: MediaService;
  exports: ExportService;
  journal: EventJournal;
  webhooks: WebhookService;
  booking: BookingService;
  /** Every route that changes something does so through it. */
  idempotency: Idempotency;
  sessions: LiveSessions;
  /** WebRTC, where the domain has it. */
  peers: Peers | undefined;
  accounts: Accounts;
  audit: AuditLog;
  /** Of applications that were deleted; estates are added before `resume`. */
  erasures: ErasureService;
  /** Takes up what was under way when the domain ended. Before engines come up. */
  resume(): Promise<void>;
  /** Stores what is not stored yet, and ends. The store stays open. */
  close(): Promise<void>;
}

/** [control] */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { store, clock, logger, mediaPaths, randomBytes, postWebhook, allowsPrivateWebhooks } = options;
  const { signingKeys = new SigningKeys(keysInMemory()) } = options;
  const journal = await EventJournal.open({ store, clock });
  await journal.tell({ type: 'domain.started', data: { version: packageJson.version } });
  const idempotency = new Idempotency(store, clock);
  const webhooks = await WebhookService.open(store, {
    journal,
    logger,
    clock,
    randomBytes,
    post: postWebhook,
    allowsPrivate: allowsPrivateWebhooks,
  });
  const engines = await Engines.open({
    store,
    journal,
    clock,
    logger,
    embedded: options.engine,
    ...(options.configuredEngines ? { configured: options.configuredEngines } : {}),
    ...(options.openEngine ? { open: options.openEngine } : {}),
  });
  const placement = new TaskPlacement(engines);
  const lossMs = options.engineLossMs ?? DEFAULT_LOSS_MS;
  const booking = await BookingService.open({
    store,
    journal,
    clock,
    logger,
    randomBytes,
    settings: options.booking ?? DEFAULT_BOOKING,
    units: () => reachedUnits(engines),
    areUnitsKnown: () => engines.list.every(({ engine }) => engine.facts !== undefined),
  });
  const instances = await FixedInstances.open({ store, clock, rights: booking });
  // Before the tasks: what units are is known when a task asks for them.
  instances.attach(engines);
  const index = await TaskIndex.open(store);
  const erasures = await ErasureService.open({ store, clock, logger, randomBytes });
  const media = await MediaService.open({
    store,
    journal,
    clock,
    logger,
    randomBytes,
    disk: options.mediaDisk,
    inspector: engineInspector(engines),
    mostJobs: options.mediaJobs ?? DEFAULT_MEDIA_JOBS,
    tasks: index,
    settings: options.library ?? DEFAULT_LIBRARY,
    limitsOf: (application) => accounts.book.applications.get(application)?.limits,
    isErasing: (application) => erasures.isErasing(application),
  });
  const paths = taskMedia(mediaPaths, (application, id) => media.pathOf(application, id));
  const tasks = new TaskService({
    store,
    index,
    journal,
    engines,
    placement,
    lossMs,
    instances,
    booking,
    logger,
    mediaPaths: paths,
    clock,
    randomBytes,
  });
  const makes = { engines: new ExportEngines(engines), mediaPaths: paths, clock, tasks };
  const maker: ExportMaker = {
    make: (attempt) => (attempt.record.mode === 'offline' ? exportOffline : printExport)(makes, attempt),
  };
  const exports = await ExportService.open({
    store,
    journal,
    clock,
    logger,
    randomBytes,
    disk: options.exports.disk,
    maker: options.exports.maker ?? maker,
    limits: options.exports.limits ?? DEFAULT_EXPORT_LIMITS,
    take: ({ application }, record) => takeTask(tasks, application, record),
    putFile: options.exports.putFile,
    allowsPrivateUploads: options.exports.allowsPrivateUploads ?? false,
  });
  const presets = new PresetService({ store, engines, randomBytes });
  erasures.add(
    media.estate,
    exports.estate,
    (application) => idempotency.forgetOf(application),
    (application) => journal.redact(application),
  );
  const accounts = await openAccounts({
    store,
    clock,
    signingKeys,
    erasures,
    isInUse: async (application) =>
      !index.of(application).next().done ||
      (await presets.of(application).list()).length > 0 ||
      webhooks.list(application).length > 0 ||
      booking.isUsedBy(application),
  });
  const audit = await AuditLog.open(store, clock, logger);
  const unnote = noteEngines(journal, engines, logger);
  const forget = () =>
    Promise.all([
      journal.forget(),
      idempotency.forget(),
      audit.forget(),
      accounts.tokens.forget(),
      booking.forget(),
      media.forget(),
      media.sweep(),
      exports.forget(),
    ]).catch((error) =>
      logger.error({ error: asAudioCloudError(error).toJSON() }, 'what is too old was not forgotten'),
    );
  const cancelForgetting = clock.every(FORGET_MS, () => void forget());
  return {
    store,
    clock,
    engines,
    instances,
    tasks,
    presets,
    media,
    exports,
    journal,
    webhooks,
    booking,
    idempotency,
    sessions: new LiveSessions(clock),
    peers: options.peers,
    accounts,
    audit,
    erasures,
    resume: async () => {
      await tasks.resume();
      media.resume();
      erasures.resume();
      exports.resume();
      booking.start();
    },
    close: async () => {
      cancelForgetting();
      await options.peers?.close();
      await erasures.close();
      await exports.close();
      await tasks.close();
      await media.close();
      await booking.close();
      instances.close();
      index.close();
      unnote();
      await journal
        .tell({ type: 'domain.drained', data: {} })
        .catch((error) => logger.error({ error }, 'the end of the domain was not stored'));
      await webhooks.close();
      accounts.book.close();
      await audit.flush();
    },
  };
}
