import { AudioCloudError } from '@audiocloud/api';

type NodeHid = typeof import('node-hid');

let loaded: NodeHid | undefined;

/**
 * The native library, loaded when it is first wanted. [control]
 *
 * It is an optional dependency: not every machine can have it. Throws ADAPTER_FAILED that says what to do.
 */
export async function loadHid(): Promise<NodeHid> {
  if (loaded) return loaded;
  try {
    const { default: hid } = (await import('node-hid')) as unknown as { default: NodeHid };
    hid.getHidapiVersion(); // the native half is loaded at its first use
    loaded = hid;
    return hid;
  } catch (cause) {
    const [first] = (cause as Error).message.split('\n');
    throw new AudioCloudError(
      'ADAPTER_FAILED',
      `Cannot use USB HID: ${first}; install node-hid beside the adapter (npm install node-hid@3.4.0)` +
        (process.platform === 'linux' ? ' and the system package libudev1' : ''),
      undefined,
      { cause },
    );
  }
}
