/** Every mistake of a surface map that is known, by its id. docs/control-surfaces.md names them; a test has one of each. */
export const SURFACE_CHECKS = {
  'yaml-syntax': 'The file is no YAML or JSON',
  'yaml-anchor': 'An alias without its anchor',
  'yaml-key-twice': 'A key stands twice',
  'unknown-key': 'A key that does not exist here',
  shape: 'A value of the wrong kind, or one that is missing',
  'adapter-unknown': 'No such adapter is installed',
  carries: 'A control, or an adapter, that speaks neither MIDI nor OSC, or the wrong one',
  settings: 'A setting that the adapter does not take',
  'surface-unknown': 'A binding of no surface',
  'same-control': 'One control in two bindings',
  'cc-bits': '14 bits where there is no second half, or on an encoder',
  'osc-address': 'No OSC address',
  'osc-range': 'Both ends of a control are the same',
  mode: 'A mode that the control cannot have',
  touch: 'A touch sense that is no note, controller or address',
  step: 'A step where nothing is counted',
  'pick-up': 'Waiting for the value where the control follows it',
  'feedback-unused': 'Where feedback goes, without any',
  'range-ends': 'Both ends of a range are the same',
  'instance-unknown': 'The task has no such instance',
  'model-unknown': 'No engine has the model of the instance',
  'parameter-unknown': 'The model has no such parameter',
  'parameter-latched': 'A parameter that cannot be moved live',
  index: 'A value that is not there',
  'button-range': 'A button on a range of numbers, without its two values',
  range: 'A value that the model does not allow',
  curve: 'Equal ratios through 0, or of no numbers',
} as const;
export type SurfaceCheck = keyof typeof SURFACE_CHECKS;

/** One mistake. place: JSON pointer in the map. */
export interface SurfaceMistake {
  check: SurfaceCheck;
  place: string;
  message: string;
  mend: string;
}
