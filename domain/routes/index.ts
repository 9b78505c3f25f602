import { acceptReservation } from './accept-reservation.ts';
import { appendUpload } from './append-upload.ts';
import { cancelMediaJob } from './cancel-media-job.ts';
import { cancelReservation } from './cancel-reservation.ts';
import { changeMedia } from './change-media.ts';
import { readMediaContent } from './read-media-content.ts';
import { readMediaPeaks } from './read-media-peaks.ts';
import { changeApplication } from './change-application.ts';
import { changeEngine } from './change-engine.ts';
import { changeReservation } from './change-reservation.ts';
import { changeTransport } from './change-transport.ts';
import { closeSession } from './close-session.ts';
import { createApplication } from './create-application.ts';
import { createExport } from './create-export.ts';
import { createKey } from './create-key.ts';
import { createMaintenance } from './create-maintenance.ts';
import { createMedia } from './create-media.ts';
import { createPreset } from './create-preset.ts';
import { createReservation } from './create-reservation.ts';
import { createTask } from './create-task.ts';
import { createToken } from './create-token.ts';
import { createUpload } from './create-upload.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteApplication } from './delete-application.ts';
import { deleteMaintenance } from './delete-maintenance.ts';
import { deleteMedia } from './delete-media.ts';
import { deleteExport } from './delete-export.ts';
import { deletePreset } from './delete-preset.ts';
import { deleteTask } from './delete-task.ts';
import { deleteUpload } from './delete-upload.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { editTask } from './edit-task.ts';
import { endToken } from './end-token.ts';
import { headUpload } from './head-upload.ts';
import { health } from './health.ts';
import { listApplications } from './list-applications.ts';
import { listAudit } from './list-audit.ts';
import { listEngines } from './list-engines.ts';
import { listErasedItems } from './list-erased-items.ts';
import { listErasures } from './list-erasures.ts';
import { listEvents } from './list-events.ts';
import { listExports } from './list-exports.ts';
import { listInstances } from './list-instances.ts';
import { listKeys } from './list-keys.ts';
import { listMaintenance } from './list-maintenance.ts';
import { listMediaJobs } from './list-media-jobs.ts';
import { listMedia } from './list-media.ts';
import { listModels } from './list-models.ts';
import { listPresets } from './list-presets.ts';
import { listReservations } from './list-reservations.ts';
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
import { readAvailability } from './read-availability.ts';
import { readEngineCounters } from './read-engine-counters.ts';
import { readErasure } from './read-erasure.ts';
import { readEngine } from './read-engine.ts';
import { readExportOutput } from './read-export-output.ts';
import { readExport } from './read-export.ts';
import { readInstance } from './read-instance.ts';
import { readKey } from './read-key.ts';
import { readMediaJob } from './read-media-job.ts';
import { readMedia } from './read-media.ts';
import { readModel } from './read-model.ts';
import { readParameters } from './read-parameters.ts';
import { readPreset } from './read-preset.ts';
import { readReservationRights } from './read-reservation-rights.ts';
import { readReservation } from './read-reservation.ts';
import { readSession } from './read-session.ts';
import { readTask } from './read-task.ts';
import { readTransport } from './read-transport.ts';
import { readUpload } from './read-upload.ts';
import { readWebhook } from './read-webhook.ts';
import { ready } from './ready.ts';
import { recallPreset } from './recall-preset.ts';
import { registerEngine } from './register-engine.ts';
import { removeEngine } from './remove-engine.ts';
import { replacePreset } from './replace-preset.ts';
import { replaceReservationRights } from './replace-reservation-rights.ts';
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
import { uploadOptions } from './upload-options.ts';

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
  changeMedia,
  createMedia,
  readMedia,
  readMediaContent,
  readMediaPeaks,
  deleteMedia,
  listMediaJobs,
  readMediaJob,
  cancelMediaJob,
  uploadOptions,
  createUpload,
  readUpload,
  headUpload,
  appendUpload,
  deleteUpload,
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
  readErasure,
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
  listErasedItems,
  listErasures,
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
