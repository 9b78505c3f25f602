import {
  type AudioCloudError,
  instanceOf,
  type Model,
  modelOf,
  type SurfaceMap,
  surfaceOf,
  type Task,
} from '@audiocloud/api';
import { BoundControl, type SurfaceTask } from './bound-control.ts';
import { fitBinding } from './fit-binding.ts';
import type { SurfaceMessage } from './surface-message.ts';
import type { SurfaceMistake } from './surface-mistake.ts';

export interface ControlSurfaceOptions {
  /** Without a mistake (see mapMistakes). */
  map: SurfaceMap;
  /** Live; call `refresh` for its onSnapshot, onEvent and onModels, and `resend` when it is open again. */
  task: SurfaceTask;
  /** A binding moves nothing now, and why: its instance is gone, say. It goes on when that is mended. */
  onRest?(mistake: SurfaceMistake): void;
  /** The task did not take a value. */
  onRefused?(name: string, error: AudioCloudError): void;
}

/** Values that change together go out together. */
const GATHER_MS = 15;
const TICK_MS = 50;

interface Bound {
  surface: string;
  /** What it was fitted to, as text: the instance without its values, and its model. */
  shape: string;
  model: string;
  control: BoundControl | undefined;
}

/**
 * Control surfaces that move the parameters of a live task, and show them. [any]
 *
 * It knows no bus: give it what the surfaces say, it gives what they are to be told.
 */
export class ControlSurface {
  private readonly options: ControlSurfaceOptions;
  private readonly bound: Bound[] = [];
  private readonly ports = new Map<string, (message: SurfaceMessage) => void>();
  private fittedTask: Task | undefined;
  private fittedModels: readonly Model[] | undefined;
  private isClosed = false;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private ticking: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ControlSurfaceOptions) {
    this.options = options;
    const { map } = options;
    for (const binding of map.bindings)
      this.bound.push({ surface: surfaceOf(map, binding)!, shape: '', model: '', control: undefined });
  }

  /** A surface of the map is there: it is shown everything, and again each time. */
  attach(surface: string, send: (message: SurfaceMessage) => void): void {
    this.ports.set(surface, send);
    for (const bound of this.bound) if (bound.surface === surface) bound.control?.forget();
    this.refresh();
  }

  /** A surface is gone, and the hands on it. */
  detach(surface: string): void {
    this.ports.delete(surface);
    for (const bound of this.bound) if (bound.surface === surface) bound.control?.letGo();
  }

  /** What a surface says. */
  take(surface: string, message: SurfaceMessage): void {
    if (!this.options.task.hasTask) return;
    this.fit();
    const now = performance.now();
    for (const bound of this.bound) if (bound.surface === surface) bound.control?.take(message, now);
    this.tickLater();
  }

  /** The task may have other values, instances or models. */
  refresh(): void {
    this.gathering ??= setTimeout(() => this.show(), GATHER_MS);
  }

  /** The task was away: everything is shown again, but where a hand is. */
  resend(): void {
    for (const { control } of this.bound) control?.forget();
    this.refresh();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.gathering);
    clearTimeout(this.ticking);
    for (const { control } of this.bound) control?.letGo();
    this.ports.clear();
  }

  private show(): void {
    this.gathering = undefined;
    if (!this.options.task.hasTask) return;
    this.fit();
    const now = performance.now();
    for (const { surface, control } of this.bound) if (this.ports.has(surface)) control?.show(now);
    this.tickLater();
  }

  private tickLater(): void {
    if (!this.bound.some(({ control }) => control?.isPending)) return;
    this.ticking ??= setTimeout(() => {
      this.ticking = undefined;
      if (this.options.task.hasTask) this.fit();
      const now = performance.now();
      for (const { control } of this.bound) if (control?.isPending) control.tick(now);
      this.tickLater();
    }, TICK_MS);
  }

  /** Looks again at the bindings whose instance, or all models, are others than before. */
  private fit(): void {
    const { map, task, onRest, onRefused } = this.options;
    if (this.fittedTask === task.task && this.fittedModels === task.models) return;
    const areModelsNew = this.fittedModels !== task.models;
    this.fittedTask = task.task;
    this.fittedModels = task.models;
    for (const [i, bound] of this.bound.entries()) {
      const binding = map.bindings[i]!;
      const instance = instanceOf(task.task, binding.to.instance);
      const shape = JSON.stringify([instance?.model, instance?.widths]);
      if (!areModelsNew && bound.shape === shape) continue;
      const model = JSON.stringify([modelOf(task.models, instance)]);
      if (bound.shape === shape && bound.model === model) continue;
      bound.shape = shape;
      bound.model = model;
      bound.control?.letGo();
      bound.control = undefined;
      const fitted = fitBinding(binding, `/bindings/${i}`, task.task, task.models);
      if ('check' in fitted) {
        onRest?.(fitted);
        continue;
      }
      const { surface } = bound;
      bound.control = new BoundControl(
        binding,
        fitted,
        task,
        (message) => this.ports.get(surface)?.(message),
        (error) => {
          if (this.isClosed) return;
          onRefused?.(fitted.name, error);
          this.refresh(); // back to what the task has
        },
      );
    }
  }
}
