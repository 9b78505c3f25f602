import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A small plugin that exists to be measured: mono in, mono out, one parameter `x`. */
export interface ProbePackage {
  /** Of its model. */
  id: string;
  kernel: 'empty' | 'trap' | 'wedge' | 'large';
  /** Kernel `large`: how many functions of about 1 KiB. */
  bodies?: number;
}

const WRITER = fileURLToPath(new URL('write-package.ts', import.meta.url));

/** A folder of probe packages, to be removed by `remove`. */
export class ProbePackages {
  readonly folder = mkdtempSync(join(tmpdir(), 'audiocloud-probe-'));

  /** Writes one package; returns its folder. */
  write(name: string, probe: ProbePackage): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    execFileSync(process.execPath, [WRITER, JSON.stringify({ ...probe, folder })], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return folder;
  }

  /** The same module as another package, under another id: a task gives it a memory of its own. */
  copy(from: string, name: string, id: string): void {
    const folder = join(this.folder, name);
    cpSync(from, folder, { recursive: true });
    const file = join(folder, 'audiocloud.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { models: { id: string }[] };
    manifest.models[0]!.id = id;
    writeFileSync(file, JSON.stringify(manifest));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
