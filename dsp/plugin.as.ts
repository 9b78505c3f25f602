/**
 * The exports of the ABI over the kernels of one plugin. The plugin's entry file exports all of this file and defines
 * `serve`, the list of its models: see `plugins/index.as.ts`.
 */
import {
  ac_event_all,
  ac_event_capacity,
  ac_event_size,
  ac_status_continue,
  ac_status_sleep,
  ac_status_tail,
  Event,
} from './abi.as';
import { allocate } from './allocation.as';
import { allBits, begin, end, finish, Instance } from './instance.as';
import { LANE_FRAMES, Lanes, LANES_BYTES } from './lanes.as';
import { STRIDE } from './parameter.as';

export * from './abi.as';

// What is asked of a kernel. A constant wherever it is used, so that of `model` only the branch meant remains.
const CREATE: i32 = 0;
const ACTIVATE: i32 = 1;
const LATENCY: i32 = 2;
const TAIL: i32 = 3;
const RESET: i32 = 4;
const PROCESS: i32 = 5;
const PROCESS_MANY: i32 = 6;

const STATE_VERSION: u32 = 1;

/** One line of `serve`: does with the kernel K what `call` says. */
@inline export function model<K>(call: i32, at: usize, argument: u32, count: u32): i32 {
  if (call == CREATE) return create<K>(argument);
  if (call == ACTIVATE) return activate<K>(at);
  if (call == LATENCY) return latency<K>(at);
  if (call == TAIL) return tail<K>(at);
  if (call == RESET) return reset<K>(at);
  if (call == PROCESS_MANY) return processMany<K>(at, count, argument);
  return process<K>(at, argument);
}

function create<K>(index: u32): i32 {
  const at = allocate(offsetof<K>());
  begin(changetype<Instance>(at), index);
  changetype<K>(at).create();
  finish(changetype<Instance>(at));
  return <i32>at;
}

function activate<K>(at: usize): i32 {
  if (isDefined(changetype<K>(at).lanesNeeded)) changetype<Instance>(at).lanes = changetype<Instance>(at).allocate(LANES_BYTES);
  if (isDefined(changetype<K>(at).activate)) changetype<K>(at).activate();
  return reset<K>(at);
}

function latency<K>(at: usize): i32 {
  if (isDefined(changetype<K>(at).latencyFrames)) return changetype<K>(at).latencyFrames();
  return 0;
}

function tail<K>(at: usize): i32 {
  if (isDefined(changetype<K>(at).tailFrames)) return changetype<K>(at).tailFrames();
  return 0;
}

function reset<K>(at: usize): i32 {
  const instance = changetype<Instance>(at);
  for (let i: u32 = 0; i < instance.valueCount; i++) instance.value(i).settle();
  instance.strideLeft = 0;
  instance.silentFrames = 0;
  instance.strides = 0;
  instance.silentOut = 0;
  if (isDefined(changetype<K>(at).reset)) changetype<K>(at).reset();
  changetype<K>(at).update(0);
  return 0;
}

/** One block: runs of frames between its events. */
function process<K>(at: usize, frames: u32): i32 {
  const instance = changetype<Instance>(at);
  const isSteady = isStill(instance);
  const isSilent = hasSilentInput<K>(at);
  // not before it stands still: a sleeping instance would stop on its way
  if (isSilent && isSteady && hasEnded<K>(at)) return sleep(instance);
  let from: u32 = 0;
  let address = instance.events;
  const end = address + <usize>ac_event_capacity * <usize>ac_event_size;
  for (let left = instance.eventCount; left && address < end; left--) {
    const event = changetype<Event>(address);
    const frame = min(event.frame, frames);
    if (frame > from) {
      run<K>(at, from, frame);
      from = frame;
    }
    if (!instance.take(event)) {
      if (isDefined(changetype<K>(at).event)) changetype<K>(at).event(event);
    }
    address += max<u32>(event.size, ac_event_size) & ~7;
  }
  if (frames > from) run<K>(at, from, frames);
  return finishBlock<K>(at, frames, isSteady, isSilent);
}

/**
 * One block of several instances of K. Those that stand still share vectors of four lanes; each of the others is
 * rendered as if alone. What an instance is, is changed only when it is finished, and then its status is written: so a
 * host can go on with those that a trap left unfinished.
 */
