import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** Another engine. */
export interface Peer {
  name: string;
  /** Package that brings it. */
  from: string;
  /** True when `seconds` of what it renders is that of a whole process, its start included. */
  isProcess: boolean;
  /** As it says itself; rejects when it is not installed. */
  version(): Promise<string>;
}

/** By name: version, or null for a peer that is not installed. */
export type PeerVersions = Record<string, string | null>;

/** What a peer rendered: planar, 48 kHz. */
export interface Rendered {
  seconds: number;
  channels: Float32Array[];
}

let ofRun: string | undefined;

/** The folder for what is compiled once in a run; removed when the process ends. */
export function folderOfRun(): string {
  if (!ofRun) {
    const made = mkdtempSync(join(tmpdir(), 'audiocloud-bench-run-'));
    ofRun = made;
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  }
  return ofRun;
}

/** Runs `act` with a folder that is removed behind it. */
export async function inTemporaryFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-bench-'));
  try {
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Planar channels of interleaved f32 samples. */
export function planar(bytes: Buffer, channels: number): Float32Array[] {
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  const frames = Math.floor(samples.length / channels);
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, frame) => samples[frame * channels + channel]!),
  );
}
