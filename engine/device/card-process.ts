import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CardNote } from './web-audio-process.ts';

export interface CardOptions {
  sampleRate: number;
  channels: number;
  /** Frames of a buffer; 0: only say what there is. */
  frames: number;
  inputs: number;
}

/** Longest silence of a card process that lives, and before its first word: on a busy machine a start takes seconds. */
const SILENT_MS = 3000;
const START_MS = 20_000;

/** The process that holds a sound card, seen from outside; it is killed when it falls silent. [control] */
export class CardProcess {
  private readonly child: ChildProcess;
  private watchdog: NodeJS.Timeout;

  /** onNote: what it says; `lost` once at the end, whatever ended it, unless `end` was called. */
  constructor({ sampleRate, channels, frames, inputs }: CardOptions, onNote: (note: CardNote) => void) {
    const entry = fileURLToPath(new URL(`./web-audio-process${import.meta.url.slice(-3)}`, import.meta.url));
    this.child = spawn(process.execPath, [entry, ...[sampleRate, channels, frames, inputs].map(String)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const watch = (ms: number) => setTimeout(() => this.child.kill('SIGKILL'), ms);
    this.watchdog = watch(START_MS);
    let isUp = false;
    let why = '';
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      if (isUp) this.watchdog.refresh();
      else {
        clearTimeout(this.watchdog);
        this.watchdog = watch(SILENT_MS);
        isUp = true;
      }
      const note = JSON.parse(line) as CardNote;
      if ('lost' in note) why = note.lost;
      else onNote(note);
    });
    this.child.stdin!.on('error', () => {}); // it ended: its exit says so
    this.child.on('error', (error) => {
      why = error.message;
    });
    this.child.on('close', (code, signal) => {
      clearTimeout(this.watchdog);
      onNote({ lost: why || `its process ended with ${signal ?? `code ${code}`}` });
    });
  }

  /** Gives one buffer, planar; the bytes are taken before it returns or copied by the caller. */
  send(bytes: Uint8Array): void {
    this.child.stdin!.write(bytes);
  }

  /** Resolves when it has ended. */
  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL'); // native code that hangs on a lost card answers to nothing else; it keeps no state
    await ended;
  }
}
