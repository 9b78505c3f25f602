import { AudioCloudError } from '@audiocloud/api';
import { constantExport } from '../wasm/constant-export.ts';
import type { WasmModule } from '../wasm/wasm-module.ts';
import {
  ABI_MAJOR,
  ABI_MINOR,
  BUFFER_ALIGN,
  BUFFER_PAD_FRAMES,
  EVENT_ALL,
  EVENT_SIZE,
  EVENT_TYPE,
  LAYOUT_MAGIC,
  LAYOUT_SIZE,
  STATUS,
  TAIL_ENDLESS,
} from './layout.ts';

/** Names under which a module may export the constants of the ABI, with what the host takes them to be. */
export const ABI_CONSTANTS: Readonly<Record<string, number>> = {
  ac_layout_magic: LAYOUT_MAGIC,
  ac_layout_size: LAYOUT_SIZE,
  ac_event_size: EVENT_SIZE,
  ac_status_error: STATUS.error,
  ac_status_continue: STATUS.continue,
  ac_status_continue_if_not_quiet: STATUS.continueIfNotQuiet,
  ac_status_tail: STATUS.tail,
  ac_status_sleep: STATUS.sleep,
  ac_event_parameter: EVENT_TYPE.parameter,
  ac_event_ramp: EVENT_TYPE.ramp,
  ac_event_modulation: EVENT_TYPE.modulation,
  ac_event_bypass: EVENT_TYPE.bypass,
  ac_event_midi1: EVENT_TYPE.midi1,
  ac_event_ump: EVENT_TYPE.ump,
  ac_event_transport: EVENT_TYPE.transport,
  ac_event_custom: EVENT_TYPE.custom,
  ac_event_all: EVENT_ALL | 0,
  ac_tail_endless: TAIL_ENDLESS,
  ac_buffer_align: BUFFER_ALIGN,
  ac_buffer_pad_frames: BUFFER_PAD_FRAMES,
};

/**
 * Compares the version and the constants that a module exports with the host's. Nothing of it runs. Returns what agrees. [control]
 *
 * Throws PLUGIN_ABI naming the version, or every constant that differs. A newer minor version is refused as well:
 * it may ask for what this host does not have.
 */
export function compareAbi(module: WasmModule, what: string): string {
  const abi = constantExport(module, 'ac_abi') ?? 0;
  if (abi >>> 16 !== ABI_MAJOR || (abi & 0xffff) > ABI_MINOR)
    throw new AudioCloudError(
      'PLUGIN_ABI',
      `Load ${what}: it speaks plugin ABI ${abi >>> 16}.${abi & 0xffff}, this engine ${ABI_MAJOR}.${ABI_MINOR}; build it for ${ABI_MAJOR}.${ABI_MINOR}`,
      { found: abi, wanted: (ABI_MAJOR << 16) | ABI_MINOR },
    );
  const different = constantsThatDiffer(module);
  if (different.length)
    throw new AudioCloudError(
      'PLUGIN_ABI',
      `Load ${what}: constants differ from the host's: ${different.map(({ name, found, wanted }) => `${name} is ${found}, wanted ${wanted}`).join('; ')}`,
      { different },
    );
  const compared = Object.keys(ABI_CONSTANTS).filter((name) => module.exports.some((entry) => entry.name === name));
  return `ABI ${abi >>> 16}.${abi & 0xffff}, ${compared.length} constants agree`;
}

/** Constants of the ABI that a module exports with another value than the host's. [control] */
export function constantsThatDiffer(module: WasmModule): { name: string; found: number | undefined; wanted: number }[] {
  return Object.entries(ABI_CONSTANTS).flatMap(([name, wanted]) => {
    if (!module.exports.some((entry) => entry.name === name)) return [];
    const found = constantExport(module, name);
    return found === wanted ? [] : [{ name, found, wanted }];
  });
}
