import { AudioCloudError } from '@audiocloud/api';

/**
 * `work`, or ADAPTER_FAILED after so many milliseconds: a device may never answer. over: rejects with its reason as soon as it is
 * aborted. [control]
 */
export function deadline<T>(work: Promise<T>, milliseconds: number, action: string, over?: AbortSignal): Promise<T> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new AudioCloudError(
          'ADAPTER_FAILED',
          `${action}: no answer within ${milliseconds} ms; look at the device and its cable`,
        ),
      ),
    milliseconds,
  );
  const onOver = () => reject(over!.reason);
  if (over?.aborted) onOver();
  over?.addEventListener('abort', onOver);
  return Promise.race([work, failed]).finally(() => {
    clearTimeout(timer);
    over?.removeEventListener('abort', onOver);
  });
}
