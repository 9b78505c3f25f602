import { createHash } from 'node:crypto';
import { readdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { failed, type Outcome, passed, skipped, warning } from '../check-outcome.ts';
import type { PackageUnderCheck } from '../check-package.ts';
import { packagePath } from '../manifest.ts';

/** Scripts that npm would run on the machine of who installs the package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
const NATIVE = /\.(node|so|dll|dylib|exe|com|bat)$/i;
/** More files than this are no plugin, and would take long to look through. */
const MAX_FILES = 20_000;

/** audiocloud.json is there, is JSON, and follows the schema. */
export function manifestIsSound({ manifest, models }: PackageUnderCheck): Outcome {
  if (manifest.fault) return failed(manifest.fault.message);
  const { value } = manifest;
  if (value.kind === 'wasm') return passed(`plugin ABI ${value.abi}, ${models.length} models`);
  return passed(value.kind === 'device' ? `a device, ${value.drivers.length} drivers` : `the adapter ${value.adapter}`);
}

/** Module and models lie inside the folder, also behind links. */
export function pathsStayInside({ folder, raw }: PackageUnderCheck): Outcome {
  if (!raw) return skipped('there is no manifest to read');
  const listed = [raw['models'], raw['drivers']].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const paths = [raw['module'], raw['entry'], raw['simulator'], ...listed].filter((path) => typeof path === 'string');
  for (const path of paths) {
    try {
      packagePath(folder, path);
    } catch (error) {
      return failed((error as Error).message);
    }
  }
  return passed(paths.join(', '));
}

/** The module is the one that the manifest was made for. */
export function integrityHolds({ raw, module }: PackageUnderCheck): Outcome {
  const wanted = raw?.['integrity'];
  if (module.fault) return skipped('there is no module to read');
  if (wanted === undefined) return skipped('the manifest has no integrity: it is written when the package is packed');
  const hash = `sha256-${createHash('sha256').update(module.value).digest('base64')}`;
  return wanted === hash ? passed(hash) : failed(`the module is ${hash}, the manifest wants ${String(wanted)}`);
}

/** package.json says what npm and who searches there need. */
export function packageJsonIsWhole({ packageJson }: PackageUnderCheck): Outcome {
  if (!packageJson) return warning('there is no package.json: it cannot be published');
  const { name, version, keywords, license } = packageJson;
  const missing = [
    ...(typeof name === 'string' && /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)
      ? []
      : ['a name that npm takes']),
    ...(typeof version === 'string' && /^\d+\.\d+\.\d+/.test(version) ? [] : ['a semantic version']),
    ...(Array.isArray(keywords) && keywords.includes('audiocloud-plugin') ? [] : ['the keyword audiocloud-plugin']),
    ...(typeof license === 'string' && license !== '' ? [] : ['a license']),
  ];
  return missing.length ? failed(`package.json lacks ${missing.join(', ')}`) : passed(`${name} ${version}`);
}

/** Nothing in it runs outside the sandbox: no install scripts, no native code, no link out of it. */
export function contentsAreHarmless({ folder, packageJson }: PackageUnderCheck): Outcome {
  const scripts = Object.keys((packageJson?.['scripts'] ?? {}) as object);
  const run = scripts.filter((name) => INSTALL_SCRIPTS.includes(name));
  if (run.length) return failed(`package.json runs ${run.join(', ')} on the machine of who installs it`);
  const waiting = [''];
  let files = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.name === 'node_modules' || entry.name === '.git') continue; // what npm does not pack
      if (++files > MAX_FILES) return failed(`more than ${MAX_FILES} files`);
      if (entry.isSymbolicLink()) {
        const real = relative(folder, realpathSync.native(join(folder, path)));
        if (real.startsWith('..')) return failed(`${path} is a link out of the package`);
      } else if (entry.isDirectory()) waiting.push(path);
      else if (NATIVE.test(entry.name)) return failed(`${path} is native code: an engine runs the module alone`);
    }
  return passed(`${files} files, no install script, no native code`);
}

/** An engine loads it. */
export function itLoads(found: PackageUnderCheck): Outcome {
  const { value, fault } = found.plugin();
  return fault ? failed(fault.message) : passed(value.models.map(({ id }) => id).join(', '));
}
