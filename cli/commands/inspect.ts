import type { MediaFacts } from '@audiocloud/api';
import { Command } from 'commander';
import { lookedInto } from '../waveform/looked-into.ts';

/** `audiocloud inspect`: what a file of sound is. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Decodes files of sound and says what they are: format, exact length, loudness, tags.')
    .argument('<file...>', 'files of any format that is read')
    .option('--json', 'print a line of JSON for each')
    .addHelpText('after', '\nExample:\n  audiocloud inspect drums.wav voice.m4a\n\nFormats: docs/media-formats.md')
    .action(async (files: string[], { json }: { json?: boolean }) => {
      for (const file of files) {
        const { facts } = await lookedInto(file);
        console.log(json ? JSON.stringify({ file, ...facts }) : factsText(file, facts));
      }
    });
}

const number = (value: number | undefined, unit: string): string[] =>
  value === undefined ? [] : [`${value.toFixed(1)} ${unit}`];

function factsText(file: string, facts: MediaFacts): string {
  const { container, codec, sampleRate, channels, frames, bitDepth, isLossy, loudness, tags, hasVideo } = facts;
  const coding = [codec, ...(bitDepth ? [`${bitDepth} bits`] : []), isLossy ? 'lossy' : 'lossless'].join(', ');
  const lines = [
    `${file}: ${container}, ${coding}${hasVideo ? ', with pictures' : ''}`,
    `  ${(frames / sampleRate).toFixed(3)} s, ${frames} frames, ${channels} channels, ${sampleRate} Hz`,
    `  ${
      [
        ...number(loudness.integratedLufs, 'LUFS'),
        ...number(loudness.rangeLu, 'LU range'),
        ...number(loudness.truePeakDb, 'dBTP'),
        ...number(loudness.samplePeakDb, 'dBFS peak'),
      ].join(', ') || 'silent'
    }`,
    ...Object.entries(tags).map(([name, value]) => `  ${name}: ${value}`),
  ];
  return lines.join('\n');
}
