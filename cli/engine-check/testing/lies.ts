import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS, type ErrorCode, MAX_MESSAGE_BYTES, payloadOf, samplesOf } from '@audiocloud/api';
import { WRONG_TASKS } from '../checks/refusals.ts';
import { type Lie, leaveBeside } from './lying-engine.ts';

// biome-ignore lint/suspicious/noExplicitAny: a lie looks into whatever comes by
type Message = any;

const FRAME = 1 / 48000;
/** A refusal with another code, a result left alone. */
const recode =
  (code: ErrorCode) =>
  (answer: Message): Message =>
    answer.type === 'refusal' ? { ...answer, error: { ...answer.error, code, retry: ERRORS[code].retry } } : answer;
/** Changes the result of a command of one type. */
const result = (type: string, change: (result: Message) => void) => (answer: Message, command: Message) => {
  if (answer.type === 'answer' && command?.type === type) change(answer.result);
  return answer;
};
/** Says yes to a command that was refused. */
const yes = (type: string) => (answer: Message, command: Message) =>
  command?.type === type ? { type: 'answer', id: answer.id, result: null } : answer;
const command = (type: string, change: (command: Message) => Message | void) => (given: Message) =>
  given.type === type ? (change(given) ?? given) : given;
const event = (type: string, change: (event: Message) => void) => (given: Message) => {
  if (given.type === type) change(given);
  return given;
};
const render = (change: (command: Message) => void): Lie => ({
  command: command('render', (given) => void change(given)),
});
const clip = (change: (clip: Message) => void): Lie => render(({ graph }) => change(graph.tracks.track.clips[0]));
const out = (change: (connection: Message) => void): Lie => render(({ graph }) => change(graph.connections.out));
const samples = (change: (sample: number, channel: number) => number): Lie => ({
  file: (channels) =>
    channels.forEach((plane, c) => {
      plane.forEach((x, i) => {
        plane[i] = change(x, c);
      });
    }),
});
let renders = 0;
/** Another gain each time. */
const drifting: Lie = {
  file: (channels) => {
    renders++;
    for (const plane of channels) for (let i = 0; i < plane.length; i++) plane[i] = plane[i]! * (1 + renders * 1e-6);
  },
};

