import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { TaskRenderer } from '../render/task-renderer.ts';
import type { Letter, RenderThreadData, ThreadNote } from './letter.ts';
import { RENDER_PRIORITY, raisePriority } from './priority.ts';
import { Wake } from './wake.ts';

/*
 * A render thread: a worker that renders its tasks whenever the device asks, and looks into its mailbox between requests.
 * It never returns to its event loop; while it renders it neither posts nor receives.
 */
interface Entry {
  task: string;
  renderer: TaskRenderer;
  /** What it threw in a block; it is dropped before the next one. */
  thrown: unknown;
}

const { memory, thread } = workerData as RenderThreadData;
const port = parentPort!;
const wake = new Wake(memory);
const mixes = Array.from({ length: wake.maxBlocks }, (_, block) => wake.mixOf(thread, block));
const requestMs = (wake.blockFrames / wake.sampleRate) * 1000;
let entries: Entry[] = [];
let isAnyThrown = false;

/** All tasks, all blocks of one request. [render] */
function render(generation: number): void {
  const began = performance.now();
  const blocks = wake.blocksAsked();
  for (let block = 0; block < blocks; block++) {
    const mix = mixes[block]!;
    for (let channel = 0; channel < mix.length; channel++) mix[channel]!.fill(0);
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (entry.thrown !== undefined) continue;
      try {
        entry.renderer.render(wake.blockFrames, mix);
      } catch (thrown) {
        entry.thrown = thrown ?? new Error('nothing');
        isAnyThrown = true;
      }
    }
  }
  const blockMs = (performance.now() - began) / blocks;
  wake.done(thread, generation, blockMs / requestMs, blockMs);
}

function tell(note: ThreadNote): void {
  port.postMessage(note);
}

function drop(task: string, doing: string, thrown: unknown): void {
  entries = entries.filter((entry) => entry.task !== task);
  tell({ type: 'failed', task, doing, message: thrown instanceof Error ? thrown.message : String(thrown) });
}

function act(letter: Letter): void {
  const present = entries.find((entry) => entry.task === letter.task);
  if (letter.type === 'update' && present) present.renderer.update(letter.image);
  else if (letter.type === 'add') {
    const renderer = new TaskRenderer(letter.image);
    entries = [...entries.filter((entry) => entry !== present), { task: letter.task, renderer, thrown: undefined }];
  } else if (letter.type === 'remove') entries = entries.filter((entry) => entry !== present);
}

/** One letter at a time: making a renderer takes longer than a block may. */
function takeMail(): void {
  if (!wake.hasMail(thread)) return;
  const received = receiveMessageOnPort(port) as { message: Letter } | undefined;
  if (!received) return;
  const { message } = received;
  try {
    act(message);
  } catch (thrown) {
    drop(message.task, message.type, thrown);
  }
  wake.mailTaken(thread);
}

tell({ type: 'up', scheduling: raisePriority(RENDER_PRIORITY) });
let seen = wake.join(thread);
while (!wake.isStopped()) {
  const generation = wake.sleep(seen);
  if (generation !== seen) {
    seen = generation;
    render(generation);
  }
  if (isAnyThrown) {
    isAnyThrown = false;
    for (const { task, thrown } of entries) if (thrown !== undefined) drop(task, 'render', thrown);
  }
  takeMail();
}
port.close();
