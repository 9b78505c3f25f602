import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { packPackage } from '../packages/pack-package.ts';
import { Steps } from '../steps.ts';

interface PackFlags {
  out: string;
  key?: string;
  json?: boolean;
}

/** `audiocloud plugin pack`: the npm package of a plugin. */
export function pluginPackCommand(): Command {
  return new Command('pack')
    .summary('makes the npm package of a plugin')
    .description(
      'Makes the npm package of a plugin: the files that npm would publish, with the SHA-256 of the module in the manifest, signed with --key. The same files give the same bytes.',
    )
    .argument('[path]', 'folder of the package', '.')
    .option('-o, --out <dir>', 'where to write the .tgz file', '.')
    .option('--key <file>', 'PEM file with your private ed25519 key')
    .option('--json', 'print { file, name, version, kind, models, bytes, key? }')
    .addHelpText(
      'after',
      '\nThe package is verified, not judged: run `audiocloud plugin check` first.\nA key: openssl genpkey -algorithm ed25519 -out key.pem; its public half, for others: openssl pkey -in key.pem -pubout\n\nExample:\n  audiocloud plugin pack ./warm-filter --key key.pem\n  npm publish acme-warm-filter-1.0.0.tgz',
    )
    .action(pack);
}

async function pack(path: string, { out, key, json }: PackFlags): Promise<void> {
  const steps = new Steps(json);
  steps.say(`packing ${path}`);
  const packed = await packPackage(resolve(path), key).finally(() => steps.end());
  const { name, version, kind, models } = packed.facts;
  mkdirSync(resolve(out), { recursive: true });
  const file = join(resolve(out), packed.file);
  writeFileSync(file, packed.archive);
  const bytes = packed.archive.length;
  if (json) {
    const ids = models.map((model) => `${model.id}@${model.version}`);
    console.log(
      JSON.stringify({ file, name, version, kind, models: ids, bytes, ...(packed.key ? { key: packed.key } : {}) }),
    );
    return;
  }
  for (const { path: inside, bytes: content } of packed.files)
    console.log(`  ${String(content.length).padStart(8)} ${inside}`);
  console.log(
    `Packed ${name}@${version} (${kind}) into ${file}, ${bytes} bytes${packed.key ? `, signed with ${packed.key}` : ', not signed'}`,
  );
}