function processMany<K>(list: usize, count: u32, frames: u32): i32 {
  let lanes = changetype<Lanes>(0);
  let key: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = load<usize>(list + (<usize>i << 2));
    if (isDefined(changetype<K>(at).lanesNeeded)) {
      const instance = changetype<Instance>(at);
      const units = changetype<K>(at).lanesNeeded();
      if (isStill(instance) && units && units <= 4 && !(hasSilentInput<K>(at) && hasEnded<K>(at))) {
        const own = laneKey<K>(at);
        if (changetype<usize>(lanes) && (own != key || lanes.count + units > 4)) {
          renderLanes<K>(lanes, 0, frames);
          finishLanes<K>(lanes, frames);
          lanes = changetype<Lanes>(0);
        }
        if (!changetype<usize>(lanes)) {
          lanes = changetype<Lanes>(instance.lanes);
          lanes.clear();
          key = own;
        }
        for (let unit: u32 = 0; unit < units; unit++) lanes.push(at, unit);
        continue;
      }
    }
    process<K>(at, frames);
  }
  if (isDefined(changetype<K>(list).lanesNeeded)) {
    if (changetype<usize>(lanes)) {
      renderLanes<K>(lanes, 0, frames);
      finishLanes<K>(lanes, frames);
    }
  }
  return 0;
}

/** Instances with another key never share a vector. */
@inline function laneKey<K>(at: usize): u64 {
  if (isDefined(changetype<K>(at).laneKey)) return changetype<K>(at).laneKey();
  return 0;
}

/** Renders filled lanes, in pieces that fit their data. */
function renderLanes<K>(lanes: Lanes, from: u32, to: u32): void {
  lanes.close();
  while (from < to) {
    const end = min(to, from + LANE_FRAMES);
    renderPiece<K>(lanes, from, end);
    from = end;
  }
}

@inline function renderPiece<K>(lanes: Lanes, from: u32, to: u32): void {
  const kernel = changetype<K>(lanes.instance(0));
  if (lanes.count == 1) kernel.renderLanes<f32>(lanes, from, to);
  else kernel.renderLanes<v128>(lanes, from, to);
}

/** Finishes every instance that has lanes here. */
function finishLanes<K>(lanes: Lanes, frames: u32): void {
  let before: usize = 0;
  for (let lane: u32 = 0, count = lanes.count; lane < count; lane++) {
    const at = lanes.instance(lane);
    if (at != before) finishBlock<K>(at, frames, true, hasSilentInput<K>(at));
    before = at;
  }
}

function finishBlock<K>(at: usize, frames: u32, isSteady: bool, isSilent: bool): i32 {
  const instance = changetype<Instance>(at);
  if (isDefined(changetype<K>(at).finishBlock)) changetype<K>(at).finishBlock(frames);
  instance.silentOut = 0;
  if (isDefined(changetype<K>(at).isMute)) {
    if (isSteady && changetype<K>(at).isMute()) instance.silentOut = allBits(instance.outputChannels);
  }
  const silent = isSilent ? instance.silentFrames + frames : 0;
  instance.silentFrames = silent > 0x40000000 ? 0x40000000 : silent;
  return answer(instance, isSilent ? ac_status_tail : ac_status_continue);
}

/** Neither an event nor a value on its way: the whole block is rendered with the same coefficients. */
@inline function isStill(instance: Instance): bool {
  return !instance.eventCount && !instance.isMoving;
}

/** What has no inputs is silent when it says so: an instrument between notes. */
@inline function hasSilentInput<K>(at: usize): bool {
  const instance = changetype<Instance>(at);
  if (instance.inputChannels == 0) return isDefined(changetype<K>(at).isQuiet);
  return instance.isInputSilent;
}

@inline function sleep(instance: Instance): i32 {
  instance.silentOut = 0;
  return answer(instance, ac_status_sleep);
}

function answer(instance: Instance, status: i32): i32 {
  instance.eventCount = 0;
  instance.status = status;
  return status;
}

/** Would silence at the inputs give nothing more? */
function hasEnded<K>(at: usize): bool {
  if (isDefined(changetype<K>(at).isQuiet)) return changetype<K>(at).isQuiet();
  return <i32>changetype<Instance>(at).silentFrames >= tail<K>(at);
}

/** Frames without an event: cut at strides while something moves. */
function run<K>(at: usize, from: u32, to: u32): void {
  const instance = changetype<Instance>(at);
  while (from < to) {
    let end = to;
    if (instance.strideLeft == 0 && instance.strides) {
      instance.advance();
      instance.strideLeft = STRIDE;
      changetype<K>(at).update(STRIDE);
    }
    if (instance.strideLeft) {
      end = min(to, from + instance.strideLeft);
      render<K>(at, from, end);
      instance.strideLeft -= end - from;
    } else {
      render<K>(at, from, end);
    }
    from = end;
  }
}

