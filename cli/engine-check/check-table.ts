import type { CheckContext } from './check-context.ts';
import { countersTold, eventsOnlyGreeted, eventsValid, heartbeat, metersTold, stateTold } from './checks/events.ts';
import {
  commandExtra,
  commandUnknown,
  framingJoined,
  framingSplit,
  framingTooLarge,
  notJson,
} from './checks/framing.ts';
import { helloAbilities, helloFacts, helloModels, helloProtocol, rescan, setFixedUnknown } from './checks/hello.ts';
import { inspectFacts, inspectPeaks, inspectProgress, inspectRefused } from './checks/inspect.ts';
import { leaseEnds, leaseRefused, shutdown } from './checks/lease.ts';
import {
  checkChangesNothing,
  editAllOrNothing,
  editRevision,
  editUnknownTask,
  loadRefusedKeeps,
  loadReplaces,
  loadState,
  tasksListed,
  unload,
} from './checks/loading.ts';
import { refusedByLoad, refusedByRender, WRONG_TASKS } from './checks/refusals.ts';
import {
  renderBesides,
  renderCancel,
  renderCancelUnknown,
  renderFile,
  renderJobTaken,
  renderPaths,
  renderProgress,
  renderRangeRefused,
  renderReplaces,
  renderTwice,
} from './checks/render.ts';
import { renderBypass, renderFeedback, renderInstanceOffset, renderLane } from './checks/render-limits.ts';
import {
  renderBalance,
  renderBus,
  renderChannelMap,
  renderClip,
  renderClipGain,
  renderConnectionGain,
  renderConnectionSilence,
  renderEnd,
  renderFades,
  renderLoopIgnored,
  renderMix,
  renderMono,
  renderMonoToAll,
  renderOffset,
  renderOverlap,
  renderPan,
  renderPanMiddle,
  renderRange,
  renderRates,
  renderS16,
  renderS24,
  renderSink,
} from './checks/render-sound.ts';
import {
  streamBadRequest,
  streamPackets,
  streamS16,
  streamSound,
  streamStops,
  streamTimeline,
  streamUnlisten,
} from './checks/stream.ts';
import {
  transportLoop,
  transportMoves,
  transportPlay,
  transportRefused,
  transportSeek,
  transportStop,
} from './checks/transport.ts';
import { midiUnknown, setFrame, setHeardAtFrame, setRefused } from './checks/values.ts';

/** Resolves with what was found; throws Fault, Skip (outcome.ts), or an AudioCloudError of the contract. */
export type CheckRun = (context: CheckContext) => Promise<string>;

/** One check of an engine. */
export interface EngineCheck {
  readonly id: string;
  readonly area: string;
  /** What the protocol promises. */
  readonly wants: string;
  readonly run: CheckRun;
}

type Row = readonly [id: string, wants: string, run: CheckRun];

function area(name: string, ...rows: Row[]): EngineCheck[] {
  return rows.map(([id, wants, run]) => ({ id, area: name, wants, run }));
}

