import { changeEngine } from './change-engine.ts';
import { changeTransport } from './change-transport.ts';
import { createPreset } from './create-preset.ts';
import { createTask } from './create-task.ts';
import { createWebhook } from './create-webhook.ts';
import { deletePreset } from './delete-preset.ts';
import { deleteTask } from './delete-task.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { editTask } from './edit-task.ts';
import { health } from './health.ts';
import { listEngines } from './list-engines.ts';
import { listEvents } from './list-events.ts';
import { listInstances } from './list-instances.ts';
import { listModels } from './list-models.ts';
import { listPresets } from './list-presets.ts';
import { listTaskEvents } from './list-task-events.ts';
import { listTasks } from './list-tasks.ts';
import { listWebhooks } from './list-webhooks.ts';
import { live } from './live.ts';
import { liveEvents } from './live-events.ts';
import { metrics } from './metrics.ts';
import { moveTask } from './move-task.ts';
import { playMidi } from './play-midi.ts';
import { readEngine } from './read-engine.ts';
import { readEngineCounters } from './read-engine-counters.ts';
import { readModel } from './read-model.ts';
import { readPreset } from './read-preset.ts';
import { ready } from './ready.ts';
import { readTask } from './read-task.ts';
import { readWebhook } from './read-webhook.ts';
import { recallPreset } from './recall-preset.ts';
import { registerEngine } from './register-engine.ts';
import { removeEngine } from './remove-engine.ts';
import { replacePreset } from './replace-preset.ts';
import { replaceTask } from './replace-task.ts';
import { rescanPlugins } from './rescan-plugins.ts';
import type { Route } from './route.ts';
import { saveTask } from './save-task.ts';
import { setInstanceParameters } from './set-instance-parameters.ts';
import { setParameters } from './set-parameters.ts';

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
  changeTransport,
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
  setInstanceParameters,
  listEvents,
  liveEvents,
  createWebhook,
  listWebhooks,
  readWebhook,
  deleteWebhook,
];
