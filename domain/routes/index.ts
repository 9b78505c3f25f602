import { acceptReservation } from './accept-reservation.ts';
import { cancelReservation } from './cancel-reservation.ts';
import { changeReservation } from './change-reservation.ts';
import { createMaintenance } from './create-maintenance.ts';
import { createReservation } from './create-reservation.ts';
import { deleteMaintenance } from './delete-maintenance.ts';
import { listMaintenance } from './list-maintenance.ts';
import { listReservations } from './list-reservations.ts';
import { readAvailability } from './read-availability.ts';
import { readReservation } from './read-reservation.ts';
import { readReservationRights } from './read-reservation-rights.ts';
import { replaceReservationRights } from './replace-reservation-rights.ts';
import { cancelMediaJob } from './cancel-media-job.ts';
import { createMedia } from './create-media.ts';
import { deleteMedia } from './delete-media.ts';
import { listMediaJobs } from './list-media-jobs.ts';
import { listMedia } from './list-media.ts';
import { readMediaJob } from './read-media-job.ts';
import { readMedia } from './read-media.ts';
import { changeApplication } from './change-application.ts';
import { changeEngine } from './change-engine.ts';
import { changeTransport } from './change-transport.ts';
import { closeSession } from './close-session.ts';
import { createApplication } from './create-application.ts';
import { createExport } from './create-export.ts';
import { createKey } from './create-key.ts';
import { createPreset } from './create-preset.ts';
import { createTask } from './create-task.ts';
import { createToken } from './create-token.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteApplication } from './delete-application.ts';
import { deleteExport } from './delete-export.ts';
import { deletePreset } from './delete-preset.ts';
import { deleteTask } from './delete-task.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { editTask } from './edit-task.ts';
import { endToken } from './end-token.ts';
import { health } from './health.ts';
import { listApplications } from './list-applications.ts';
import { listAudit } from './list-audit.ts';
import { listEngines } from './list-engines.ts';
import { listEvents } from './list-events.ts';
import { listExports } from './list-exports.ts';
import { listInstances } from './list-instances.ts';
import { listKeys } from './list-keys.ts';
import { listModels } from './list-models.ts';
import { listPresets } from './list-presets.ts';
import { listTaskEvents } from './list-task-events.ts';
import { listTasks } from './list-tasks.ts';
import { listWebhooks } from './list-webhooks.ts';
import { liveEvents } from './live-events.ts';
import { live } from './live.ts';
import { metrics } from './metrics.ts';
import { moveTask } from './move-task.ts';
import { openSession } from './open-session.ts';
import { playMidi } from './play-midi.ts';
import { readApplication } from './read-application.ts';
import { readEngine } from './read-engine.ts';
import { readEngineCounters } from './read-engine-counters.ts';
import { readExportOutput } from './read-export-output.ts';
import { readExport } from './read-export.ts';
import { readInstance } from './read-instance.ts';
import { readKey } from './read-key.ts';
import { readModel } from './read-model.ts';
import { readParameters } from './read-parameters.ts';
import { readPreset } from './read-preset.ts';
import { readSession } from './read-session.ts';
import { readTask } from './read-task.ts';
import { readTransport } from './read-transport.ts';
import { readWebhook } from './read-webhook.ts';
import { ready } from './ready.ts';
import { recallPreset } from './recall-preset.ts';
import { registerEngine } from './register-engine.ts';
import { removeEngine } from './remove-engine.ts';
import { replacePreset } from './replace-preset.ts';
import { replaceTask } from './replace-task.ts';
import { rescanPlugins } from './rescan-plugins.ts';
import { revokeKey } from './revoke-key.ts';
import { rotateKey } from './rotate-key.ts';
import { rotateSigningKey } from './rotate-signing-key.ts';
import type { Route } from './route.ts';
import { saveTask } from './save-task.ts';
import { setInstanceParameters } from './set-instance-parameters.ts';
import { setParameters } from './set-parameters.ts';
import { taskParts } from './task-parts.ts';

export const ROUTES: readonly Route[] = [
  health,
  ready,
  metrics,
  listTasks,
  createTask,
  readTask,
  saveTask,
  replaceTask,
  deleteTask,
  editTask,
  taskParts,
  readTransport,
  changeTransport,
  readParameters,
  setParameters,
  playMidi,
  recallPreset,
  moveTask,
  listTaskEvents,
  live,
  listPresets,
  createPreset,
  readPreset,
  replacePreset,
  deletePreset,
  listMedia,
  createMedia,
  readMedia,
  deleteMedia,
  listMediaJobs,
  readMediaJob,
  cancelMediaJob,
  listExports,
  createExport,
  readExport,
  deleteExport,
  readExportOutput,
  listModels,
  readModel,
  rescanPlugins,
  listEngines,
  registerEngine,
  readEngine,
  changeEngine,
  removeEngine,
  readEngineCounters,
  listInstances,
  readInstance,
  setInstanceParameters,
  listReservations,
  createReservation,
  readReservation,
  changeReservation,
  cancelReservation,
  acceptReservation,
  readAvailability,
  listMaintenance,
  createMaintenance,
  deleteMaintenance,
  readReservationRights,
  replaceReservationRights,
  listEvents,
  liveEvents,
  createWebhook,
  listWebhooks,
  readWebhook,
  deleteWebhook,
  openSession,
  readSession,
  closeSession,
  createToken,
  endToken,
  listKeys,
  createKey,
  readKey,
  rotateKey,
  revokeKey,
  listApplications,
  createApplication,
  readApplication,
  changeApplication,
  deleteApplication,
  rotateSigningKey,
  listAudit,
];
