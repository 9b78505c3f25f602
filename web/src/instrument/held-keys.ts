import { CONTROLLER, NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, SUSTAIN } from './messages.ts';

/**
 * Which keys are down, by what holds each: a finger, a key of the computer, a MIDI keyboard. What is sent is what changes:
 * a key that two hold is let go with the second one.
 */
export class HeldKeys {
  isSustained = false;
  private readonly held = new Map<string, number>();
  private readonly send: (bytes: number[]) => void;

  constructor(send: (bytes: number[]) => void) {
    this.send = send;
  }

  /** The notes that are down. */
  get notes(): ReadonlySet<number> {
    return new Set(this.held.values());
  }

  /** What held another key lets that one go. */
  press(holder: string, note: number, velocity: number): void {
    if (this.held.get(holder) === note) return;
    this.release(holder);
    const isDown = this.notes.has(note);
    this.held.set(holder, note);
    if (!isDown) this.send([NOTE_ON, note, velocity]);
  }

  release(holder: string): void {
    const note = this.held.get(holder);
    if (note === undefined) return;
    this.held.delete(holder);
    if (!this.notes.has(note)) this.send([NOTE_OFF, note, RELEASE_VELOCITY]);
  }

  sustain(isOn: boolean): void {
    if (isOn === this.isSustained) return;
    this.isSustained = isOn;
    this.send([CONTROLLER, SUSTAIN, isOn ? 127 : 0]);
  }

  /** Lets everything go, the pedal too. */
  releaseAll(): void {
    for (const holder of [...this.held.keys()]) this.release(holder);
    this.sustain(false);
  }
}
