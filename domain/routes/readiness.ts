import { asAudioCloudError, AudioCloudError, type ErrorBody } from '@audiocloud/api';
import type { Services } from './route.ts';

/** Why the domain cannot take work now; empty when it can. */
export async function whyNotReady({ store, engines, draining }: Services): Promise<ErrorBody[]> {
  const reasons: AudioCloudError[] = [];
  if (draining.hasBegun) reasons.push(new AudioCloudError('DOMAIN_NOT_READY', 'The domain is ending'));
  if (!engines.isUp)
    reasons.push(
      engines.first.engine.error ?? new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine did not answer yet'),
    );
  await store.get('ready').catch((error) => reasons.push(asAudioCloudError(error, 'STORE_INVALID')));
  return reasons.map((reason) => reason.toJSON());
}
