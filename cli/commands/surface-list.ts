import { Command } from 'commander';
import { collect } from '../flags.ts';
import { loadAdapter, surfaceAdapters } from '../surface/surface-adapters.ts';

interface ListFlags {
  adapter: string;
  plugins: string[];
  json?: boolean;
}

/** `audiocloud surface list`: the ports that a surface may be at. */
export function surfaceListCommand(): Command {
  return new Command('list')
    .description(
      'Lists the MIDI ports of this machine. A surface with OSC cannot be listed: it is named by its address.',
    )
    .option('--adapter <name>', 'the ports of another adapter', 'midi')
    .option('--plugins <dir>', 'an adapter package; may be given again', collect, [])
    .option('--json', 'print JSON: a list of { id, attributes }')
    .addHelpText('after', '\nExample:\n  audiocloud surface list')
    .action(run);
}

async function run({ adapter: name, plugins, json }: ListFlags): Promise<void> {
  const adapter = await loadAdapter(surfaceAdapters(plugins), name);
  const ports = await adapter.list([]);
  if (json) return console.log(JSON.stringify(ports));
  if (!ports.length) return console.log('There is none.');
  for (const { attributes } of ports)
    console.log(
      Object.entries(attributes)
        .map(([attribute, value]) => `${attribute} ${JSON.stringify(value)}`)
        .join('  '),
    );
}
