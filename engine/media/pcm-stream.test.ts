import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { mediaBytes, openMediaFile } from './media-file.ts';
import { ffmpeg, ffmpegDecode, missingTool } from './reference-tool.ts';
import { collectSound } from './collect-sound.ts';
import { openSound } from './open-sound.ts';
import { pcmStream } from './pcm-stream.ts';
import { readWavFormat } from './wav-format.ts';

const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
const u16 = (n: number) => [n & 255, (n >> 8) & 255];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n >>> 16)];
const chunk = (id: string, body: number[], bytes = body.length) => [
  ...ascii(id),
  ...u32(bytes),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
const fmt = (tag: number, channels: number, bits: number, rate = 48000) =>
  chunk('fmt ', [
    ...u16(tag),
    ...u16(channels),
    ...u32(rate),
    ...u32((rate * channels * bits) / 8),
    ...u16((channels * bits) / 8),
    ...u16(bits),
  ]);
const riff = (...chunks: number[][]) => {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...u32(body.length), ...body]);
};
const read = async (bytes: Uint8Array, maxBytes = 2 ** 31) => {
  const file = mediaBytes(bytes);
  return collectSound(
    pcmStream(file, 'wav', readWavFormat(file), () => {}),
    maxBytes,
  );
};
const bytesOf = (array: ArrayBufferView) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)];

t.test('WAV samples are divided by half the range of their integers', async (t) => {
  t.same(
    [...(await read(riff(fmt(1, 1, 8), chunk('data', [0, 1, 128, 255])))).data[0]!],
    [-1, -127 / 128, 0, 127 / 128],
  );
  const s16 = bytesOf(Int16Array.of(-32768, -1, 0, 32767));
  t.same([...(await read(riff(fmt(1, 1, 16), chunk('data', s16)))).data[0]!], [-1, -1 / 32768, 0, 32767 / 32768]);
  const s24 = [0, 0, 128, 255, 255, 255, 0, 0, 0, 255, 255, 127];
  t.same([...(await read(riff(fmt(1, 1, 24), chunk('data', s24)))).data[0]!], [-1, -(2 ** -23), 0, 1 - 2 ** -23]);
  const s32 = bytesOf(Int32Array.of(-(2 ** 31), 2 ** 30, 256));
  t.same([...(await read(riff(fmt(1, 1, 32), chunk('data', s32)))).data[0]!], [-1, 0.5, 2 ** -23]);
  const f32 = bytesOf(Float32Array.of(-1.5, 1e-20, 0.1));
  t.same(
    [...(await read(riff(fmt(3, 1, 32), chunk('data', f32)))).data[0]!],
    [-1.5, Math.fround(1e-20), Math.fround(0.1)],
  );
  const f64 = bytesOf(Float64Array.of(-1.5, 0.1));
  t.same([...(await read(riff(fmt(3, 1, 64), chunk('data', f64)))).data[0]!], [-1.5, Math.fround(0.1)]);
});

t.test('WAV channels are taken apart into one shared memory, padded to 4 frames', async (t) => {
  const audio = await read(riff(fmt(1, 3, 8, 22050), chunk('data', [0, 64, 128, 192, 255, 128])));
  t.match(audio, { sampleRate: 22050, channels: 3, frames: 2 });
  t.same(
    audio.data.map((samples) => [...samples]),
    [
      [-1, 0.5],
      [-0.5, 127 / 128],
      [0, 0],
    ],
  );
  t.type(audio.data[0]!.buffer, SharedArrayBuffer);
  t.equal(audio.data[0]!.buffer, audio.data[2]!.buffer);
  t.same(
    audio.data.map((samples) => samples.byteOffset),
    [0, 16, 32],
  );
});

t.test('WAV chunks of odd length and unknown name are stepped over', async (t) => {
  const audio = await read(riff(chunk('junk', [1, 2, 3]), fmt(1, 1, 8), chunk('LIST', [9]), chunk('data', [255])));
  t.same([...audio.data[0]!], [127 / 128]);
});

