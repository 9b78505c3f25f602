export { type ControlSurfaceOptions, ControlSurface } from './control-surface.ts';
export { fitBinding, type FittedBinding } from './fit-binding.ts';
export { ControlLearner, type LearntControl } from './learn-control.ts';
export { mapMistakes } from './map-mistakes.ts';
export { type SurfaceCheck, SURFACE_CHECKS, type SurfaceMistake } from './surface-mistake.ts';
export type { SurfaceTask } from './bound-control.ts';
export type { OscSurfaceMessage, SurfaceMessage } from './surface-message.ts';