/** For each check an engine that it has to catch: by what it does wrong. */
export const LIES: Record<string, Lie> = {
  'framing-split': {
    chunk: (chunk) => (chunk.length < 4 ? undefined : chunk),
    withholds: /^an answer to a hello that came byte by byte did not come/,
  },
  'framing-joined': {
    chunk: (chunk) => chunk.subarray(0, 4 + chunk.readUInt32LE(0)),
    withholds: /^an answer to the hello with id 12 did not come/,
  },
  'framing-too-large': {
    chunk: (chunk) => (chunk.readUInt32LE(0) > MAX_MESSAGE_BYTES ? undefined : chunk),
    withholds: /^(an answer to a message of 4 GiB|the end of that connection) did not come/,
  },
  'not-json': { answer: recode('INTERNAL') },
  'command-unknown': { answer: recode('ROUTE_UNKNOWN') },
  'command-fields': { command: command('hello', ({ id }) => ({ type: 'hello', id, protocol: 1 })) },
  'hello-facts': {
    answer: result('hello', (facts) => {
      facts.protocol = 2;
    }),
  },
  'hello-protocol': {
    command: command('hello', (hello) => {
      hello.protocol = 1;
    }),
  },
  'hello-models': { answer: result('hello', ({ models }) => models.push(models[0])) },
  'hello-abilities': {
    answer: result('hello', (facts) => {
      facts.abilities = ['live'];
    }),
  },
  rescan: {
    answer: result('rescan', (facts) => {
      facts.pid++;
    }),
  },
  'set-fixed-unknown': { answer: yes('set-fixed') },
  'load-state': {
    answer: result('load', (state) => {
      state.state = 'loading';
    }),
  },
  'load-replaces': {
    command: command('load', (load) => {
      load.revision = 1;
    }),
  },
  'load-refused-keeps': {
    answer: result('state', (state) => {
      state.revision = 2;
    }),
  },
  'check-changes-nothing': { command: command('check', (check) => ({ ...check, type: 'load' })) },
  'tasks-listed': {
    answer: result('hello', (facts) => {
      facts.tasks = [];
    }),
  },
  'edit-revision': {
    answer: result('edit', (state) => {
      state.revision++;
    }),
  },
  'edit-all-or-nothing': { command: command('edit', ({ edits }) => void edits.splice(1)) },
  'edit-unknown-task': { answer: recode('NODE_UNKNOWN') },
  unload: { command: command('unload', ({ id, task }) => ({ type: 'state', id, task })) },
  ...Object.fromEntries(
    ['load', 'render'].flatMap((way) =>
      WRONG_TASKS.map(({ id }) => [`${way}-${id}`, { answer: recode('GRAPH_INVALID') }]),
    ),
  ),
  'transport-play': {
    answer: result('transport', (state) => {
      state.playId++;
    }),
  },
  'transport-moves': {
    answer: result('state', ({ transport }) => {
      transport.streamFrame = 0;
    }),
  },
  'transport-stop': {
    command: command('transport', ({ change }) => {
      if (change.play === false) delete change.play;
    }),
    answer: result('transport', (state) => {
      state.playing = false;
    }),
  },
  'transport-seek': {
    command: command('transport', ({ change }) => {
      change.positionSeconds += FRAME;
    }),
  },
  'transport-loop': {
    answer: result('state', ({ transport }) => {
      transport.positionFrames += 24000;
    }),
  },
  'transport-refused': { answer: recode('GRAPH_INVALID') },
  'set-frame': {
    answer: result('set', (applied) => {
      applied.frame ??= 0;
    }),
  },
  'set-heard-at-frame': {
    answer: result('set', (applied) => {
      applied.frame += 256;
    }),
  },
  'set-refused': {
    command: command('set', ({ changes }) => {
      changes[0].value = 0;
    }),
  },
  'midi-unknown': { answer: yes('midi') },
  heartbeat: {
    event: event('heartbeat', (heartbeat) => {
      heartbeat.streamFrame = 7;
    }),
  },
  'state-told': {
    event: (given) => (given.type === 'state' ? undefined : given),
    withholds: /^an event 'state' did not come/,
  },
  'meters-told': {
    event: event('meters', ({ meters: { meters } }) => {
      if (meters.main) meters.main.peak = meters.main.peak.map((x: number) => x * 1.2);
    }),
  },
  'counters-told': {
    event: event('counters', ({ counters }) =>
      counters.threads.forEach((one: Message) => {
        one.tasks = [];
      }),
    ),
  },
  'events-only-greeted': { greets: true },
  'events-valid': {
    event: event('meters', (meters) => {
      meters.mood = 'fine';
    }),
  },
  'stream-packets': { packet: (packet) => ({ ...packet, serial: packet.serial * 2 }) },
  'stream-sound': {
    packet: (packet) => ({
      ...packet,
      payload: payloadOf(
        samplesOf(packet).map((x) => x * 1.0001),
        'f32',
      ),
    }),
  },
  'stream-timeline': { packet: (packet) => ({ ...packet, timelineFrame: packet.timelineFrame + 1 }) },
  'stream-s16': {
    packet: (packet) => ({
      ...packet,
      payload: payloadOf(
        samplesOf(packet).map((x) => x + 2 / 32768),
        's16',
      ),
    }),
  },
  'stream-unlisten': { request: (request) => (request.type === 'unlisten' ? { type: 'sing' } : request) },
  'stream-stops': {
    packet: (packet) => (packet.streamFrame > 2000 ? undefined : packet),
    withholds: /^12000 frames on stream 1 did not come/,
  },
  'stream-bad-request': { request: (request) => request ?? 'end' },
  'render-file': {
    answer: result('render', (file) => {
      file.frames++;
    }),
  },
  'render-twice': drifting,
  'render-progress': {
    event: event('progress', (progress) => {
      progress.ofFrames++;
    }),
    withholds: /^an event 'progress' did not come/,
  },
  'inspect-facts': {
    answer: result('inspect', (facts) => {
      facts.frames++;
    }),
  },
  'inspect-peaks': {
    command: command('inspect', (given) => {
      delete given.peaksPath;
    }),
  },
  'inspect-progress': {
    event: event('progress', (progress) => {
      progress.ofFrames++;
    }),
    withholds: /^an event 'progress' did not come/,
  },
  'inspect-refused': { answer: recode('INTERNAL') },
  'render-cancel': {
    answer: (answer, { type, path }) => {
      if (type === 'render') leaveBeside(path);
      return answer;
    },
  },
  'render-cancel-unknown': {
    answer: (answer, { type }) =>
      type === 'cancel' ? { type: 'refusal', id: answer.id, error: { ...refusal('REQUEST_INVALID') } } : answer,
  },
  'render-job-taken': { answer: recode('RENDER_FAILED') },
  'render-besides': {
    answer: async (answer, { type, seconds }) => {
      if (type === 'lease' && seconds === 60) await sleep(1200);
      return answer;
    },
  },
  'render-paths': { answer: recode('MEDIA_MISSING') },
  'render-replaces': {
    answer: (answer, { type, path }) => {
      if (type === 'render' && answer.type === 'refusal') writeFileSync(path, 'spoilt');
      return answer;
    },
  },
  'render-range-refused': { answer: recode('GRAPH_INVALID') },
  'render-clip': clip((one) => {
    one.startSeconds += FRAME;
  }),
  'render-clip-gain': clip((one) => {
    one.gainDb += 0.001;
  }),
  'render-fades': clip((one) => {
    one.fadeInSeconds += FRAME;
  }),
  'render-overlap': render(({ graph }) => graph.tracks.track.clips.pop()),
  'render-mono': samples((x, c) => (c === 1 ? 0 : x)),
  'render-connection-gain': out((one) => {
    one.gainDb += 0.001;
  }),
  'render-connection-silence': out((one) => {
    one.gainDb = -90;
  }),
  'render-pan': out((one) => {
    one.pan -= 0.001;
  }),
  'render-pan-middle': samples((x) => x * Math.SQRT1_2),
  'render-balance': out((one) => {
    one.pan *= 0.99;
  }),
  'render-mono-to-all': samples((x, c) => (c === 1 ? 0 : x)),
  'render-channel-map': out(({ channels }) => channels.pop()),
  'render-offset': out((one) => {
    one.offsetFrames -= 1;
  }),
  'render-bus': render(({ graph }) => {
    graph.buses.mix.matrix[1][1] = 1;
  }),
  'render-mix': render(({ graph }) => delete graph.connections.d),
  'render-range': render((one) => {
    one.fromSeconds += FRAME;
    one.toSeconds += FRAME;
  }),
  'render-end': render((one) => {
    one.toSeconds = 0.2;
  }),
  'render-loop-ignored': render((one) => {
    one.toSeconds = 0.2;
  }),
  'render-sink': render((one) => delete one.sink),
  'render-s16': render((one) => {
    one.format = 'wav-s24';
  }),
  'render-s24': render((one) => {
    one.format = 'wav-s16';
  }),
  'render-rates': render((one) => delete one.sampleRate),
  'render-bypass': samples((x) => x * 0.999),
  'render-instance-offset': render(({ graph }) => delete graph.instances.effect.offsetFrames),
  'render-feedback': render(({ graph }) => delete graph.connections.again),
  'render-lane': render(({ graph }) => delete graph.lanes),
  'lease-refused': { answer: yes('lease') },
  'lease-ends': {
    command: command('lease', (lease) => {
      lease.seconds = 3600;
    }),
    withholds: /^it still runs/,
  },
  shutdown: {
    command: command('shutdown', ({ id }) => ({ type: 'lease', id, seconds: 3600 })),
    withholds: /^it still runs/,
  },
};

function refusal(code: ErrorCode) {
  const { retry, advice } = ERRORS[code];
  return { code, message: 'Cannot do it: it is not there', retry, advice };
}
