import {
  ac_event_all,
  ac_event_capacity,
  ac_event_parameter,
  ac_event_ramp,
  ac_event_size,
  ac_layout_magic,
  ac_layout_size,
  Event,
  Layout,
} from './abi.as';
import { allocate, reallocate } from './allocation.as';
import { Jump, Parameter, STRIDE } from './parameter.as';

/** How many values one parameter has and where they begin in the table of values: 0 first u32 · 4 count u32 */
@final
@unmanaged
class Extent {
  first: u32;
  count: u32;
}

/** A sound that the host gave to a slot: 0 address · 4 frames u32 · 8 channels u32 · 12 unused · 16 sampleRate f64 */
@final
@unmanaged
export class Media {
  /** Of the first channel; 0 when nothing is there. The host's: to be read only, until the instance is destroyed. */
  address: usize;
  frames: u32;
  channels: u32;
  unused12: u32;
  sampleRate: f64;

  /** Address of a channel; beyond the last the last one again. */
  @inline channel(c: u32): usize {
    return this.address + (<usize>min(c, this.channels - 1) * <usize>((this.frames + 3) & ~3) << 2);
  }
}

/**
 * What every instance has behind its layout (96 bytes): the part of a kernel that is the same for all. A kernel is a
 * final class that extends this one; `dsp/README.md` lists the functions it offers, `dsp/plugin.as.ts` calls them.
 *
 *  96 sampleRate f64
 * 104 seed u64
 * 112 values usize (Parameter[valueCount]) · 116 valueCount u32 · 120 extents usize (Extent[parameterCount])
 * 124 parameterCount u32
 * 128 memory usize, the chain of what was given out for this activation
 * 132 strideLeft u32, frames until the next update, 0 when nothing moves
 * 136 silentFrames u32, since the inputs fell silent, saturating
 * 140 inputChannels u32 · 144 outputChannels u32
 * 148 strides u32, updates still to come: 2 while something moves, then 1
 * 152 lanes usize (Lanes), of kernels that render in lanes · 156 media usize (Media[mediaCount]) · 160 mediaCount u32 · 164 unused u32
 */
@unmanaged
export class Instance extends Layout {
  sampleRate: f64;
  seed: u64;
  values: usize;
  valueCount: u32;
  extents: usize;
  parameterCount: u32;
  memory: usize;
  strideLeft: u32;
  silentFrames: u32;
  inputChannels: u32;
  outputChannels: u32;
  strides: u32;
  lanes: usize;
  media: usize;
  mediaCount: u32;
  unused164: u32;

  // declarations, in `create` [control]

  /** An input port; ports have the order of the model. */
  input(channels: u32): void {
    this.inputWidths = reallocate(this.inputWidths, <usize>(this.inputPorts + 1) << 2);
    store<u32>(this.inputWidths + (<usize>this.inputPorts << 2), channels);
    this.inputPorts += 1;
  }

  /** An output port. */
  output(channels: u32): void {
    this.outputWidths = reallocate(this.outputWidths, <usize>(this.outputPorts + 1) << 2);
    store<u32>(this.outputWidths + (<usize>this.outputPorts << 2), channels);
    this.outputPorts += 1;
  }

  /** A parameter; parameters have the order of the model. `glideSeconds`: how long a new value takes to be reached. */
  parameter(minimum: f64, maximum: f64, initial: f64, domain: u32 = Jump, glideSeconds: f32 = 0, count: u32 = 1): void {
    const first = this.valueCount;
    const id = this.parameterCount;
    this.extents = reallocate(this.extents, <usize>(id + 1) * offsetof<Extent>());
    const extent = changetype<Extent>(this.extents + <usize>id * offsetof<Extent>());
    extent.first = first;
    extent.count = count;
    this.parameterCount = id + 1;
    this.valueCount = first + count;
    this.values = reallocate(this.values, <usize>this.valueCount * offsetof<Parameter>());
    for (let i: u32 = 0; i < count; i++) {
      const value = this.value(first + i);
      memory.fill(changetype<usize>(value), 0, offsetof<Parameter>());
      value.minimum = minimum;
      value.maximum = maximum;
      value.domain = domain;
      value.glideSeconds = glideSeconds;
      value.set(initial);
    }
  }

