import type { ErrorCode, MidiMessage, Task } from '@audiocloud/api';
import t from 'tap';
import type { LiveClient } from '../testing/live-client.ts';
import { sharedStudioDomain } from '../testing/studio-domain.ts';

// MIDI by REST and live, heard in the stream of an instrument that says in every frame what it was sent.

const domain = await sharedStudioDomain(t);
const path = '/v1/tasks/keys/midi';
const task: Task = {
  sampleRate: 48000,
  instances: { synth: { model: 'test:keys' }, gain: { model: 'audiocloud:gain' } },
  connections: { out: { from: { node: 'synth' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 4 } },
};
let live: LiveClient;

const key = (velocity: number, note = 60): MidiMessage => ({ instance: 'synth', bytes: [0x90, note, velocity] });

/** The first frame of the last play at which the velocities that are down sum up to this, from a frame on. */
async function frameOf({ packets }: LiveClient, sum: number, from: number): Promise<number> {
  const find = () => {
    // the last packets of the play before may come after the answer that ended it
    for (const { playId, streamFrame, frames, channels, samples } of packets)
      for (let i = 0; i < frames && playId === packets.at(-1)?.playId; i++)
        if (streamFrame + i >= from && samples[i * channels] === sum / 1024) return streamFrame + i;
    return undefined;
  };
  return live.until(find, `velocities of ${sum} in the stream`);
}

t.test('somebody listens to an instrument', async (t) => {
  t.equal((await domain.create('keys', task)).status, 201);
  live = await domain.live('keys');
  await live.ack({ type: 'listen', format: 'f32' });
});

t.test('what does not play plays no message', async (t) => {
  t.match(await domain.call('POST', path, { messages: [key(100)] }), { status: 200, body: { frame: null } });
  t.notOk('frame' in (await live.ack({ type: 'midi', messages: [key(100)] })));
});

t.test('a message is heard at the very frame that its answer names', async (t) => {
  await live.ack({ type: 'transport', change: { play: true } });
  await frameOf(live, 0, 0);
  const { frame } = await live.ack({ type: 'midi', messages: [key(20)] });
  t.equal(await frameOf(live, 20, 0), frame);
  const chord = await live.ack({ type: 'midi', messages: [key(1, 64), key(2, 67)] });
  t.equal(await frameOf(live, 23, frame!), chord.frame);
  const { body } = await domain.call('POST', path, { messages: [key(0), key(0, 64), key(0, 67)] });
  t.ok(body.frame > chord.frame!);
  t.equal(await frameOf(live, 0, chord.frame!), body.frame);
});

t.test('messages that follow each other without waiting keep their order', async (t) => {
  const acks = await Promise.all(
    Array.from({ length: 60 }, (_, i) => live.ack({ type: 'midi', messages: [key(i + 1, 50)] })),
  );
  const frames = acks.map(({ frame }) => frame!);
  t.same(
    frames,
    [...frames].sort((a, b) => a - b),
    'their frames rise',
  );
  await frameOf(live, 60, frames.at(-1)!);
  await live.ack({ type: 'midi', messages: [key(0, 50)] });
  await frameOf(live, 0, frames.at(-1)! + 1);
});

t.test('what cannot be played is refused by name, live and by REST, and plays nothing', async (t) => {
  const refused: [object, ErrorCode, RegExp][] = [
    [{ instance: 'ghost' }, 'NODE_UNKNOWN', /'ghost'/],
    [{ instance: 'gain' }, 'PORT_UNKNOWN', /audiocloud:gain has no midi input/],
    [{ port: 'ghost' }, 'PORT_UNKNOWN', /midi inputs keys, pads/],
    [{ bytes: [0xf8, 1] }, 'PARAMETER_VALUE', /\[248, 1\] is no MIDI message/],
    [{ bytes: [0x90, 200, 1] }, 'PARAMETER_VALUE', /\[144, 200, 1\]/],
  ];
  for (const [wrong, code, message] of refused) {
    const messages = [key(99), { ...key(99), ...wrong }];
    t.match(await live.ask({ type: 'midi', messages }), { type: 'error', error: { code, message } }, code);
    t.match(await domain.refused(code, 'POST', path, { messages }), { message });
  }
  const malformed = [
    [],
    [{ ...key(1), bytes: [0x90] }],
    [{ ...key(1), bytes: [0x90, 1, 2, 3] }],
    [{ bytes: [0x90, 1, 2] }],
  ];
  for (const messages of malformed) {
    t.match(await live.ask({ type: 'midi', messages } as never), { type: 'error', error: { code: 'MESSAGE_INVALID' } });
    await domain.refused('REQUEST_INVALID', 'POST', path, { messages });
  }
  await domain.refused('TASK_UNKNOWN', 'POST', '/v1/tasks/none/midi', { messages: [key(1)] });
  t.notOk(
    live.packets.some(({ samples, channels }) => samples.some((x, i) => i % channels === 0 && x >= 99 / 1024)),
    'nothing of it was heard',
  );
});

t.test('nothing of it is stored: the task is as it was', async (t) => {
  const { body } = await domain.call('GET', '/v1/tasks/keys');
  t.equal(body.revision, 1);
  t.same(body.task, task);
});

t.test('notes are an edit of the task, and play while it plays', async (t) => {
  await live.ack({ type: 'transport', change: { play: false } });
  const notes = { instance: 'synth', notes: [{ seconds: 0.1, lengthSeconds: 0.1, note: 60, velocity: 90 }] };
  const edits = [{ op: 'put', part: 'notes', name: 'part', value: notes }];
  t.equal((await domain.call('POST', '/v1/tasks/keys/edits', { edits })).status, 200);
  await live.ack({ type: 'transport', change: { play: true, positionSeconds: 0 } });
  t.equal(await frameOf(live, 90, 0), 4800);
  t.equal(await frameOf(live, 0, 4800), 9600);
  await live.ack({ type: 'transport', change: { play: false } });
  t.match((await domain.call('GET', '/v1/tasks/keys')).body, { revision: 2, task: { notes: { part: notes } } });
});
