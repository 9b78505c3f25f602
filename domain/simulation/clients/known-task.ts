import { Register } from './register.ts';

/** A task as those know it who change it: each value by the only one who changes it. */
export class KnownTask {
  readonly id: string;
  /** Its application. */
  readonly application: string;
  readonly exists: Register<boolean>;
  readonly isPlaying: Register<boolean>;
  /** Instances that were put, by name. */
  readonly parts = new Map<string, Register<boolean>>();
  /** By `instance.parameter`. */
  readonly knobs = new Map<string, Register<unknown>>();
  /** Of the last change that was answered. */
  revision = 0;
  /** Others set values of it, and edit it. */
  readonly isShared: boolean;

  constructor(application: string, id: string, isShared: boolean) {
    this.application = application;
    this.id = id;
    this.isShared = isShared;
    this.exists = new Register(`task ${id}`, false);
    this.isPlaying = new Register(`play of ${id}`, false);
    this.knob('gain.gain', 0);
    this.knob('gain.pan', 0);
    this.knob('tone.level', -18);
  }

  part(name: string): Register<boolean> {
    let part = this.parts.get(name);
    if (!part) {
      part = new Register(`instance ${name} of ${this.id}`, false);
      this.parts.set(name, part);
    }
    return part;
  }

  /** value: before anybody sets it. */
  knob(place: string, value: unknown): Register<unknown> {
    let knob = this.knobs.get(place);
    if (!knob) {
      knob = new Register<unknown>(`${place} of ${this.id}`, value);
      this.knobs.set(place, knob);
    }
    return knob;
  }
}
