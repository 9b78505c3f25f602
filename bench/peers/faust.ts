import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOfRun, inTemporaryFolder, type Peer, planar, type Rendered, run } from './peer.ts';

/** Faust's C++ through g++ -O3 -march=native -ffast-math, in a frame of our own (faust-main.cpp). */
export const faust: Peer = {
  name: 'faust',
  from: 'faust, g++',
  isProcess: false,
  version: async () => {
    await run('g++', ['--version']);
    return /Version ([\d.]+)/.exec((await run('faust', ['--version'])).stdout)![1]!;
  },
};

const FRAME = fileURLToPath(new URL('faust-main.cpp', import.meta.url));
const programs = new Map<string, Promise<string>>();

/** Compiles a Faust program, once in a run. */
function compile(source: string): Promise<string> {
  let program = programs.get(source);
  if (!program) {
    const base = join(folderOfRun(), `faust-${programs.size}`);
    program = (async () => {
      writeFileSync(`${base}.dsp`, source);
      await run('faust', ['-lang', 'cpp', '-a', FRAME, '-o', `${base}.cpp`, `${base}.dsp`]);
      await run('g++', ['-O3', '-march=native', '-ffast-math', '-std=c++17', '-o', base, `${base}.cpp`]);
      return base;
    })();
    programs.set(source, program);
  }
  return program;
}

export interface FaustRun {
  /** The program; every control has a name of its own. */
  source: string;
  /** Values of the controls, one entry for each instance; all instances are mixed. */
  instances: Record<string, number>[];
  lengthSeconds: number;
  channels: number;
  /** What programs with an input get: planar, played again from its start when it is over. */
  input?: Float32Array[];
}

/** Renders at 48 kHz in blocks of 128; the time is that of the block loop alone. */
export async function renderFaust({ source, instances, lengthSeconds, channels, input }: FaustRun): Promise<Rendered> {
  const program = await compile(source);
  return inTemporaryFolder(async (temporary) => {
    const [values, out, sound] = ['values', 'out.raw', 'in.raw'].map((name) => join(temporary, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(
      values,
      instances
        .flatMap((controls, i) => Object.entries(controls).map(([name, value]) => `${i} ${name} ${value}\n`))
        .join(''),
    );
    const planes = input ?? [];
    writeFileSync(sound, Buffer.concat(planes.map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer))));
    const frames = Math.round(lengthSeconds * 48000);
    const args = [frames, channels, instances.length, values, out, sound, planes.length].map(String);
    const { stdout } = await run(program, args);
    return { seconds: Number(stdout), channels: planar(readFileSync(out), channels) };
  });
}
