import { UploadId } from '@audiocloud/api';
import { Type } from 'typebox';

export const UploadPath = Type.Object({ upload: UploadId });
