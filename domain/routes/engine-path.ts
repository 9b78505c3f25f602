import { EngineId } from '@audiocloud/api';
import { Type } from 'typebox';

/** The parameters of a path below one engine. */
export const EnginePath = Type.Object({ engine: EngineId });
