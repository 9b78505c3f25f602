import { AudioCloudError, type Model } from '@audiocloud/api';
import { type RewriteOptions, rewriteModule } from '../wasm/rewrite.ts';
import { constantExport } from '../wasm/constant-export.ts';
import { checkModule } from '../wasm/rules.ts';
import { exported } from '../wasm/wasm-module.ts';
import { compareAbi } from './abi-constants.ts';
import { readWasmPackage, readWasmPackageUnless } from './manifest.ts';
import { compileForBlocks, compileWhenCalled } from './optimise.ts';

/** A plugin's module, rewritten and compiled. May be sent to other threads as it is. */
export interface PluginModule {
  readonly control: WebAssembly.Module;
  readonly render: WebAssembly.Module;
  readonly memory: { readonly initialPages: number; readonly maximumPages: number };
  readonly hasMany: boolean;
  readonly takesMedia: boolean;
  readonly hasStackPointer: boolean;
  /** Where its statics end and its heap begins, if it exports that as `__heap_base`. */
  readonly heapBase?: number;
}

/** A loaded `wasm` package. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** SHA-256 of the module as it was published, in base64. */
  readonly hash: string;
  /** In the order of their index. */
  readonly models: Model[];
  readonly module: PluginModule;
}

/** By hash: a package installed twice, or loaded again while somebody still holds it, is compiled once in a process. */
const compiled = new Map<string, WeakRef<PluginModule>>();
const forgotten = new FinalizationRegistry<string>((hash) => {
  if (!compiled.get(hash)?.deref()) compiled.delete(hash);
});

/** Checks, rewrites and compiles a plugin's module. [control] Throws PLUGIN_RULES, PLUGIN_ABI. */
export function compilePlugin(bytes: Uint8Array, what: string): PluginModule {
  const facts = checkModule(bytes);
  compareAbi(facts.module, what);
  const { minimum, maximum } = facts.module.memories[0]!;
  return {
    control: compileWhenCalled(rewriteModule(facts, 'control')),
    render: compileForBlocks(rewriteModule(facts, 'render')),
    memory: { initialPages: minimum, maximumPages: maximum! },
    hasMany: exported(facts.module, 'ac_process_many', 0) !== undefined,
    takesMedia: exported(facts.module, 'ac_media', 0) !== undefined,
    hasStackPointer: facts.stackPointer !== undefined,
    heapBase: constantExport(facts.module, '__heap_base'),
  };
}

/**
 * Loads the plugin package in a folder. [control]
 *
 * Nothing of the package runs here: its manifest and models are read, its module is checked, rewritten and compiled
 * (synchronously, in a live process about 80 ms for 100 KiB; most of it is the optimised code of the render twin). Throws what readWasmPackage and compilePlugin throw.
 */
export function loadPlugin(folder: string): Plugin {
  let module: PluginModule | undefined;
  const { bytes, ...rest } = readWasmPackageUnless(folder, (hash) => {
    module = compiled.get(hash)?.deref();
    return module !== undefined;
  });
  if (!module) {
    try {
      module = compilePlugin(bytes!, rest.name);
    } catch (error) {
      if (!(error instanceof AudioCloudError)) throw error;
      const { code, message, details } = error;
      const folder = rest.folder;
      throw new AudioCloudError(code, `Load plugin ${folder}: ${message}`, { ...details, folder }, { cause: error });
    }
    compiled.set(rest.hash, new WeakRef(module));
    forgotten.register(module, rest.hash);
  }
  const deaf = module.takesMedia ? undefined : rest.models.find(({ mediaSlots }) => mediaSlots?.length);
  if (deaf)
    throw new AudioCloudError(
      'PLUGIN_MANIFEST',
      `Load plugin ${rest.folder}: ${deaf.id} has media slots, but the module does not export ac_media; export it, or leave the slots out`,
      { folder: rest.folder, model: deaf.id },
    );
  return { ...rest, module };
}

/** One more render twin of a loaded plugin, written with other options: for checks and measurements. [control] */
export function compileRenderTwin(plugin: Plugin, options: RewriteOptions): WebAssembly.Module {
  const facts = checkModule(readWasmPackage(plugin.folder).bytes);
  return compileForBlocks(rewriteModule(facts, 'render', options));
}