/** Every check, a line for each, in the order in which they run. */
export const ENGINE_CHECKS: readonly EngineCheck[] = [
  ...area(
    'framing',
    ['framing-split', 'A message that comes byte by byte is read', framingSplit],
    ['framing-joined', 'Messages that come at once are each answered, with their ids', framingJoined],
    ['framing-too-large', 'A message of 4 GiB ends its connection and no other', framingTooLarge],
    ['not-json', 'What cannot be read is refused with MESSAGE_INVALID and id 0', notJson],
    ['command-unknown', 'A command that there is not is refused with its id', commandUnknown],
    ['command-fields', 'Fields too many, too few and of another type are refused', commandExtra],
  ),
  ...area(
    'hello',
    ['hello-facts', 'The answer to hello is EngineFacts', helloFacts],
    ['hello-protocol', 'Another protocol is refused with CLIENT_VERSION', helloProtocol],
    ['hello-models', 'Every model is sound, none stands twice', helloModels],
    ['hello-abilities', 'Parts that it leaves out are refused with ENGINE_UNABLE', helloAbilities],
    ['rescan', 'rescan answers with the facts', rescan],
    ['set-fixed-unknown', 'A fixed instance that there is not is refused by name', setFixedUnknown],
  ),
  ...area(
    'load',
    ['load-state', 'A loaded task is ready and stopped', loadState],
    ['load-replaces', 'A task of the same id is replaced', loadReplaces],
    ['load-refused-keeps', 'A refused load leaves the task as it was', loadRefusedKeeps],
    ['check-changes-nothing', 'check answers as load would, and changes nothing', checkChangesNothing],
    ['tasks-listed', 'hello names the tasks that are loaded', tasksListed],
    ['edit-revision', 'An edit has the revision that it was given', editRevision],
    ['edit-all-or-nothing', 'A list of edits is done as a whole or not at all', editAllOrNothing],
    ['edit-unknown-task', 'An edit of a task that there is not is refused', editUnknownTask],
    ['unload', 'An unloaded task is unknown', unload],
  ),
  ...area('load errors', ...WRONG_TASKS.map((wrong): Row => [`load-${wrong.id}`, wrong.wants, refusedByLoad(wrong)])),
  ...area(
    'transport',
    ['transport-play', 'Play begins, with a play id of its own', transportPlay],
    ['transport-moves', 'The playhead goes with the time', transportMoves],
    ['transport-stop', 'Stop stops', transportStop],
    ['transport-seek', 'The playhead goes to the very frame', transportSeek],
    ['transport-loop', 'A loop keeps the playhead inside', transportLoop],
    ['transport-refused', 'What cannot be is refused', transportRefused],
  ),
  ...area(
    'set',
    ['set-frame', 'The answer carries the frame, null while stopped', setFrame],
    ['set-heard-at-frame', 'A change is heard at the frame that the answer names', setHeardAtFrame],
    ['set-refused', 'Values, parameters and instances that there are not are refused', setRefused],
    ['midi-unknown', 'MIDI to an instance that there is not is refused', midiUnknown],
  ),
  ...area(
    'events',
    ['heartbeat', 'Heartbeats come, and the stream goes on', heartbeat],
    ['state-told', 'Who said hello is told what becomes of tasks', stateTold],
    ['meters-told', 'Meters come 10 times a second or more, with true peaks', metersTold],
    ['counters-told', 'Counters come, and name the task', countersTold],
    ['events-only-greeted', 'Who did not say hello is told nothing', eventsOnlyGreeted],
    ['events-valid', 'Every event is of the protocol', eventsValid],
  ),
  ...area(
    'audio stream',
    ['stream-packets', 'Packets follow each other without a gap', streamPackets],
    ['stream-sound', 'What is heard is what the task plays', streamSound],
    ['stream-timeline', 'Packets say where they are on the timeline', streamTimeline],
    ['stream-s16', 'Samples of 16 bits are those of f32, rounded', streamS16],
    ['stream-unlisten', 'A stream ends alone', streamUnlisten],
    ['stream-stops', 'As many frames come as were played', streamStops],
    ['stream-bad-request', 'A request that cannot be read changes nothing', streamBadRequest],
  ),
  ...area(
    'media',
    ['inspect-facts', 'A file is what the answer says, to the frame', inspectFacts],
    ['inspect-peaks', 'The peaks are those of the file', inspectPeaks],
    ['inspect-progress', 'Progress rises to the end', inspectProgress],
    [
      'inspect-refused',
      'What is missing, no sound, cut off or too long is refused, and leaves no peaks',
      inspectRefused,
    ],
  ),
  ...area(
    'render',
    ['render-file', 'The file is what the answer says', renderFile],
    ['render-twice', 'The same task gives the same bytes', renderTwice],
    ['render-progress', 'Progress rises to the end', renderProgress],
    ['render-cancel', 'A cancelled render leaves nothing', renderCancel],
    ['render-cancel-unknown', 'The cancel of a render that there is not is answered', renderCancelUnknown],
    ['render-job-taken', 'An id is taken while it is rendered', renderJobTaken],
    ['render-besides', 'Commands are answered meanwhile', renderBesides],
    ['render-paths', 'Paths have to be whole, and no file that is read is written', renderPaths],
    ['render-replaces', 'A file is replaced as a whole or not at all', renderReplaces],
    ['render-range-refused', 'Ranges and sinks that cannot be are refused', renderRangeRefused],
  ),
  ...area(
    'render errors',
    ...WRONG_TASKS.map((wrong): Row => [`render-${wrong.id}`, wrong.wants, refusedByRender(wrong)]),
  ),
  ...area(
    'rendered sound',
    ['render-clip', 'A clip plays at its frames', renderClip],
    ['render-clip-gain', 'with its gain', renderClipGain],
    ['render-fades', 'and its fades, linear in amplitude', renderFades],
    ['render-overlap', 'Clips that overlap are added', renderOverlap],
    ['render-mono', 'Mono media fills every channel of a track', renderMono],
    ['render-connection-gain', 'A connection has its gain', renderConnectionGain],
    ['render-connection-silence', '-120 dB is silence', renderConnectionSilence],
    ['render-pan', 'Pan of one channel is of constant power', renderPan],
    ['render-pan-middle', 'with -3.01 dB in the middle', renderPanMiddle],
    ['render-balance', 'Pan of two channels is a balance', renderBalance],
    ['render-mono-to-all', 'One channel goes to all', renderMonoToAll],
    ['render-channel-map', 'A channel map sends channels where it says', renderChannelMap],
    ['render-offset', 'A connection is late by its offset', renderOffset],
    ['render-bus', 'A bus has its matrix', renderBus],
    ['render-mix', 'What arrives together is added', renderMix],
    ['render-range', 'A range is a part of the whole', renderRange],
    ['render-end', 'A render ends with the task', renderEnd],
    ['render-loop-ignored', 'The loop is not played', renderLoopIgnored],
    ['render-sink', 'The sink that is named is written', renderSink],
    ['render-s16', '16 bits are exact to two steps', renderS16],
    ['render-s24', '24 bits are exact to two steps', renderS24],
    ['render-rates', 'Media and render may have rates of their own', renderRates],
  ),
  ...area(
    'rendered or refused',
    ['render-bypass', 'What is bypassed does not change the sound', renderBypass],
    ['render-instance-offset', 'Offsets of instances are heard, or refused with ENGINE_UNABLE', renderInstanceOffset],
    ['render-feedback', 'Feedback is heard, or refused with ENGINE_UNABLE', renderFeedback],
    ['render-lane', 'Automation is heard, or refused with ENGINE_UNABLE', renderLane],
  ),
  ...area(
    'end',
    ['lease-refused', 'A lease that cannot be is refused', leaseRefused],
    ['lease-ends', 'It ends when no command came for the time of its lease', leaseEnds],
    ['shutdown', 'shutdown is answered, then it ends with 0', shutdown],
  ),
];
