import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { createWavWriter, openTaskMedia, Registry, type RenderEvent, renderTask } from '@audiocloud/engine';
import t from 'tap';
import type { LiveClient } from '../domain/testing/live-client.ts';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { fitSine } from './sine-fit.ts';
import type { HeardPacket } from './heard-packet.ts';

const RATE = 48000;
const SECONDS = 20;
const MEDIA_HZ = 997;
const TONE_HZ = 3000;
const STEP_DB = -6.02;

const domain = await sharedTestDomain(t);

/** A recording of both kinds of source: a file of a sine, and a tone that is made while it plays. */
const plane = Float32Array.from(
  { length: RATE * SECONDS },
  (_, i) => 0.25 * Math.sin((2 * Math.PI * MEDIA_HZ * i) / RATE),
);

const task: Task = {
  sampleRate: RATE,
  media: { sine: { path: 'sine.wav' } },
  tracks: { track: { channels: 2, clips: [{ media: 'sine', startSeconds: 0 }] } },
  instances: {
    fader: { model: 'audiocloud:gain', parameters: { gain: 0 } },
    tone: { model: 'audiocloud:tone', parameters: { frequency: TONE_HZ, level: -20 } },
    trim: { model: 'audiocloud:gain', parameters: { gain: -3 } },
  },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'fader' } },
    b: { from: { node: 'fader' }, to: { node: 'main' } },
    c: { from: { node: 'tone' }, to: { node: 'trim' } },
    d: { from: { node: 'trim' }, to: { node: 'main' }, gainDb: -1, pan: 0.3 },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

/** One channel of the stream from one frame to another; throws where packets do not follow each other. */
function channel(packets: HeardPacket[], index: number, from: number, to: number): Float32Array {
  const out = new Float32Array(to - from);
  let next = packets[0]!.streamFrame;
  for (const { streamFrame, frames, channels, samples } of packets) {
    if (streamFrame !== next) throw new Error(`a packet begins at ${streamFrame}, wanted ${next}`);
    next += frames;
    for (let i = 0; i < frames; i++) {
      const at = streamFrame + i - from;
      if (at >= 0 && at < out.length) out[at] = samples[i * channels + index]!;
    }
  }
  if (next < to) throw new Error(`the stream ends at ${next}, wanted ${to}`);
  return out;
}

const heard = (live: LiveClient, frame: number) =>
  live.until(() => {
    const last = live.packets.at(-1);
    return last !== undefined && last.streamFrame + last.frames >= frame;
  }, `sound up to frame ${frame}`);

const dbOf = (samples: Float32Array, hz: number) => 20 * Math.log10(fitSine(samples, RATE, hz).amplitude);

t.test(
  'a gain is changed over the WebSocket while the task plays, and the stream and an offline render agree',
  async (t) => {
    const path = join(domain.mediaDir, 'sine.wav');
    const file = await createWavWriter(path, { sampleRate: RATE, channels: 1, bits: '24' });
    await file.write([plane]);
    await file.close();
    t.equal((await domain.create('whole', task)).status, 201);
    const live = await domain.live('whole');
    await live.ack({ type: 'listen', format: 'f32' });
    await live.ack({ type: 'transport', change: { play: true } });
    await heard(live, RATE);
    const change = { instance: 'fader', parameter: 'gain', value: STEP_DB };
    const { frame } = await live.ack({ type: 'set', changes: [change] });
    t.type(frame, 'number');
    // Half a second after: the ramp of a knob takes some tens of milliseconds.
    const end = frame! + RATE;
    await heard(live, end);

    const before = channel(live.packets, 0, frame! - RATE / 2, frame!);
    const after = channel(live.packets, 0, frame! + RATE / 2, end);
    const stepDb = dbOf(after, MEDIA_HZ) - dbOf(before, MEDIA_HZ);
    t.ok(Math.abs(stepDb - STEP_DB) < 0.1, `the sine changed by ${stepDb.toFixed(4)} dB, wanted ${STEP_DB}`);
    const otherDb = dbOf(after, TONE_HZ) - dbOf(before, TONE_HZ);
    t.ok(Math.abs(otherDb) < 0.01, `the tone beside it by ${otherDb.toFixed(4)} dB, wanted 0`);

    const registry = Registry.open([fileURLToPath(new URL('../plugins', import.meta.url))]);
    const media = await openTaskMedia(task, { folder: domain.mediaDir, sampleRate: RATE });
    const events: RenderEvent[] = [{ frame: frame!, ...change }];
    const options = { task, media, registry, fromSeconds: 0, toSeconds: end / RATE };
    const offline = await renderTask({ ...options, events });
    for (const index of [0, 1]) {
      const streamed = channel(live.packets, index, 0, end);
      const rendered = offline.data[index]!.subarray(0, end);
      const first = streamed.findIndex((sample, i) => !Object.is(sample, rendered[i]));
      t.equal(first, -1, `channel ${index}: ${end} samples, bit for bit`);
    }
    // That the comparison bites: one frame later is another sound.
    const late = await renderTask({ ...options, events: [{ ...events[0]!, frame: frame! + 1 }] });
    const streamed = channel(live.packets, 0, 0, end);
    const first = streamed.findIndex((sample, i) => sample !== late.data[0]![i]);
    t.ok(
      first >= frame! && first < frame! + 64,
      `an event one frame later differs from frame ${first}, set at ${frame}`,
    );
  },
);
