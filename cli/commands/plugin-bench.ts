import { resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { type CostTable, costTables, optimiseWasm } from '@audiocloud/engine';
import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../flags.ts';
import { Steps } from '../steps.ts';

interface BenchFlags {
  sampleRate: number;
  blocks: number[];
  model?: string;
  json?: boolean;
}

const BLOCKS = [16, 64, 128, 512, 1024];

function sizes(text: string): number[] {
  const found = text.split(',').map(Number);
  if (!found.every((size) => Number.isInteger(size) && size >= 1 && size <= 8192))
    throw new InvalidArgumentError('wanted whole numbers from 1 to 8192, with commas between them.');
  return found;
}

/** `audiocloud plugin bench`: what a plugin costs on this machine. */
export function pluginBenchCommand(): Command {
  return new Command('bench')
    .summary('measures what a plugin costs')
    .description(
      'Measures what each model of a plugin costs: ns for a frame at several block sizes, alone and in lanes.',
    )
    .argument('[path]', 'folder of the package', '.')
    .option('--blocks <frames>', 'sizes of blocks, with commas between them', sizes, BLOCKS)
    .option('--sample-rate <hz>', 'frames per second', wholeNumber(8000, 192000), 48000)
    .option('--model <id>', 'only this model')
    .option(
      '--json',
      'print [ { id, widths, sampleRate, hasLanes, rows: [ { blockFrames, aloneNs, ofFourNs, ofManyNs } ], error? } ]',
    )
    .addHelpText(
      'after',
      '\nOne instance with its default widths and values, the host\'s work on it included, in caches that others have used: what admission counts with.\n"of 4" and "of 32" are one of so many side by side: where a plugin has ac_process_many, they share vectors.\n"instances" is how many of 32 side by side one core could render in real time.\n\nExample:\n  audiocloud plugin bench examples/plugins/c-tremolo --blocks 64,128',
    )
    .action(bench);
}

async function bench(path: string, { sampleRate, blocks, model, json }: BenchFlags): Promise<void> {
  const steps = new Steps(json);
  optimiseWasm(); // what is measured is the code that plays
  const tables = costTables(resolve(path), {
    sampleRate,
    blocks,
    model,
    onProgress: (part) => steps.say(`measuring: ${Math.round(100 * part)} %`),
  });
  steps.end();
  if (tables.length === 0)
    throw new AudioCloudError('MODEL_UNKNOWN', `Cannot measure ${model}: ${path} does not offer it`);
  if (tables.some(({ error }) => error)) process.exitCode = 1;
  if (json) console.log(JSON.stringify(tables));
  else for (const table of tables) print(table);
}

function print({ id, widths, sampleRate, hasLanes, rows, error }: CostTable): void {
  const ports = Object.entries(widths).map(([port, width]) => `${port} ${width}`);
  console.log(`${id} (${ports.join(', ')} channels, ${sampleRate} Hz${hasLanes ? '' : ', no ac_process_many'})`);
  console.log('   block  alone ns/frame     of 4    of 32   instances');
  for (const { blockFrames, aloneNs, ofFourNs, ofManyNs } of rows) {
    const numbers = [aloneNs, ofFourNs, ofManyNs].map((ns) => ns.toFixed(2).padStart(8)).join(' ');
    const instances = Math.floor(1e9 / (sampleRate * ofManyNs));
    console.log(`  ${String(blockFrames).padStart(6)}        ${numbers} ${String(instances).padStart(11)}`);
  }
  if (error) console.log(`  not measured: ${error}`);
}
