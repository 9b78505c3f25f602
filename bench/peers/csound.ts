import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether csound is installed. */
export async function hasCsound(): Promise<boolean> {
  return run('csound', ['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * Renders an orchestra and score with csound, mono f32 at 48 kHz in blocks of 128; returns seconds of the whole process
 * and the samples.
 */
export async function renderCsound(
  orchestra: string,
  score: string,
): Promise<{ seconds: number; samples: Float32Array }> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-bench-'));
  try {
    const csd = join(folder, 'score.csd');
    const out = join(folder, 'out.raw');
    writeFileSync(
      csd,
      `<CsoundSynthesizer>\n<CsInstruments>\nsr = 48000\nksmps = 128\nnchnls = 1\n0dbfs = 1\n${orchestra}\n</CsInstruments>\n<CsScore>\n${score}\n</CsScore>\n</CsoundSynthesizer>\n`,
    );
    const begun = performance.now();
    await run('csound', ['-d', '-m0', '-f', '-h', '-o', out, csd]);
    const seconds = (performance.now() - begun) / 1000;
    const raw = readFileSync(out);
    return { seconds, samples: new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~3))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
