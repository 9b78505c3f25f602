import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { noiseFile } from '../disk/testing/long-file.ts';
import { PcmSource } from '../disk/pcm-source.ts';
import type { DiskSettings } from '../disk/disk-settings.ts';
import type { AudioData } from './audio-data.ts';
import { type DiskSound, isOnDisk, type Sound } from './disk-sound.ts';
import { openMedia } from './open-media.ts';
import { openPlayable } from './open-playable.ts';
import { mediaInSlots } from './task-media.ts';
import { frameBytes, unpackSamples } from './unpack-samples.ts';
import { createWavWriter } from './wav-writer.ts';

const RATE = 48000;
const settings = (folder: string, more: Partial<DiskSettings> = {}): DiskSettings => ({
  fromSeconds: 2,
  aheadSeconds: 2,
  pcmDir: join(folder, 'pcm'),
  pcmBytes: 2 ** 30,
  ...more,
});

function samplesOf({ file, frames, channels }: DiskSound): Float32Array[] {
  const out = Array.from({ length: channels }, () => new Float32Array(frames));
  const source = new PcmSource(file);
  unpackSamples(source.read(file.dataOffset, frames * frameBytes(file)), file, out, 0, frames);
  source.close();
  return out;
}

function isAlike(sound: Sound, whole: AudioData): boolean {
  const data = isOnDisk(sound) ? samplesOf(sound) : sound.data;
  return (
    sound.frames === whole.frames &&
    sound.sampleRate === whole.sampleRate &&
    data.every((plane, c) => plane.every((x, i) => Object.is(x, whole.data[c]![i])))
  );
}

t.test('long WAV at the rate of the task is played where it lies, short is held in memory', async (t) => {
  const folder = t.testdir({});
  const disk = settings(folder);
  const long = join(folder, 'long.wav');
  const short = join(folder, 'short.wav');
  noiseFile(long, { frames: 2 * RATE + 1 });
  noiseFile(short, { frames: 2 * RATE });
  const sound = await openPlayable(long, { sampleRate: RATE, disk });
  t.ok(isOnDisk(sound) && sound.file.path === long);
  t.ok(isAlike(sound, await openMedia(long, { sampleRate: RATE })));
  t.notOk(isOnDisk(await openPlayable(short, { sampleRate: RATE, disk })));
  t.notOk(isOnDisk(await openPlayable(long, { sampleRate: RATE, disk, isWhole: true })), 'an instance wants all of it');
  t.notOk(readdirSync(folder).includes('pcm'), 'nothing was copied');
});

t.test('every depth of WAV from the disk is what it is in memory', async (t) => {
  const folder = t.testdir({});
  const disk = settings(folder, { fromSeconds: 0 });
  for (const bits of ['16', '24', '32f'] as const) {
    const path = join(folder, `${bits}.wav`);
    const { memory } = noiseFile(join(folder, 'noise.wav'), { frames: 9999, channels: 3 });
    const writer = await createWavWriter(path, { sampleRate: RATE, channels: 3, bits });
    await writer.write(memory.data, memory.frames);
    await writer.close();
    const sound = await openPlayable(path, { sampleRate: RATE, disk });
    t.ok(isOnDisk(sound) && isAlike(sound, await openMedia(path, { sampleRate: RATE })), bits);
  }
});

t.test('another rate is converted once, into the cache, and has the samples of a conversion in memory', async (t) => {
  const folder = t.testdir({});
  const disk = settings(folder);
  const path = join(folder, 'long.wav');
  noiseFile(path, { frames: 5 * 44100 + 17, sampleRate: 44100 });
  const [sound, same] = await Promise.all([1, 2].map(() => openPlayable(path, { sampleRate: RATE, disk })));
  t.equal(sound, same, 'two who want it wait for one decoder');
  t.ok(isOnDisk(sound!) && isAlike(sound, await openMedia(path, { sampleRate: RATE })));
  t.equal(readdirSync(disk.pcmDir).length, 1);
  t.same(await openPlayable(path, { sampleRate: RATE, disk }), sound, 'the next time it is there');
  const kept = await openPlayable(path, { sampleRate: RATE, disk: settings(folder, { pcmBytes: 0 }) });
  t.notOk(isOnDisk(kept), 'without a cache it is held in memory');
  await t.rejects(
    openPlayable(path, { sampleRate: 32000, disk: settings(folder, { pcmBytes: 100_000 }) }),
    { code: 'TOO_LARGE' },
    'more than the cache may hold',
  );
  noiseFile(path, { frames: RATE, sampleRate: 44100, seed: 9 });
  t.notOk(isOnDisk(await openPlayable(path, { sampleRate: RATE, disk })), 'what is short is not kept');
});

t.test('what is no sound is refused with the words of whoever decodes it', async (t) => {
  const folder = t.testdir({});
  const disk = settings(folder);
  writeFileSync(join(folder, 'text.wav'), 'these are words');
  await t.rejects(openPlayable(join(folder, 'text.wav'), { sampleRate: RATE, disk }), { code: 'MEDIA_UNSUPPORTED' });
  await t.rejects(openPlayable(join(folder, 'none.wav'), { sampleRate: RATE, disk }), { code: 'MEDIA_MISSING' });
  await t.rejects(openPlayable(folder, { sampleRate: RATE, disk }), { code: 'MEDIA_UNSUPPORTED' });
  const abort = new AbortController();
  abort.abort();
  const path = join(folder, 'long.wav');
  noiseFile(path, { frames: 5 * 44100, sampleRate: 44100 });
  await t.rejects(openPlayable(path, { sampleRate: RATE, disk, signal: abort.signal }), { code: 'RENDER_CANCELLED' });
});

t.test('media of slots are known by name', async (t) => {
  const instances = {
    a: { model: 'audiocloud:convolution', media: { response: 'room' } },
    b: { model: 'audiocloud:sampler', media: { samples: ['kick', null, 'snare'] } },
  };
  t.same([...mediaInSlots({ sampleRate: RATE, instances })].sort(), ['kick', 'room', 'snare']);
});
