import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder, type Peer, planar, type Rendered, run } from './peer.ts';

export const csound: Peer = {
  name: 'csound',
  from: 'csound',
  isProcess: true,
  version: async () => /version ([\d.]+)/.exec((await run('csound', ['--version'])).stderr)![1]!,
};

/** Renders an orchestra and score with csound, f32 at 48 kHz in blocks of 128. The time is that of the whole process. */
export function renderCsound(orchestra: string, score: string, channels = 1): Promise<Rendered> {
  return inTemporaryFolder(async (folder) => {
    const csd = join(folder, 'score.csd');
    const out = join(folder, 'out.raw');
    writeFileSync(
      csd,
      `<CsoundSynthesizer>\n<CsInstruments>\nsr = 48000\nksmps = 128\nnchnls = ${channels}\n0dbfs = 1\n${orchestra}\n</CsInstruments>\n<CsScore>\n${score}\n</CsScore>\n</CsoundSynthesizer>\n`,
    );
    const begun = performance.now();
    await run('csound', ['-d', '-m0', '-f', '-h', '-o', out, csd]);
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, channels: planar(readFileSync(out), channels) };
  });
}
