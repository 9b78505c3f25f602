import { asAudioCloudError } from '@audiocloud/api';

/** An error as a person reads it on stderr, or as one line of JSON for programs. */
export function printError(thrown: unknown, json: boolean): void {
  const error = asAudioCloudError(thrown);
  const body = error.toJSON();
  if (json) console.error(JSON.stringify({ error: body }));
  else console.error(`${body.code}: ${body.message}\n${body.advice}`);
  if (error.code === 'INTERNAL' && process.env['AUDIOCLOUD_DEBUG']) console.error(thrown);
}
