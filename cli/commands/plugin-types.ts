import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { collect, dataFolder } from '../flags.ts';
import { openRegistry } from '../open-registry.ts';
import { pluginsIn } from '../packages/plugins-in.ts';
import { modelTypes } from '../types/model-types.ts';

interface TypesFlags {
  out?: string;
  data: string;
  plugins: string[];
}

/** `audiocloud plugin types`: TypeScript declarations of the models that are installed. */
export function pluginTypesCommand(): Command {
  return new Command('types')
    .summary('writes TypeScript types of the installed models')
    .description(
      'Writes TypeScript declarations of the stock models and of what is installed: tasks and changes with a wrong parameter, port or value do not compile.',
    )
    .option('-o, --out <file>', 'the .d.ts file to write; default: print it')
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--plugins <dir>', 'a further package, or a folder of them; may be given again', collect, [])
    .addHelpText(
      'after',
      "\nExample:\n  audiocloud plugin types --out models.d.ts\n\n  import type { ChangeOf, TypedTask } from './models.d.ts';\n  const task = { ... } satisfies TypedTask;\n  const change: ChangeOf<'audiocloud:gain'> = { instance: 'a', parameter: 'gain', value: -6 };\n\nAn id may carry its version: 'audiocloud:gain@1.0.0'.",
    )
    .action(types);
}

async function types({ out, data, plugins }: TypesFlags): Promise<void> {
  const installed = pluginsIn(data);
  // a data folder without plugins is no mistake
  const registry = openRegistry(plugins, existsSync(installed) ? [installed] : []);
  const text = modelTypes(registry.models);
  if (out === undefined) process.stdout.write(text);
  else {
    writeFileSync(resolve(out), text);
    console.log(`Wrote the types of ${registry.models.length} models into ${out}`);
  }
  for (const { code, message } of registry.refused) console.error(`left out, ${code}: ${message}`);
}
