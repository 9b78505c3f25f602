// Renders the examples' music, and the impulse response of a hall, and writes them beside this file: node examples/media/make.ts
import { writeFile } from 'node:fs/promises';
import { encodeFlac } from './flac-encoder.ts';
import { renderHall } from './hall.ts';
import { SAMPLE_RATE } from './score.ts';
import { renderTracks } from './tracks.ts';

for (const { name, channels } of [...renderTracks(), renderHall()]) {
  const file = await encodeFlac(channels, SAMPLE_RATE);
  await writeFile(new URL(`./${name}.flac`, import.meta.url), file);
  const frames = channels[0]!.length;
  console.log(
    `${name}.flac  ${channels.length} x ${frames} frames  ${file.length} bytes  ${((100 * file.length) / (frames * channels.length * 2)).toFixed(0)} %`,
  );
}
