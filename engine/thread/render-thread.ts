import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { SharingTrial } from '../render/sharing-trial.ts';
import { TaskHelper } from '../render/task-helper.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import type { TaskImage } from '../render/task-image.ts';
import type { AdoptLetter, Letter, RenderThreadData, SeatedTask, ThreadNote } from './letter.ts';
import { RENDER_PRIORITY, raisePriority, threadId } from './priority.ts';
import { TaskCounters } from './task-counters.ts';
import { LINE, type ThreadLine } from './thread-line.ts';
import { Wake } from './wake.ts';

/*
 * A render thread: a worker that renders its tasks whenever the device asks, and looks into its mailbox between requests.
 * It never returns to its event loop; while it renders it neither posts nor receives. Until it is given a place it stands
 * by, so that another one can be replaced at once.
 */
interface Entry {
  task: string;
  slot: number;
  renderer: TaskRenderer;
  counters: TaskCounters;
  /** Blocks that were passed over since the last one that was counted. */
  rested: number;
  /** It has a sink on the device, or sends to hardware there. */
  isHeard: boolean;
  /** This thread renders it in the request under way. */
  isOurs: boolean;
  /** What it threw in a block; it is dropped before the next one. */
  thrown: unknown;
  /** Where the task has branches: whether it is faster when others help. */
  trial: SharingTrial | undefined;
}

/** A task that another thread renders, and this one helps with. */
interface Help {
  task: string;
  slot: number;
  seat: number;
  helper: TaskHelper;
  counters: TaskCounters;
}

/** What a task may take of a block on this thread alone, to be tried that way though it is shared. */
const SAFE_ALONE = 0.7;
/** For so long, in ms or so, a thread that helps may leave a branch undone: what is stuck in it is ended much sooner. */
const PATIENCE_MS = 10_000;
/**
 * How long a thread that helps sleeps at once when there is nothing to do: short beside a block. Without it the thread
 * that it helps might never get a processor: threads of one real-time priority do not take it from each other.
 */
const NAP_MS = 0.2;

const { memory, port, standby } = workerData as RenderThreadData;
const wake = new Wake(memory);
const { blockFrames } = wake;
const periodMs = (blockFrames / wake.sampleRate) * 1000;
/** Of one block in an average of about a second. */
const blockWeight = periodMs / 1000;
/** How late the silence of a task in which everything sleeps may come into its streams. */
const REST_MS = 20;
const restFrames = Math.floor(REST_MS / periodMs) * blockFrames;
/** So many blocks that were passed over are counted together. */
const RESTED_BLOCKS = 8;
const NOTHING: Float32Array[] = [];
/** What one task gives to the device: it is added to the mix only when it is whole. */
const own = Array.from({ length: wake.channels }, () => new Float32Array(blockFrames));
let thread = -1;
let line!: ThreadLine;
let mixes: Float32Array[][] = [];
const inputs = Array.from({ length: wake.maxBlocks }, (_, block) => wake.inputOf(block));
let entries: Entry[] = [];
let helps: Help[] = [];
let isAnyThrown = false;

/** All tasks, all blocks of one request. [render] */
function render(generation: number): void {
  const began = performance.now();
  const blocks = wake.blocksAsked();
  const asked = wake.askedBlocks();
  countMissed(asked - blocks - line.askedBlocks, 0);
  line.askedBlocks = asked;
  for (let block = 0; block < blocks; block++) clear(mixes[block]!);
  line.begin(generation);
  let at = began;
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      entry.isOurs = entry.thrown === undefined && entry.counters.isOf(thread, generation);
      const isRested = entry.isOurs && entry.renderer.rest(blockFrames);
      if (isRested) rested(entry);
      else if (entry.isOurs) at = renderTask(entry, at, inputs[block]!);
      if (line.complete(generation) && entry.isOurs && entry.isHeard && !isRested) add(own, mixes[block]!);
      line.added();
    }
  line.set(LINE.slot, 0);
  for (let i = 0; i < entries.length; i++) entries[i]!.counters.handOver(thread, generation + 1);
  const blockMs = (performance.now() - began) / blocks;
  if (!wake.done(thread, generation, blockMs / periodMs, blockMs)) countMissed(blocks, line.completeWhenCut());
}

