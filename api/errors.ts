import type { ErrorBody } from './error-body.ts';

/** When a client may try the same call again. */
export type Retry = 'never' | 'soon' | 'after-change' | 'after-reconnect';

interface CodeFacts {
  /** HTTP status of a request that ends with this code. */
  status: number;
  retry: Retry;
  /** What whoever sees it can do. */
  advice: string;
}

const fact = (status: number, retry: Retry, advice: string): CodeFacts => ({ status, retry, advice });

/** Every error code, in one closed table; `docs/errors.md` is compared with it by a test. */
export const ERRORS = {
  ADAPTER_FAILED: fact(502, 'soon', 'Look at the cause; the adapter is started again with back-off.'),
  ADAPTER_UNKNOWN: fact(422, 'never', 'Install the adapter package or correct the name.'),
  APPLICATION_EXISTS: fact(409, 'never', 'Choose another id, or change the application that is there.'),
  APPLICATION_IN_USE: fact(409, 'after-change', 'Delete its tasks, presets, webhooks and reservations first.'),
  APPLICATION_UNKNOWN: fact(404, 'never', 'List the applications to see which there are.'),
  BACKUP_INVALID: fact(422, 'never', 'Use another backup; the store was left as it was.'),
  CALIBRATION_FAILED: fact(
    422,
    'after-change',
    'Look at what is named: cables, levels, channels of the rack. Nothing was stored.',
  ),
  CHANNELS_MISMATCH: fact(422, 'after-change', 'Give the connection a channel map, or change a width.'),
  CLIENT_VERSION: fact(400, 'after-change', 'Use a client of the same major version.'),
  CONFIG_INVALID: fact(422, 'after-change', 'Correct the key named; `audiocloud domain check` looks at all of it.'),
  CONNECTION_LOST: fact(503, 'after-reconnect', 'Connect again and resume.'),
  DECODER_FAILED: fact(415, 'after-change', 'Listen in a PCM format (s16, s24, f32), or let the page run WebAssembly.'),
  DEVICE_FAILED: fact(503, 'soon', 'Look at the cause; use the paced device when there is no sound card.'),
  DEVICE_UNKNOWN: fact(422, 'after-change', 'Choose one of the devices that the engine lists.'),
  DISK_FULL: fact(507, 'soon', 'Make room on the disk of the domain.'),
  DOMAIN_NOT_READY: fact(503, 'soon', 'Wait until /v1/ready answers 200, or ask another domain.'),
  DRIVER_INVALID: fact(422, 'after-change', 'Correct the driver file at the place named.'),
  ENGINE_BUSY: fact(409, 'soon', 'Have the engine drained first, or stop the tasks that it cannot give away.'),
  ENGINE_EXISTS: fact(409, 'never', 'Choose another id, or change the engine that is there.'),
  ENGINE_FAILED: fact(500, 'soon', 'The engine is started again; the task resumes.'),
  ENGINE_FULL: fact(409, 'soon', 'Stop another task, make this one smaller, or give the engine more render threads.'),
  ENGINE_UNABLE: fact(422, 'never', 'Use an engine that can do what is named, or leave it out.'),
  ENGINE_UNAVAILABLE: fact(503, 'soon', 'Wait for the engine to come back.'),
  ENGINE_UNKNOWN: fact(404, 'after-change', 'List the engines to see which there are.'),
  ERASURE_UNKNOWN: fact(404, 'never', 'List the erasures to see which there are.'),
  EXPORT_EXPIRED: fact(410, 'never', 'Export the task again; keepForSeconds says how long files are kept.'),
  EXPORT_INTERRUPTED: fact(409, 'soon', 'Leave the task alone while it is recorded; it is played again.'),
  EXPORT_LIMIT: fact(
    422,
    'after-change',
    'Delete exports or wait for their end, or have an administrator raise the limit.',
  ),
  EXPORT_NOT_READY: fact(409, 'soon', 'Wait until the export is done: its document and its events tell.'),
  EXPORT_UNKNOWN: fact(404, 'never', 'List the exports to see which there are; what ended is forgotten after 30 days.'),
  EXPORT_UPLOAD: fact(502, 'soon', 'Look at what the receiver says: the URL, its signature, its headers, its end.'),
  FIXED_INSTANCE_UNAVAILABLE: fact(409, 'soon', 'Connect the device, wait for the end named, or choose another unit.'),
  FIXED_INSTANCE_UNKNOWN: fact(404, 'after-change', 'Declare the fixed instance in the rack file, or correct its id.'),
  GRAPH_CYCLE: fact(422, 'after-change', 'Remove one connection of the path named.'),
  GRAPH_INVALID: fact(422, 'after-change', 'Correct what is named.'),
  IDEMPOTENCY_KEY_USED: fact(
    422,
    'never',
    'Give every request a key of its own; only the very same request may come again with it.',
  ),
  ID_INVALID: fact(400, 'after-change', 'Correct the id.'),
  INSTANCE_FAILED: fact(
    422,
    'after-change',
    'Remove the instance or mend its plugin. A muted one is started again by itself; one in quarantine when it is put again, or when play begins.',
  ),
  INTERNAL: fact(500, 'soon', 'This is a fault of ours: report it with the request id.'),
  KEY_UNKNOWN: fact(404, 'never', 'List the keys to see which there are.'),
  MAINTENANCE_UNKNOWN: fact(404, 'never', 'List the maintenance windows to see which there are.'),
  MEDIA_DAMAGED: fact(422, 'never', 'Export the file again; it cannot be decoded.'),
  MEDIA_FORBIDDEN: fact(403, 'never', 'Put the file into one of the media folders.'),
  MEDIA_IN_USE: fact(409, 'after-change', 'Take it out of the task named first, or delete that task.'),
  MEDIA_JOB_UNKNOWN: fact(
    404,
    'never',
    'List the imports to see which there are; what ended is forgotten after 30 days.',
  ),
  MEDIA_MISSING: fact(404, 'after-change', 'Correct the path, or put the file there.'),
  MEDIA_QUOTA: fact(
    413,
    'after-change',
    'Delete media that are not needed, or have an administrator raise the limit named.',
  ),
  MEDIA_REFUSED: fact(422, 'never', 'Look at what the server says: whether it has the file, and gives it to anybody.'),
  MEDIA_TOO_LARGE: fact(413, 'never', 'Send less, or have the operator raise the limit named.'),
  MEDIA_TOO_SLOW: fact(408, 'never', 'Use a faster server, or have the operator raise the limit named.'),
  MEDIA_UNKNOWN: fact(404, 'after-change', 'List the media to see which there are, or import it.'),
  MEDIA_UNREACHABLE: fact(502, 'soon', 'Look at the cause: the server, or the way to it.'),
  MEDIA_UNREADABLE: fact(503, 'soon', 'Look at the cause: the disk, its space, the rights of the file.'),
  MEDIA_UNSUPPORTED: fact(415, 'never', 'Convert it to WAV, FLAC, MP3 or Ogg.'),
  MEDIA_URL: fact(422, 'never', 'Give a public https address, or have the operator allow the network named.'),
  MESSAGE_INVALID: fact(400, 'after-change', 'Correct the message; see /asyncapi.json.'),
  MIDI_INVALID: fact(422, 'never', 'Give a Standard MIDI File (.mid); export it again.'),
  MODEL_INVALID: fact(422, 'after-change', 'Correct the model at the place named.'),
  MODEL_UNKNOWN: fact(422, 'after-change', 'Install the plugin that offers it, or correct the id.'),
  NODE_UNKNOWN: fact(422, 'after-change', 'Name a track, bus, instance or sink of the task.'),
  ORIGIN_FORBIDDEN: fact(403, 'never', 'Open the page from the address of the domain, or allow the origin.'),
  PARAMETER_LATCHED: fact(
    409,
    'after-change',
    'Stop the task first: the value is taken when the instance is activated.',
  ),
  PARAMETER_OWNED: fact(409, 'never', 'Leave it out: it is moved as what depends on it is needed.'),
  PARAMETER_UNKNOWN: fact(422, 'after-change', 'Name a parameter of the model.'),
  PARAMETER_VALUE: fact(422, 'after-change', 'Give a value that the model allows.'),
  PART_UNKNOWN: fact(404, 'after-change', 'List the parts of that kind; it may have been removed.'),
  PERMISSION_DENIED: fact(403, 'after-change', 'Ask whoever owns the task for the permission named.'),
  PLUGIN_ABI: fact(422, 'never', 'Build the plugin for the ABI version of this engine.'),
  PLUGIN_BUILD: fact(422, 'after-change', 'Correct what the compiler names; what was built before goes on.'),
  PLUGIN_INSTALL: fact(502, 'soon', 'Look at what npm says: the name, the registry, the disk.'),
  PLUGIN_INTEGRITY: fact(422, 'never', 'Install the package again.'),
  PLUGIN_MANIFEST: fact(422, 'after-change', 'Correct audiocloud.json at the place named.'),
  PLUGIN_MISSING: fact(404, 'after-change', 'Correct the path of the plugin folder, or build the plugin.'),
  PLUGIN_PACKAGE: fact(422, 'never', 'Pack it again with `audiocloud plugin pack`, or ask its author to.'),
  PLUGIN_RULES: fact(422, 'never', 'Build the plugin by the rules of docs/plugin-abi.md.'),
  PLUGIN_SIGNATURE: fact(422, 'never', 'Get the package from its author, or the key that it is signed with now.'),
  PORT_UNKNOWN: fact(422, 'after-change', 'Name a port of the node.'),
  PRESET_EXISTS: fact(409, 'never', 'Choose another id, or change the preset that is there.'),
  PRESET_MISMATCH: fact(422, 'after-change', 'Choose a preset that is for this model and version, or for this task.'),
  PRESET_UNKNOWN: fact(404, 'never', 'List the presets to see which there are.'),
  RANGE_INVALID: fact(416, 'after-change', 'Ask for bytes that are there: the answer says how many there are.'),
  RATE_LIMITED: fact(429, 'soon', 'Send less often.'),
  RENDER_CANCELLED: fact(409, 'never', 'Start it again if it was not meant.'),
  RENDER_FAILED: fact(500, 'never', 'Look at the cause named.'),
  REQUEST_INVALID: fact(400, 'after-change', 'Correct the request; see /openapi.json.'),
  RESERVATION_CONFLICT: fact(409, 'after-change', 'Choose another time or unit; /v1/availability shows what is free.'),
  RESERVATION_FORBIDDEN: fact(403, 'after-change', 'Ask an administrator for the right to reserve what is named.'),
  RESERVATION_LIMIT: fact(422, 'after-change', 'Ask for less, or have an administrator raise the limit named.'),
  RESERVATION_OVER: fact(409, 'never', 'Make a new reservation.'),
  RESERVATION_TIME: fact(422, 'after-change', 'Give a time that lies ahead and whose end is after its beginning.'),
  RESERVATION_UNKNOWN: fact(404, 'never', 'List the reservations to see which there are.'),
  REVISION_CONFLICT: fact(412, 'after-change', 'Read the task again and apply the change to what is there now.'),
  ROUTE_UNKNOWN: fact(404, 'never', 'See /openapi.json for the routes.'),
  SINK_UNKNOWN: fact(422, 'after-change', 'Name a sink of the task.'),
  SOURCE_TAKEN: fact(409, 'soon', 'Wait until the client that pushes into the track ends, or add a track.'),
  STORE_BUSY: fact(409, 'after-change', 'End the domain that runs on this data folder first.'),
  STORE_INVALID: fact(500, 'after-change', 'Restore a backup, or use the version of Audio Cloud that wrote the store.'),
  STREAM_FORMAT: fact(422, 'after-change', 'Listen in another format, or to a node with fewer channels.'),
  SURFACE_INVALID: fact(
    422,
    'after-change',
    'Correct the map at the place named; `audiocloud surface check` looks at all of it.',
  ),
  TAPE_TOO_SHORT: fact(422, 'after-change', 'Play less at once, or use a unit whose tape holds it.'),
  TASK_BUSY: fact(409, 'soon', 'Stop the task, or wait for its end.'),
  TASK_EXISTS: fact(409, 'never', 'Choose another id, or change the task that is there.'),
  TASK_INVALID: fact(400, 'after-change', 'Correct the task at the place named.'),
  TASK_NOWHERE: fact(422, 'after-change', 'Change the task, or register an engine that has all that is named.'),
  TASK_TOO_HEAVY: fact(422, 'after-change', 'Make the task smaller, or divide it into several.'),
  TASK_UNKNOWN: fact(404, 'never', 'List the tasks to see which there are.'),
  TOKEN_EXPIRED: fact(401, 'after-change', 'Get a new token: with the API key, or by `audiocloud domain token`.'),
  TOO_LARGE: fact(413, 'never', 'Send less.'),
  UNAUTHENTICATED: fact(
    401,
    'after-change',
    'Send an API key or a token as `Authorization: Bearer`; `audiocloud domain token` makes one.',
  ),
  UPLOAD_LIMIT: fact(429, 'after-change', 'Finish or delete uploads that are under way.'),
  UPLOAD_OFFSET: fact(409, 'after-change', 'Ask with HEAD how much came, and go on from there.'),
  UPLOAD_UNFINISHED: fact(409, 'soon', 'Send the rest of it first.'),
  UPLOAD_UNKNOWN: fact(404, 'never', 'Upload it again; unfinished uploads expire.'),
  UPLOAD_VERSION: fact(412, 'after-change', 'Send `Tus-Resumable: 1.0.0`.'),
  VALUE_INTERLOCKED: fact(409, 'soon', 'Set first what the rule named wants, or wait for the time named.'),
  VALUE_REFUSED: fact(422, 'after-change', 'Give a value that the device takes, or correct its driver.'),
  VALUE_UNCONFIRMED: fact(502, 'soon', 'Look at the device: it does not take the value, or does not say so.'),
  WEBHOOK_UNKNOWN: fact(404, 'never', 'List the webhooks to see which there are.'),
  WEBHOOK_URL: fact(422, 'after-change', 'Give a public http or https address, or have the domain allow private ones.'),
  WEBRTC_REFUSED: fact(
    422,
    'after-change',
    'Send the offer of a peer connection with one audio section, its candidates gathered.',
  ),
  WEBRTC_UNAVAILABLE: fact(422, 'never', 'Listen on the live socket, or have the operator install werift.'),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** Letters of a message: what it tells of may be longer, what is told is not. */
export const MESSAGE_MAXIMUM = 8192;

/**
 * The one error that the control side throws.
 *
 * message: `Action: what is, what was wanted, what to do`.   details: plain data that names the things.
 */
export class AudioCloudError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, details?: Record<string, unknown>, options?: ErrorOptions) {
    super(message.slice(0, MESSAGE_MAXIMUM), options);
    this.name = 'AudioCloudError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  toJSON(): ErrorBody {
    const { retry, advice } = ERRORS[this.code];
    return {
      code: this.code,
      message: this.message,
      advice,
      retry,
      ...(this.details ? { details: this.details } : {}),
    };
  }

  /** The error that a body describes, to throw it again on this side of a wire. */
  static from(body: ErrorBody): AudioCloudError {
    return new AudioCloudError(body.code in ERRORS ? body.code : 'INTERNAL', body.message, body.details);
  }
}

/** Anything thrown as an AudioCloudError; what is not one becomes `code` with its message. [any] */
export function asAudioCloudError(thrown: unknown, code: ErrorCode = 'INTERNAL'): AudioCloudError {
  if (thrown instanceof AudioCloudError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AudioCloudError(code, message, undefined, { cause: thrown });
}
