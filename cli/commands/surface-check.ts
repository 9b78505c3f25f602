import { styleText } from 'node:util';
import { AudioCloudClient } from '@audiocloud/client';
import { Command } from 'commander';
import { collect, tokenOption } from '../flags.ts';
import { lintMapFile, type SurfaceProblem, taskMistakes } from '../surface/map-file.ts';
import { surfaceAdapters } from '../surface/surface-adapters.ts';

interface CheckFlags {
  task?: string;
  url: string;
  token?: string;
  plugins: string[];
  json?: boolean;
}

/** `audiocloud surface check`: every mistake of a map, each with its mend. */
export function surfaceCheckCommand(): Command {
  return new Command('check')
    .description('Looks at all of a map: its form, its controls, and with --task whether they fit the task.')
    .argument('<map>', 'YAML or JSON file')
    .option('--task <id>', 'a task of a running domain')
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--plugins <dir>', 'an adapter package; may be given again', collect, [])
    .option('--json', 'print a list of { check, file, line, place, message, mend }')
    .addHelpText('after', '\nExample:\n  audiocloud surface check desk.yaml --task demo')
    .action(run);
}

async function run(path: string, { task, url, token, plugins, json }: CheckFlags): Promise<void> {
  const { map, problems, located } = await lintMapFile(path, surfaceAdapters(plugins));
  if (map && task !== undefined) {
    const client = new AudioCloudClient(url, tokenOption(token));
    const [models, { task: graph }] = await Promise.all([client.models(), client.tasks.get(task)]);
    problems.push(...taskMistakes(map, graph, models).map(located));
  }
  problems.sort((a, b) => a.line - b.line);
  if (json) console.log(JSON.stringify(problems));
  else console.log(problems.length ? problems.map(problemText).join('\n') : `${path}: no mistake`);
  if (problems.length) process.exitCode = 1;
}

const problemText = ({ file, line, check, place, message, mend }: SurfaceProblem): string =>
  `${file}:${line}: ${styleText('red', check, { stream: process.stdout })} ${place} ${message}\n  mend: ${mend}`;
