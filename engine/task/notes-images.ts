import type { Notes, Task } from '@audiocloud/api';
import { HELD_BYTES } from '../render/notes-player.ts';
import type { NotesImage } from '../render/task-image.ts';
import { midiBytes, midiPort } from './midi-message.ts';
import { midiStates } from './midi-states.ts';
import type { TaskInstance } from './task-instance.ts';

interface Message {
  frame: number;
  /** 0 ends a note, 1 neither, 2 begins one: the order at one frame. */
  rank: number;
  bytes: number;
}

/** Notes, and what is done with them for who reads an error. */
interface Part {
  what: string;
  notes: Notes;
}

type Messages = Pick<NotesImage, 'serial' | 'frames' | 'messages' | 'stateOf' | 'states'>;

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

/** What the renderers of an instance know of one of its midi inputs. */
type Played = Pick<NotesImage, 'held' | 'place'>;

const playedOf = new WeakMap<TaskInstance, Played[]>();

function played(instance: TaskInstance, port: number): Played {
  const all = playedOf.get(instance) ?? [];
  playedOf.set(instance, all);
  all[port] ??= {
    held: new Uint8Array(new SharedArrayBuffer(HELD_BYTES)),
    place: new Float64Array(new SharedArrayBuffer(8)).fill(-1),
  };
  return all[port];
}

/** The notes of a task as its renderer plays them. [control] */
export class NotesImages {
  /** Of each instance and midi input: what its image was made of, and the image's messages. */
  readonly #known = new Map<string, { parts: readonly Part[]; made: Messages }>();

  /** One for each midi input of each instance. Throws NODE_UNKNOWN, PORT_UNKNOWN, GRAPH_INVALID. */
  make(graph: Task, instances: ReadonlyMap<string, TaskInstance>, sampleRate: number): NotesImage[] {
    const byPort = new Map<string, Part[]>();
    for (const [name, notes] of Object.entries(graph.notes ?? {})) {
      const what = `play notes '${name}'`;
      const { port } = midiPort(what, notes, graph, instances);
      const key = `${notes.instance} ${port}`;
      byPort.set(key, [...(byPort.get(key) ?? []), { what, notes }]);
    }
    const images: NotesImage[] = [];
    const wanted = new Set<string>();
    for (const instance of instances.values())
      for (const port of instance.midiPorts.values()) {
        const key = `${instance.name} ${port}`;
        wanted.add(key);
        const made = this.#messages(key, byPort.get(key) ?? [], sampleRate);
        images.push({ ...made, ...played(instance, port), memory: instance.memory, record: instance.record, port });
      }
    for (const key of this.#known.keys()) if (!wanted.has(key)) this.#known.delete(key);
    return images;
  }

  #messages(key: string, parts: readonly Part[], sampleRate: number): Messages {
    const known = this.#known.get(key);
    if (known && known.parts.length === parts.length && known.parts.every(({ notes }, i) => notes === parts[i]!.notes))
      return known.made;
    const all = noteMessages(
      parts.map(({ notes }) => notes),
      sampleRate,
    );
    for (const { what, notes } of parts)
      for (const { seconds, bytes } of notes.messages ?? [])
        all.push({ frame: Math.round(seconds * sampleRate), rank: 1, bytes: midiBytes(what, bytes) });
    all.sort((a, b) => a.frame - b.frame || a.rank - b.rank);
    const frames = new Float64Array(new SharedArrayBuffer(8 * all.length));
    const messages = new Uint32Array(new SharedArrayBuffer(4 * all.length));
    all.forEach(({ frame, bytes }, i) => {
      frames[i] = frame;
      messages[i] = bytes;
    });
    const made = { serial: nextSerial++, frames, messages, ...midiStates(frames, messages) };
    this.#known.set(key, { parts, made });
    return made;
  }
}