/** Does branches for other threads until they are done with the request, or there is another one. [render] */
function helpOthers(generation: number): void {
  for (let isBusy = helps.length > 0; isBusy; ) {
    isBusy = false;
    for (let i = 0; i < helps.length; i++) {
      if (wake.generation() !== generation || wake.isStopped() || wake.hasMail(thread)) return;
      const { helper, slot, seat, counters } = helps[i]!;
      const other = wake.lines[counters.owner]!;
      if (!helper.isOfUse || other.get(LINE.done) === generation || other.get(LINE.online) === 0) continue;
      isBusy = true;
      line.set(LINE.seat, seat);
      line.set(LINE.slot, slot);
      const isOfHelp = other.get(LINE.slot) === slot && helper.help();
      line.set(LINE.slot, 0);
      line.set(LINE.seat, 0);
      if (!isOfHelp) helper.sleep(NAP_MS);
    }
  }
}

/** One block of one task, which began at `at`; returns when it ended. [render] */
function renderTask(entry: Entry, at: number, input: Float32Array[]): number {
  line.set(LINE.slot, entry.slot);
  if (entry.isHeard) clear(own);
  const { trial } = entry;
  if (trial) entry.renderer.sharing.isShared = trial.isShared;
  try {
    entry.renderer.render(blockFrames, entry.isHeard ? own : NOTHING, input);
  } catch (thrown) {
    entry.thrown = thrown ?? new Error('nothing');
    isAnyThrown = true;
  }
  const now = performance.now();
  if (entry.rested > 0) entry.counters.countRested(entry.rested, blockWeight);
  entry.rested = 0;
  entry.counters.count(now - at, (now - at) / periodMs, blockWeight);
  trial?.count(blockFrames, now - at);
  return now;
}

/** One block of one task was passed over. [render] */
function rested(entry: Entry): void {
  entry.rested++;
  if (entry.rested < RESTED_BLOCKS) return;
  entry.counters.countRested(entry.rested, blockWeight);
  entry.rested = 0;
}

function clear(channels: Float32Array[]): void {
  for (let channel = 0; channel < channels.length; channel++) channels[channel]!.fill(0);
}

function add(from: Float32Array[], to: Float32Array[]): void {
  for (let channel = 0; channel < to.length; channel++) {
    const [source, sum] = [from[channel]!, to[channel]!];
    for (let i = 0; i < blockFrames; i++) sum[i] = sum[i]! + source[i]!;
  }
}

/** Of `blocks` blocks, each of all tasks in turn, only the first `complete` were in time. [render] */
function countMissed(blocks: number, complete: number): void {
  if (blocks <= 0) return;
  const tasks = entries.length;
  for (let i = 0; i < tasks; i++) {
    const inTime = Math.ceil(Math.max(0, complete - i) / tasks);
    if (entries[i]!.isOurs) entries[i]!.counters.miss(blocks - inTime);
  }
}

function tell(note: ThreadNote): void {
  port.postMessage(note);
}

function drop(task: string, doing: string, thrown: unknown): void {
  const slot = entries.find((entry) => entry.task === task)?.slot ?? 0;
  leave(task);
  tell({ type: 'failed', task, slot, doing, message: thrown instanceof Error ? thrown.message : String(thrown) });
}

function leave(task: string): void {
  entries = entries.filter((entry) => entry.task !== task);
  helps = helps.filter((help) => help.task !== task);
}

function take({ task, slot, seat, image, counters }: SeatedTask): void {
  if (seat > 0) {
    const helper = new TaskHelper(image, seat);
    leave(task);
    helps = [...helps, { task, slot, seat, helper, counters: new TaskCounters(counters) }];
    return;
  }
  const renderer = new TaskRenderer(image);
  renderer.sharing.patienceMs = PATIENCE_MS;
  renderer.restFrames = restFrames;
  const isHeard = usesDevice(image);
  const entry: Entry = {
    task,
    slot,
    renderer,
    counters: new TaskCounters(counters),
    isHeard,
    isOurs: true,
    rested: 0,
    thrown: undefined,
    trial: trialOf(image),
  };
  leave(task);
  entries = [...entries, entry];
}

