import { Type } from 'typebox';
import { ModelId, Name, NAME_PATTERN, TaskId } from './ids.ts';
import { PresetValues } from './model.ts';
import { Next, pageItems } from './page.ts';
import { InstanceStateBytes } from './task.ts';

const closed = { additionalProperties: false } as const;
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

const PRESET_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$';
export const PresetId = Type.String({ pattern: PRESET_PATTERN, maxLength: 64, description: 'Id of a preset' });

const OfModel = Type.Object(
  {
    model: ModelId,
    parameters: PresetValues,
    state: Type.Optional(InstanceStateBytes),
  },
  {
    ...closed,
    description:
      'Values for one instance of a model, of the version that it names, else of the one in use; parameters that are not named go to their default',
  },
);
const OfTask = Type.Object(
  { instances: Type.Record(Name, OfModel, closed) },
  { ...closed, description: 'Values for instances of a task, by name; other instances stay as they are' },
);
export const PresetContent = Type.Union([OfModel, OfTask]);
export type PresetContent = Type.Static<typeof PresetContent>;

/** A preset as it is written. */
export const Preset = Type.Object(
  { name: text(64), description: Type.Optional(text(4096)), content: PresetContent },
  { ...closed, title: 'PresetBody', description: 'Values that can be recalled' },
);
export type Preset = Type.Static<typeof Preset>;

/** A stored preset; the ETag is the revision. */
export const PresetDocument = Type.Object(
  { id: PresetId, revision: Type.Integer({ minimum: 1 }), preset: Preset },
  { ...closed, title: 'PresetDocument' },
);
export type PresetDocument = Type.Static<typeof PresetDocument>;

export const PresetList = Type.Object(
  { presets: pageItems(PresetDocument), next: Next },
  { ...closed, title: 'PresetList' },
);
export type PresetList = Type.Static<typeof PresetList>;

/** POST /v1/presets: values as they are written, or as they are in a task now. */
export const PresetCreate = Type.Union(
  [
    Type.Object(
      { id: Type.Optional(PresetId), preset: Preset },
      { ...closed, description: 'Without an id the domain chooses one' },
    ),
    Type.Object(
      {
        id: Type.Optional(PresetId),
        name: text(64),
        description: Type.Optional(text(4096)),
        capture: Type.Object(
          { task: TaskId, instance: Type.Optional(Name) },
          { ...closed, description: 'Of one instance, or of all instances of the task' },
        ),
      },
      { ...closed, description: 'What a task has now' },
    ),
  ],
  { title: 'PresetCreate' },
);
export type PresetCreate = Type.Static<typeof PresetCreate>;

const recall = {
  preset: Type.String({
    maxLength: 64,
    pattern: PRESET_PATTERN,
    description: 'Id of a stored preset; with `factory`, of a preset of the model of the instance',
  }),
  factory: Type.Optional(Type.Boolean({ description: 'The preset is one of the model; default false' })),
  instance: Type.Optional(
    Type.String({ pattern: NAME_PATTERN, maxLength: 64, description: 'For a preset of a model' }),
  ),
  seconds: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 600,
      description: 'How long the values are on their way; default 0. Lists, toggles and steps change in the middle',
    }),
  ),
};

/** POST /v1/tasks/:id/recall, and the live request of that name. */
export const Recall = Type.Object(recall, { ...closed, title: 'Recall' });
export type Recall = Type.Static<typeof Recall>;

export const Recalled = Type.Object(
  {
    frame: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Stream frame at which the first values apply; null when the task does not run, or nothing changes',
    }),
    changes: Type.Integer({ minimum: 0, description: 'Values that become others' }),
  },
  { ...closed, title: 'Recalled' },
);
export type Recalled = Type.Static<typeof Recalled>;
