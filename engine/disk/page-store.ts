/*
 * The frames of one sound on the disk that are in memory, for one task: pages of PAGE_FRAMES frames in slots. In shared memory;
 * one side fills (disk thread, or who renders offline), one render thread reads. Neither waits for the other.
 *
 * The table has a word for each page of the sound: 0, or the slot that holds it + 1. A slot is PAGE_FRAMES f32 of each channel,
 * channel after channel. What the filler wants back it takes out of the table first, and uses it again only when the reader is
 * not, or not any more, in the part of a block in which it may have found it there (WORD.reading of the task).
 */

/** 0.17 s at 48 kHz: 64 KiB of stereo. */
export const PAGE_FRAMES = 8192;

/** Slots in one piece of memory. */
export interface PageSlab {
  memory: SharedArrayBuffer;
  slots: number;
}

/** As a render thread gets it. */
export interface PageImage {
  /** No two stores have the same. */
  id: number;
  channels: number;
  /** Of the whole sound. */
  frames: number;
  table: SharedArrayBuffer;
  slabs: readonly PageSlab[];
}

/** Pages of a sound of so many frames. [any] */
export function pagesOf(frames: number): number {
  return Math.ceil(frames / PAGE_FRAMES);
}

/** Bytes of a slot. [any] */
export function slotBytes(channels: number): number {
  return PAGE_FRAMES * channels * 4;
}

let lastId = 0;

/** A store without any page in it. [control] */
export function createPages(channels: number, frames: number, slots: number): PageImage {
  const table = new SharedArrayBuffer(4 * pagesOf(frames));
  return growPages({ id: ++lastId, channels, frames, table, slabs: [] }, slots);
}

/** The same store with at least so many slots. [control] */
export function growPages(image: PageImage, slots: number): PageImage {
  const missing = slots - slotsOf(image);
  if (missing <= 0) return image;
  const memory = new SharedArrayBuffer(missing * slotBytes(image.channels));
  return { ...image, slabs: [...image.slabs, { memory, slots: missing }] };
}

/** [any] */
export function slotsOf({ slabs }: PageImage): number {
  return slabs.reduce((sum, slab) => sum + slab.slots, 0);
}
