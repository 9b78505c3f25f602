import { MediaId, MediaJobId } from '@audiocloud/api';
import { Type } from 'typebox';

export const MediaPath = Type.Object({ media: MediaId });
export const MediaJobPath = Type.Object({ job: MediaJobId });
