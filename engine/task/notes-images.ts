import type { Notes, Task } from '@audiocloud/api';
import type { NotesImage } from '../render/task-image.ts';
import { midiBytes, midiPort } from './midi-message.ts';
import type { TaskInstance } from './task-instance.ts';

interface Message {
  frame: number;
  /** 0 ends a note, 1 neither, 2 begins one: the order at one frame. */
  rank: number;
  bytes: number;
}

interface Messages {
  serial: number;
  frames: Float64Array;
  messages: Uint32Array;
}

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const RELEASE_VELOCITY = 64;

let nextSerial = 1;

/** The messages of notes: of one pitch and channel each ends before the next one begins. */
function noteMessages(all: readonly Notes[], sampleRate: number): Message[] {
  const byKey = new Map<number, { from: number; to: number; velocity: number }[]>();
  for (const { notes } of all)
    for (const { seconds, lengthSeconds, note, velocity = 100, channel = 1 } of notes) {
      const from = Math.round(seconds * sampleRate);
      const to = Math.max(from + 1, Math.round((seconds + lengthSeconds) * sampleRate));
      const key = (channel - 1) | (note << 8);
      const list = byKey.get(key);
      if (list) list.push({ from, to, velocity });
      else byKey.set(key, [{ from, to, velocity }]);
    }
  const messages: Message[] = [];
  for (const [key, list] of byKey) {
    list.sort((a, b) => a.from - b.from);
    list.forEach(({ from, to, velocity }, i) => {
      const end = Math.min(to, list[i + 1]?.from ?? to);
      if (end === from) return; // another one begins at the same frame: the last one counts
      messages.push({ frame: from, rank: 2, bytes: NOTE_ON | key | (velocity << 16) });
      messages.push({ frame: end, rank: 0, bytes: NOTE_OFF | key | (RELEASE_VELOCITY << 16) });
    });
  }
  return messages;
}

/** The notes of a task as its renderer plays them. [control] */
export class NotesImages {
  /** Of each instance and midi input: what its image was made of, and the image's messages. */
  readonly #known = new Map<string, { notes: readonly Notes[]; made: Messages }>();

  /** One for each midi input of each instance. Throws NODE_UNKNOWN, PORT_UNKNOWN, GRAPH_INVALID. */
  make(graph: Task, instances: ReadonlyMap<string, TaskInstance>, sampleRate: number): NotesImage[] {
    const byPort = new Map<string, Notes[]>();
    for (const [name, notes] of Object.entries(graph.notes ?? {})) {
      const { port } = midiPort(`play notes '${name}'`, notes, graph, instances);
      const key = `${notes.instance} ${port}`;
      byPort.set(key, [...(byPort.get(key) ?? []), notes]);
    }
    const images: NotesImage[] = [];
    const wanted = new Set<string>();
    for (const instance of instances.values())
      for (const port of instance.midiPorts.values()) {
        const key = `${instance.name} ${port}`;
        wanted.add(key);
        const made = this.#messages(key, byPort.get(key) ?? [], sampleRate);
        images.push({ ...made, memory: instance.memory, record: instance.record, port });
      }
    for (const key of this.#known.keys()) if (!wanted.has(key)) this.#known.delete(key);
    return images;
  }

  #messages(key: string, notes: readonly Notes[], sampleRate: number): Messages {
    const known = this.#known.get(key);
    if (known && known.notes.length === notes.length && known.notes.every((one, i) => one === notes[i]))
      return known.made;
    const all = noteMessages(notes, sampleRate);
    for (const { instance, messages = [] } of notes)
      for (const { seconds, bytes } of messages)
        all.push({
          frame: Math.round(seconds * sampleRate),
          rank: 1,
          bytes: midiBytes(`play notes for '${instance}'`, bytes),
        });
    all.sort((a, b) => a.frame - b.frame || a.rank - b.rank);
    const made: Messages = {
      serial: nextSerial++,
      frames: new Float64Array(new SharedArrayBuffer(8 * all.length)),
      messages: new Uint32Array(new SharedArrayBuffer(4 * all.length)),
    };
    all.forEach(({ frame, bytes }, i) => {
      made.frames[i] = frame;
      made.messages[i] = bytes;
    });
    this.#known.set(key, { notes, made });
    return made;
  }
}
