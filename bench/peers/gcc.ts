import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOfRun, inTemporaryFolder, type Peer, type Rendered, run } from './peer.ts';

/** The algorithms of stock models in plain C (kernels/*.c) through gcc -O2, in a frame of our own (kernels/main.c). */
export const gcc: Peer = {
  name: 'gcc',
  from: 'gcc',
  isProcess: false,
  version: async () => (await run('gcc', ['-dumpfullversion'])).stdout.trim(),
};

const SOURCES = fileURLToPath(new URL('kernels/', import.meta.url));
const programs = new Map<string, Promise<string>>();

/** Compiles a kernel, once in a run. */
function compile(name: string): Promise<string> {
  let program = programs.get(name);
  if (!program) {
    const out = join(folderOfRun(), `kernel-${name}`);
    const sources = ['main.c', `${name}.c`].map((file) => join(SOURCES, file));
    program = run('gcc', ['-O2', '-o', out, ...sources, '-lm']).then(() => out);
    programs.set(name, program);
  }
  return program;
}

export interface KernelRun {
  /** Name of the file in kernels/. */
  name: string;
  channels: number;
  /** How many of them, one after the other. */
  instances: number;
  /** For every channel of every instance, a multiple of 128 frames. */
  input: Float32Array[];
}

/** What a new kernel makes of its input. */
export function renderKernel(kernel: KernelRun): Promise<Rendered> {
  return inTemporaryFolder(async (temporary) => {
    const out = join(temporary, 'out.raw');
    const seconds = await runKernel(kernel, 1, temporary, out);
    const bytes = readFileSync(out);
    const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const frames = samples.length / kernel.input.length;
    return { seconds, channels: kernel.input.map((_, c) => samples.subarray(c * frames, (c + 1) * frames)) };
  });
}

/** Seconds of so many passes over the input, those of the block loop alone. */
export function timeKernel(kernel: KernelRun, passes: number): Promise<number> {
  return inTemporaryFolder((temporary) => runKernel(kernel, passes, temporary, '-'));
}

async function runKernel(kernel: KernelRun, passes: number, temporary: string, out: string): Promise<number> {
  const { name, channels, instances, input } = kernel;
  const program = await compile(name);
  const sound = join(temporary, 'in.raw');
  writeFileSync(sound, Buffer.concat(input.map((p) => new Uint8Array(p.buffer, p.byteOffset, p.byteLength))));
  return Number((await run(program, [...[channels, instances, passes].map(String), sound, out])).stdout);
}
