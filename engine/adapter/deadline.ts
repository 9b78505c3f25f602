import { AudioCloudError } from '@audiocloud/api';

/** `work`, or ADAPTER_FAILED after so many milliseconds: a device may never answer. [control] */
export function deadline<T>(work: Promise<T>, milliseconds: number, action: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new AudioCloudError(
            'ADAPTER_FAILED',
            `${action}: no answer within ${milliseconds} ms; look at the device and its cable`,
          ),
        ),
      milliseconds,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