  /** Slots for media, in the order of the model: `count` of them. */
  mediaSlot(count: u32 = 1): void {
    this.media = reallocate(this.media, <usize>(this.mediaCount + count) * offsetof<Media>());
    memory.fill(this.media + <usize>this.mediaCount * offsetof<Media>(), 0, <usize>count * offsetof<Media>());
    this.mediaCount += count;
  }

  // access [any]

  /** What is in a slot, counted through all slots; its address is 0 when nothing is. */
  @inline mediaOf(slot: u32): Media {
    return changetype<Media>(this.media + <usize>slot * offsetof<Media>());
  }

  @inline value(index: u32): Parameter {
    return changetype<Parameter>(this.values + <usize>index * offsetof<Parameter>());
  }

  /** The value `index` of parameter `id`. */
  @inline of(id: u32, index: u32 = 0): Parameter {
    return this.value(this.firstOf(id) + index);
  }

  @inline firstOf(id: u32): u32 {
    return load<u32>(this.extents + <usize>id * offsetof<Extent>());
  }

  @inline countOf(id: u32): u32 {
    return load<u32>(this.extents + <usize>id * offsetof<Extent>() + 4);
  }

  @inline inputWidth(port: u32): u32 {
    return load<u32>(this.inputWidths + (<usize>port << 2));
  }

  @inline outputWidth(port: u32): u32 {
    return load<u32>(this.outputWidths + (<usize>port << 2));
  }

  /** Address of an input channel, counted through all ports. */
  @inline in(channel: u32): usize {
    return load<usize>(this.inputs + (<usize>channel << 2));
  }

  @inline out(channel: u32): usize {
    return load<usize>(this.outputs + (<usize>channel << 2));
  }

  @inline setReport(index: u32, value: f32): void {
    store<f32>(this.reports + (<usize>index << 2), value);
  }

  /** Are all inputs flagged silent? Beyond 32 channels nothing is known. [render] */
  @inline get isInputSilent(): bool {
    const n = this.inputChannels;
    return n <= 32 && this.silentIn == allBits(n);
  }

  // movement [render]

  @inline get isMoving(): bool {
    return (this.strideLeft | this.strides) != 0;
  }

  /** Takes a parameter event. @returns false when it is one of another kind */
  take(event: Event): bool {
    const type = <i32>event.type;
    if (type != ac_event_parameter && type != ac_event_ramp) return false;
    const id = event.id;
    if (id >= this.parameterCount) return true;
    let first = this.firstOf(id);
    let count = this.countOf(id);
    if (event.aux != <u32>ac_event_all) {
      if (event.aux >= count) return true;
      first += event.aux;
      count = 1;
    }
    for (let i: u32 = 0; i < count; i++) {
      const value = this.value(first + i);
      value.glideTo(event.value, type == ac_event_ramp && event.size >= 32 ? event.rampFrames : value.glide);
    }
    this.strides = 2;
    return true;
  }

  /** Every value goes on by one stride; after the last one there is another in which all stands still. */
  advance(): void {
    let left: u32 = 0;
    for (let i: u32 = 0; i < this.valueCount; i++) {
      const value = this.value(i);
      if (value.remaining) left |= value.advance();
    }
    this.strides = left ? 2 : this.strides - 1;
  }

  /** Asks for a further update, from `update`: something of the kernel's own is still on its way. */
  @inline keepMoving(): void {
    this.strides = 2;
  }