const usesDevice = ({ sinks, hardware }: TaskImage): boolean =>
  hardware.length > 0 || sinks.some(({ kind }) => kind === 'device');

function trialOf({ branches }: TaskImage, before?: SharingTrial): SharingTrial | undefined {
  return branches ? (before ?? new SharingTrial((SAFE_ALONE * 1000) / wake.sampleRate)) : undefined;
}

function act(letter: Letter): void {
  if (letter.type === 'add') take(letter);
  else if (letter.type === 'remove') leave(letter.task);
  else update(letter);
}

function update({ task, image, isAlwaysShared }: Extract<Letter, { type: 'update' }>): void {
  helps.find((help) => help.task === task)?.helper.update(image);
  const present = entries.find((entry) => entry.task === task);
  if (!present) return;
  present.renderer.update(image);
  present.isHeard = usesDevice(image);
  present.renderer.sharing.isShared = true;
  present.trial = isAlwaysShared ? undefined : trialOf(image, present.trial);
  // shared tasks come last: by then the other threads are through with theirs
  if (image.branches) entries = [...entries.filter((entry) => entry !== present), present];
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

/** Takes the place of a thread that was ended, perhaps inside a block: that block is finished but for what it was stuck in. */
function adopt({ thread: place, tasks }: AdoptLetter): void {
  thread = place;
  line = wake.lines[thread]!;
  mixes = Array.from({ length: wake.maxBlocks }, (_, block) => wake.mixOf(thread, block));
  line.set(LINE.tid, threadId());
  for (const task of tasks) {
    try {
      take(task);
    } catch (thrown) {
      drop(task.task, 'adopt', thrown);
    }
  }
  const slot = line.get(LINE.slot);
  if (slot === 0) return;
  if (line.get(LINE.seat) > 0) {
    finishHelp(slot);
    return;
  }
  const generation = line.get(LINE.begun);
  for (const entry of entries) entry.isOurs = entry.counters.isOf(thread, generation);
  countMissed(wake.blocksAsked(), line.completeWhenCut());
  const stuck = entries.find((entry) => entry.slot === slot);
  let instance: string | undefined;
  if (stuck) {
    try {
      instance = stuck.renderer.resume(own);
      if (instance === undefined) throw new Error('its thread was stuck outside its instances');
    } catch (thrown) {
      drop(stuck.task, 'render', thrown);
    }
  }
  line.set(LINE.slot, 0);
  tell({ type: 'adopted', task: stuck?.task, instance });
}

/** Finishes the branch in which the thread before this one was ended. */
function finishHelp(slot: number): void {
  const help = helps.find((one) => one.slot === slot);
  let instance: string | undefined;
  try {
    instance = help?.helper.resume();
  } catch (thrown) {
    if (help) drop(help.task, 'help with', thrown);
  }
  line.set(LINE.slot, 0);
  line.set(LINE.seat, 0);
  tell({ type: 'adopted', task: help?.task, instance });
}

/** Waits for a place; undefined at the end. */
function standBy(): AdoptLetter | undefined {
  const place = new Int32Array(standby);
  while (!wake.isStopped()) {
    if (Atomics.load(place, 0) !== 0) {
      const received = receiveMessageOnPort(port) as { message: AdoptLetter } | undefined;
      if (received) return received.message;
    }
    Atomics.wait(place, 0, 0, 500);
  }
  return undefined;
}

tell({ type: 'up', scheduling: raisePriority(RENDER_PRIORITY), tid: threadId() });
const letter = standBy();
if (letter) {
  adopt(letter);
  const asked = wake.askedBlocks();
  countMissed(asked - line.askedBlocks, 0);
  line.askedBlocks = asked;
  let seen = wake.join(thread);
  while (!wake.isStopped()) {
    const generation = wake.sleep(seen);
    if (generation !== seen) {
      seen = generation;
      render(generation);
      if (helps.length > 0) helpOthers(generation);
    } else if (wake.isIdle) {
      // nobody asks, so nothing is missed between the two threads
      for (const { counters } of entries) counters.handOver(thread, seen + 1);
    }
    if (isAnyThrown) {
      isAnyThrown = false;
      for (const { task, thrown } of entries) if (thrown !== undefined) drop(task, 'render', thrown);
    }
    takeMail();
  }
}
port.close();
