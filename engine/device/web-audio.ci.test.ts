import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { SoundCard, soundCardMissing } from '../../test/sound-card.ts';
import { Wake } from '../thread/wake.ts';
import { DeviceSlot } from './device-slot.ts';
import { findDevice } from './devices.ts';
import { toneThread } from './testing/tone-thread.ts';

const SETTINGS = { sampleRate: 48000, blockFrames: 128 };

/** 997 Hz at 0.5, and 1,503 Hz at 0.25 on the right. */
const TONES = [
  { frequencyHz: 997, amplitude: 0.5 },
  { frequencyHz: 1503, amplitude: 0.25 },
];

t.test(
  'a sound card plays what the threads render; when it is pulled the paced clock takes over',
  {
    skip: soundCardMissing(),
  },
  async (t) => {
    const card = await SoundCard.start();
    t.teardown(() => card.stop());
    // the native library reads the environment of the process
    Object.assign(process.env, card.environment);
    const found = await findDevice('auto', SETTINGS);
    t.match(found, { kind: 'web-audio', sampleRate: 48000, outputChannels: 2 });
    const wake = Wake.create({ ...SETTINGS, threads: 1, channels: 2, maxBlocks: 16 });
    const worker = await toneThread(wake, TONES);
    t.teardown(() => wake.stop());
    const changes: string[] = [];
    const slot = new DeviceSlot(found, wake, [0], {
      onChange: ({ state }) => void changes.push(state),
      onFailure: t.error,
    });
    await slot.start();
    t.equal(slot.facts.state, 'running');
    await sleep(300);
    const best = await card.heard(
      (recording) => {
        const fits = [0.2, 0.6, 0.95].map((from) => {
          const part = recording.subarray(from * 96000, (from + 0.5) * 96000);
          const channel = (c: number) => part.filter((_, i) => i % 2 === c);
          return { left: fitSine(channel(0), 48000, 997), right: fitSine(channel(1), 48000, 1503) };
        });
        t.comment(JSON.stringify(fits));
        return fits.reduce((a, b) => (a.left.residualDb < b.left.residualDb ? a : b));
      },
      ({ left }) => left.residualDb < -60,
    );
    t.ok(Math.abs(best.left.frequencyHz - 997) < 0.1, `left ${best.left.frequencyHz.toFixed(3)} Hz`);
    t.ok(Math.abs(best.left.amplitude - 0.5) < 0.001, `left ${best.left.amplitude.toFixed(5)}`);
    t.ok(Math.abs(best.right.frequencyHz - 1503) < 0.1, `right ${best.right.frequencyHz.toFixed(3)} Hz`);
    t.ok(Math.abs(best.right.amplitude - 0.25) < 0.001, `right ${best.right.amplitude.toFixed(5)}`);
    t.ok(best.left.residualDb < -60, `nothing else: ${best.left.residualDb.toFixed(1)} dB`);

    await card.stop();
    for (let i = 0; i < 1200 && changes.length === 0; i++) await sleep(50);
    t.equal(slot.facts.kind, 'paced');
    t.match(changes[0], /^running in place of web-audio: /);
    const frames = wake.clockFrames();
    await sleep(200);
    t.ok(wake.clockFrames() > frames, 'the threads are asked on');
    await slot.stop();
    const ended = once(worker, 'exit');
    wake.stop();
    await ended;
  },
);