  /** Sets one value of a parameter, or all, at once. [control & !active] */
  setAll(id: u32, index: i32, value: f64): void {
    const first = this.firstOf(id);
    if (index != ac_event_all) this.value(first + index).set(value);
    else for (let i: u32 = 0; i < this.countOf(id); i++) this.value(first + i).set(value);
  }

  // memory [control, in `activate` only]

  /** Zeroed memory, 16-byte aligned, kept until deactivate; 0 when there is none left. */
  allocate(bytes: usize): usize {
    const block = allocate(bytes + 16);
    store<usize>(block, this.memory);
    this.memory = block;
    return block + 16;
  }

  /** One channel: padded to 4 frames. */
  allocateFrames(frames: u32): usize {
    return this.allocate(<usize>((frames + 3) & ~3) << 2);
  }

  /** Ports, buffers and times for an activation. @returns false when a width is not usable */
  connect(sampleRate: f64, maxFrames: u32): bool {
    const inputs = total(this.inputWidths, this.inputPorts);
    const outputs = total(this.outputWidths, this.outputPorts);
    if (inputs > 1024 || outputs > 1024) return false;
    this.sampleRate = sampleRate;
    this.maxFrames = maxFrames;
    this.inputChannels = inputs;
    this.outputChannels = outputs;
    this.inputs = this.allocate(<usize>inputs << 2);
    this.outputs = this.allocate(<usize>outputs << 2);
    for (let c: u32 = 0; c < inputs; c++) store<usize>(this.inputs + (<usize>c << 2), this.allocateFrames(maxFrames));
    for (let c: u32 = 0; c < outputs; c++) store<usize>(this.outputs + (<usize>c << 2), this.allocateFrames(maxFrames));
    for (let i: u32 = 0; i < this.valueCount; i++) {
      const value = this.value(i);
      value.glide = (<u32>Math.ceil(<f64>value.glideSeconds * sampleRate) + STRIDE - 1) & ~(STRIDE - 1);
    }
    return true;
  }

  /** Report values, zero at first; a kernel asks for all of them in its `activate`, when it knows its widths. */
  report(count: u32): void {
    this.reports = this.allocate(<usize>count << 2);
    this.reportCount = count;
  }

  release(): void {
    let block = this.memory;
    while (block) {
      const next = load<usize>(block);
      heap.free(block);
      block = next;
    }
    this.memory = 0;
    this.maxFrames = 0;
    this.reports = 0;
    this.reportCount = 0;
  }
}

/** The mask of `channels` channels (at most 32). */
@inline export function allBits(channels: u32): u32 {
  return channels >= 32 ? 0xffffffff : (1 << channels) - 1;
}

function total(widths: usize, ports: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < ports; i++) {
    const width = load<u32>(widths + (<usize>i << 2));
    if (width > 1024) return 0xffffffff;
    sum += width;
  }
  return sum;
}

/** What every instance has before the kernel's own `create`. [control] */
export function begin(instance: Instance, model: u32): void {
  instance.magic = <u32>ac_layout_magic;
  instance.size = <u32>ac_layout_size;
  instance.model = model;
  instance.eventCapacity = <u32>ac_event_capacity;
  instance.events = allocate(<usize>ac_event_capacity * <usize>ac_event_size + 16); // 16: the last may be cut short
}

/** What follows from the kernel's declarations. [control] */
export function finish(instance: Instance): void {
  instance.stateCapacity = 8 + (instance.valueCount << 3);
  instance.state = allocate(instance.stateCapacity);
}

/** Frees an instance. [control & !active] */
export function end(instance: Instance): void {
  instance.release();
  if (instance.inputWidths) heap.free(instance.inputWidths);
  if (instance.outputWidths) heap.free(instance.outputWidths);
  if (instance.extents) heap.free(instance.extents);
  if (instance.values) heap.free(instance.values);
  if (instance.media) heap.free(instance.media);
  heap.free(instance.events);
  heap.free(instance.state);
  heap.free(changetype<usize>(instance));
}
