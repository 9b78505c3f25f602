import { PluginAbort } from './trap.ts';

/** Text that a plugin wrote through `ac.log`. */
export type LogText = (text: string) => void;

const MAXIMUM_TEXT_BYTES = 1024;

/** The bytes from `address`, no more than there are; a copy, since text decoders refuse shared memory. */
function copyText(memory: WebAssembly.Memory, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(memory.buffer);
  const start = Math.min(address >>> 0, bytes.length);
  return bytes.slice(start, Math.min(start + Math.min(length >>> 0, MAXIMUM_TEXT_BYTES), bytes.length));
}

/** A string of AssemblyScript: UTF-16, its length in bytes before it. */
function assemblyScriptText(memory: WebAssembly.Memory, address: number): string {
  if (address >>> 0 < 4 || address >>> 0 > memory.buffer.byteLength) return '';
  const length = new DataView(memory.buffer).getUint32((address >>> 0) - 4, true);
  return new TextDecoder('utf-16le').decode(copyText(memory, address, length & ~1));
}

/** All that a plugin may import (docs/plugin-abi.md), and its memory. Without `log` what it writes is dropped. */
export function pluginImports(memory: WebAssembly.Memory, log?: LogText): WebAssembly.Imports {
  return {
    host: { memory },
    env: {
      abort(message: number, file: number, line: number, column: number) {
        const place = `${assemblyScriptText(memory, file)}:${line}:${column}`;
        throw new PluginAbort(`${assemblyScriptText(memory, message) || 'abort'} at ${place}`);
      },
    },
    ac: {
      log: log
        ? (address: number, length: number) => log(new TextDecoder().decode(copyText(memory, address, length)))
        : () => {},
    },
  };
}
