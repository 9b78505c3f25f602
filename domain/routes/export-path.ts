import { ExportId } from '@audiocloud/api';
import { Type } from 'typebox';

export const ExportPath = Type.Object({ export: ExportId });
export const ExportOutputPath = Type.Object({
  export: ExportId,
  output: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
    maxLength: 64,
    description: 'Name of one of its outputs',
  }),
});