/** Frames in which coefficients stand still or move straight; a kernel in lanes renders up to four of its own at once. */
@inline function render<K>(at: usize, from: u32, to: u32): void {
  if (isDefined(changetype<K>(at).lanesNeeded)) renderOwnLanes<K>(at, from, to);
  else changetype<K>(at).render(from, to);
}

function renderOwnLanes<K>(at: usize, from: u32, to: u32): void {
  const lanes = changetype<Lanes>(changetype<Instance>(at).lanes);
  const units = changetype<K>(at).lanesNeeded();
  while (from < to) {
    const end = min(to, from + LANE_FRAMES);
    for (let unit: u32 = 0; unit < units; ) {
      lanes.clear();
      for (const last = min(units, unit + 4); unit < last; unit++) lanes.push(at, unit);
      lanes.close();
      renderPiece<K>(lanes, from, end);
    }
    from = end;
  }
}

// the exports: what each promises is said in docs/plugin-abi.md

export function ac_create(index: i32, seed: i64): i32 {
  const at = serve(index, CREATE, 0, <u32>index, 0);
  if (at > 0) changetype<Instance>(at).seed = <u64>seed;
  return at;
}

export function ac_parameter(at: usize, id: i32, index: i32, value: f64): i32 {
  const instance = changetype<Instance>(at);
  if (<u32>id >= instance.parameterCount || value != value) return -1;
  if (index != ac_event_all && <u32>index >= instance.countOf(id)) return -1;
  instance.setAll(id, index, value);
  return 0;
}

export function ac_media(at: usize, slot: i32, address: usize, frames: i32, channels: i32, sampleRate: f64): i32 {
  const instance = changetype<Instance>(at);
  if (<u32>slot >= instance.mediaCount || instance.maxFrames) return -1;
  const media = instance.mediaOf(slot);
  media.address = frames > 0 && channels > 0 ? address : 0;
  media.frames = media.address ? frames : 0;
  media.channels = media.address ? channels : 0;
  media.sampleRate = sampleRate;
  return 0;
}

export function ac_activate(at: usize, sampleRate: f64, maxFrames: i32): i32 {
  const instance = changetype<Instance>(at);
  if (instance.maxFrames || !(sampleRate >= 8000 && sampleRate <= 768000) || maxFrames < 1 || maxFrames > 65536) return -1;
  if (!instance.connect(sampleRate, maxFrames)) return -2;
  return serve(instance.model, ACTIVATE, at, 0, 0);
}

export function ac_latency(at: usize): i32 {
  return serve(changetype<Instance>(at).model, LATENCY, at, 0, 0);
}

export function ac_tail(at: usize): i32 {
  return serve(changetype<Instance>(at).model, TAIL, at, 0, 0);
}

export function ac_reset(at: usize): void {
  serve(changetype<Instance>(at).model, RESET, at, 0, 0);
}

export function ac_process(at: usize, frames: i32): i32 {
  return serve(changetype<Instance>(at).model, PROCESS, at, frames, 0);
}

export function ac_process_many(list: usize, count: i32, frames: i32): void {
  if (count > 0) serve(changetype<Instance>(load<usize>(list)).model, PROCESS_MANY, list, frames, count);
}

export function ac_deactivate(at: usize): void {
  changetype<Instance>(at).release();
}

export function ac_destroy(at: usize): void {
  end(changetype<Instance>(at));
}

export function ac_state_save(at: usize): i32 {
  const instance = changetype<Instance>(at);
  store<u32>(instance.state, STATE_VERSION);
  store<u32>(instance.state + 4, instance.valueCount);
  for (let i: u32 = 0; i < instance.valueCount; i++) store<f64>(instance.state + 8 + (<usize>i << 3), instance.value(i).plain);
  return 8 + <i32>(instance.valueCount << 3);
}

export function ac_state_load(at: usize, bytes: i32): i32 {
  const instance = changetype<Instance>(at);
  if (instance.maxFrames || bytes < 8 || load<u32>(instance.state) != STATE_VERSION) return -1;
  const count = load<u32>(instance.state + 4);
  if (count != instance.valueCount || <u32>bytes != 8 + (count << 3)) return -2;
  for (let i: u32 = 0; i < count; i++) instance.value(i).set(load<f64>(instance.state + 8 + (<usize>i << 3)));
  return 0;
}

export function ac_alloc(bytes: i32): usize {
  return allocate(bytes);
}

export function ac_free(address: usize): void {
  if (address) heap.free(address);
}