t.test('WAVE_FORMAT_EXTENSIBLE is read by its sub-format', async (t) => {
  const extensible = (tag: number) => {
    const body = fmt(0xfffe, 1, 32).slice(8);
    const guid = [...u16(tag), 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
    return chunk('fmt ', [...body, ...u16(22), ...u16(32), ...u32(4), ...guid]);
  };
  t.same([...(await read(riff(extensible(3), chunk('data', bytesOf(Float32Array.of(0.25)))))).data[0]!], [0.25]);
  t.same([...(await read(riff(extensible(1), chunk('data', bytesOf(Int32Array.of(2 ** 29)))))).data[0]!], [0.25]);
});

t.test('RF64 takes its size from ds64, a stream from the end of the file', async (t) => {
  const ds64 = chunk('ds64', [...u32(0), ...u32(0), ...u32(2), ...u32(0), ...u32(2), ...u32(0), ...u32(0)]);
  const long = riff(ds64, fmt(1, 1, 8), chunk('data', [0, 128, 255, 255], 0xffffffff));
  long.set(ascii('RF64'));
  t.equal((await read(long)).frames, 2);
  t.equal((await read(riff(fmt(1, 1, 8), chunk('data', [0, 128, 255, 255], 0xffffffff)))).frames, 4);
});

t.test('WAV files that lie or are cut off are damaged, and the message has the number', async (t) => {
  const data = chunk('data', [1, 2, 3, 4]);
  const cases: [name: string, bytes: Uint8Array, message: RegExp][] = [
    [
      'data longer than the file',
      riff(fmt(1, 1, 8), chunk('data', [1, 2], 1000)),
      /says 1000 bytes of sound, the file holds 2;/,
    ],
    [
      'chunk longer than the file',
      riff(chunk('LIST', [1, 2], 5000), data),
      /'LIST' at byte 12 says 5000 bytes, the file holds 14 more/,
    ],
    ['no data', riff(fmt(1, 1, 8)), /ends at byte 36 without any sound/],
    ['no format', riff(data), /the data at byte 12 comes before any format/],
    ['short format', riff(chunk('fmt ', [1, 0, 1, 0]), data), /has 4 bytes, 16 are needed/],
    ['no channels', riff(fmt(1, 0, 8), data), /says 0 channels/],
    ['rate 0', riff(fmt(1, 1, 8, 0), data), /says 0 frames per second/],
    ['NaN', riff(fmt(3, 1, 32), chunk('data', bytesOf(Float32Array.of(0, Number.NaN)))), /frame 1 of channel 0/],
    ['f64 beyond f32', riff(fmt(3, 1, 64), chunk('data', bytesOf(Float64Array.of(1e300)))), /frame 0 of channel 0/],
  ];
  for (const [name, bytes, message] of cases) await t.rejects(read(bytes), { code: 'MEDIA_DAMAGED', message }, name);
  const odd = riff(fmt(1, 2, 16), data);
  odd[32] = 3; // bytes of a frame
  await t.rejects(read(odd), { code: 'MEDIA_DAMAGED', message: /says 3 bytes a frame, 2 channels of 16 bits need 4/ });
});

t.test('WAV files of other codings, of too many channels or too long are refused by name', async (t) => {
  const data = chunk('data', [1, 2, 3, 4]);
  await t.rejects(read(riff(fmt(17, 1, 4), data)), { code: 'MEDIA_UNSUPPORTED', message: /holds IMA ADPCM/ });
  await t.rejects(read(riff(fmt(0x55, 2, 16), data)), { code: 'MEDIA_UNSUPPORTED', message: /holds MP3/ });
  await t.rejects(read(riff(fmt(0x1234, 2, 16), data)), { code: 'MEDIA_UNSUPPORTED', message: /coding 0x1234/ });
  await t.rejects(read(riff(fmt(1, 1, 16), data), 7), {
    code: 'TOO_LARGE',
    message: /decode to 8 bytes, at most 7 are allowed/,
  });
  await t.rejects(read(riff(fmt(1, 65, 8), data)), { code: 'MEDIA_UNSUPPORTED', message: /65 channels/ });
});

t.test('WAV cut short anywhere gives AudioCloudError or whole frames', async (t) => {
  const whole = riff(chunk('junk', [1, 2, 3]), fmt(1, 2, 24), chunk('data', Array(60).fill(7)));
  for (let length = 0; length < whole.length; length++) {
    try {
      await read(whole.subarray(0, length));
      t.fail(`${length} of ${whole.length} bytes were taken for a whole file`);
    } catch (error) {
      t.ok(error instanceof AudioCloudError, `${length} bytes: ${(error as Error).message}`);
    }
  }
});

t.test('WAV and AIFF of every depth are read as ffmpeg reads them', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const noise = ['-f', 'lavfi', '-i', 'anoisesrc=d=0.2:r=44100:seed=7:a=0.9', '-ac', '2'];
  const little = ['pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_f64le', 'pcm_alaw', 'pcm_mulaw'];
  const big = ['pcm_s8', 'pcm_s16be', 'pcm_s24be', 'pcm_s32be', 'pcm_f32be', 'pcm_f64be', 'pcm_alaw', 'pcm_mulaw'];
  for (const [codec, extension] of [
    ...['pcm_u8', ...little].map((codec) => [codec, 'wav'] as const),
    ...[...big, 'pcm_s16le'].map((codec) => [codec, 'aiff'] as const),
  ]) {
    const path = join(dir, `${codec}.${extension}`);
    ffmpeg(...noise, '-c:a', codec, ...(codec === 'pcm_f64le' ? ['-rf64', 'always'] : []), path);
    const file = openMediaFile(path);
    const audio = await collectSound(await openSound(file, () => {}), 2 ** 31);
    file.close();
    const wanted = ffmpegDecode(path, 2).map((samples) => new Float32Array(samples));
    t.equal(audio.frames, 8820, codec);
    t.ok(
      audio.data.every((samples, c) => samples.every((x, i) => x === wanted[c]![i])),
      `${codec} is bit-exact`,
    );
  }
});
