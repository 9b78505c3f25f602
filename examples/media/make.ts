// Renders the example's music and writes it beside this file: node examples/media/make.ts
import { writeFile } from 'node:fs/promises';
import { encodeFlac } from './flac-encoder.ts';
import { SAMPLE_RATE } from './score.ts';
import { renderTracks } from './tracks.ts';

for (const { name, channels } of renderTracks()) {
  const file = await encodeFlac(channels, SAMPLE_RATE);
  await writeFile(new URL(`./${name}.flac`, import.meta.url), file);
  const frames = channels[0]!.length;
  console.log(
    `${name}.flac  ${channels.length} x ${frames} frames  ${file.length} bytes  ${((100 * file.length) / (frames * channels.length * 2)).toFixed(0)} %`,
  );
}
