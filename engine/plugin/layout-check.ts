import type { Model } from '@audiocloud/api';
import {
  BUFFER_ALIGN,
  BUFFER_PAD_FRAMES,
  EVENT_SIZE,
  LAYOUT,
  LAYOUT_MAGIC,
  LAYOUT_SIZE,
  LEAST_EVENT_CAPACITY,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

const word = (views: MemoryViews, layout: number, offset: number): number => views.u32[(layout + offset) >> 2]!;

function fits({ buffer }: MemoryViews, address: number, bytes: number, align: number): boolean {
  return address > 0 && address % align === 0 && address + bytes <= buffer.byteLength;
}

/** What is wrong with the words that create leaves; undefined if nothing. [control] */
export function layoutFault(views: MemoryViews, layout: number, model: Model): string | undefined {
  if (!fits(views, layout, LAYOUT_SIZE, 4))
    return `the layout address ${layout} is not in the memory, or not a multiple of 4`;
  const at = (offset: number) => word(views, layout, offset);
  if (at(LAYOUT.magic) !== LAYOUT_MAGIC) return `the magic word is 0x${at(LAYOUT.magic).toString(16)}`;
  if (at(LAYOUT.size) < LAYOUT_SIZE) return `the layout has ${at(LAYOUT.size)} bytes, at least ${LAYOUT_SIZE}`;
  for (const [ports, count, widths, name] of [
    [model.inputs, at(LAYOUT.inputPorts), at(LAYOUT.inputWidths), 'input'],
    [model.outputs, at(LAYOUT.outputPorts), at(LAYOUT.outputWidths), 'output'],
  ] as const) {
    const wanted = ports.filter(({ kind }) => kind === 'audio').length;
    if (count !== wanted) return `it has ${count} audio ${name} ports, the model ${wanted}`;
    if (count > 0 && !fits(views, widths, count * 4, 4)) return `the ${name} widths at ${widths} are not in the memory`;
  }
  return undefined;
}

/** The widths of all ports of one direction. */
export function portWidths(views: MemoryViews, layout: number, direction: 'inputs' | 'outputs'): number[] {
  const [ports, widths] =
    direction === 'inputs' ? [LAYOUT.inputPorts, LAYOUT.inputWidths] : [LAYOUT.outputPorts, LAYOUT.outputWidths];
  const first = word(views, layout, widths) >> 2;
  return Array.from(views.u32.subarray(first, first + word(views, layout, ports)));
}

/** What is wrong with the words that activate leaves; undefined if nothing. [control] */
export function activeLayoutFault(views: MemoryViews, layout: number, maxFrames: number): string | undefined {
  const at = (offset: number) => word(views, layout, offset);
  if (at(LAYOUT.maxFrames) !== maxFrames) return `maxFrames is ${at(LAYOUT.maxFrames)}, ${maxFrames} was asked for`;
  const bytes = 4 * BUFFER_PAD_FRAMES * Math.ceil(maxFrames / BUFFER_PAD_FRAMES);
  for (const direction of ['inputs', 'outputs'] as const) {
    const channels = portWidths(views, layout, direction).reduce((sum, width) => sum + width, 0);
    const pointers = at(LAYOUT[direction]);
    if (channels > 0 && !fits(views, pointers, channels * 4, 4))
      return `the ${direction} at ${pointers} are not in the memory`;
    for (let channel = 0; channel < channels; channel++) {
      const address = views.u32[(pointers >> 2) + channel]!;
      if (!fits(views, address, bytes, BUFFER_ALIGN))
        return `channel ${channel} of the ${direction} is at ${address}: not in the memory, or not a multiple of ${BUFFER_ALIGN}`;
    }
  }
  if (
    at(LAYOUT.eventCapacity) < LEAST_EVENT_CAPACITY ||
    !fits(views, at(LAYOUT.events), at(LAYOUT.eventCapacity) * EVENT_SIZE, 8)
  )
    return `the event list at ${at(LAYOUT.events)} for ${at(LAYOUT.eventCapacity)} events, at least ${LEAST_EVENT_CAPACITY}`;
  if (at(LAYOUT.reportCount) > 0 && !fits(views, at(LAYOUT.reports), at(LAYOUT.reportCount) * 4, 4))
    return `the reports at ${at(LAYOUT.reports)} are not in the memory`;
  return undefined;
}
