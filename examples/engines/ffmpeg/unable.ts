import { AudioCloudError } from '@audiocloud/api';

/** For what of a task this engine cannot do. */
export function unable(what: string): AudioCloudError {
  return new AudioCloudError('ENGINE_UNABLE', `Cannot ${what}: the ffmpeg engine has nothing for it`);
}
