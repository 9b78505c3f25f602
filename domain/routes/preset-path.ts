import { PresetId } from '@audiocloud/api';
import { Type } from 'typebox';

/** The parameters of the path of one preset. */
export const PresetPath = Type.Object({ preset: PresetId });

/** Headers of a change that may depend on a revision. */
export const PresetRevisionHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'ETag that the preset must still have, e.g. "3"; otherwise REVISION_CONFLICT',
    }),
  ),
});
