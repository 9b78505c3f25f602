import { asAudioCloudError, AudioCloudError, type ErrorBody } from '@audiocloud/api';
import type { Services } from './route.ts';

/**
 * Why the domain cannot take work now; empty when it can.
 *
 * Anybody may ask, so each reason has its code and no more: what else is known (paths, devices) stands in the log and at `/v1/engines`.
 */
export async function whyNotReady({ store, engines, draining }: Services): Promise<ErrorBody[]> {
  const reasons: AudioCloudError[] = [];
  if (draining.hasBegun) reasons.push(new AudioCloudError('DOMAIN_NOT_READY', 'The domain is ending'));
  if (!engines.isUp)
    reasons.push(
      new AudioCloudError(
        engines.first.engine.error?.code ?? 'ENGINE_UNAVAILABLE',
        'No engine answers; see /v1/engines',
      ),
    );
  await store.get('ready').catch((error) => {
    reasons.push(new AudioCloudError(asAudioCloudError(error, 'STORE_INVALID').code, 'The store does not answer'));
  });
  return reasons.map((reason) => reason.toJSON());
}
