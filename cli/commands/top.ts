import { setTimeout as sleep } from 'node:timers/promises';
import { asAudioCloudError, type Distribution, type EngineCounters, type EngineStatus } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { Command } from 'commander';
import { tokenOption } from '../flags.ts';

interface TopFlags {
  url: string;
  token?: string;
  once?: boolean;
  json?: boolean;
}

const ENGINE_START_MS = 5000;
const CLEAR = '\x1b[2J\x1b[H';

/** `audiocloud top`: loads and missed blocks of a running domain, again every second. */
export function topCommand(): Command {
  return new Command('top')
    .description(
      'Shows what the render threads and tasks of a running domain cost, and what they missed; every second.',
    )
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--once', 'print once and end')
    .option('--json', 'print lines of JSON: { engine, counters }; null for one that is away')
    .addHelpText('after', '\nExample:\n  audiocloud top --once')
    .action(top);
}

async function top({ url, token, once, json }: TopFlags): Promise<void> {
  const client = new AudioCloudClient(url, tokenOption(token));
  const isScreen = !once && !json && process.stdout.isTTY;
  for (;;) {
    const engines = await client.engines();
    const parts: string[] = [];
    for (const engine of engines) {
      const isThere = engine.state === 'up' || engine.state === 'suspect';
      // The only one may be starting; of several, one that is away must not hide the others.
      const counters = isThere || engines.length === 1 ? await countersOf(client, engine) : null;
      if (json) console.log(JSON.stringify({ engine: engine.id, counters }));
      else parts.push(counters ? engineText(engine, counters) : awayText(engine));
    }
    if (!json) console.log(`${isScreen ? CLEAR : ''}${parts.join('\n\n')}`);
    if (once) return;
    await sleep(1000);
  }
}

/** Waits for the first counters of an engine that has just come up. Throws ENGINE_UNAVAILABLE. */
async function countersOf(client: AudioCloudClient, { id }: EngineStatus): Promise<EngineCounters> {
  for (const until = Date.now() + ENGINE_START_MS; ; await sleep(200)) {
    try {
      return await client.counters(id);
    } catch (thrown) {
      if (asAudioCloudError(thrown).code !== 'ENGINE_UNAVAILABLE' || Date.now() > until) throw thrown;
    }
  }
}

function engineText({ id, device, scheduling }: EngineStatus, counters: EngineCounters): string {
  const { blocks, missedBlocks, leftOutBlocks, latenessMs } = counters.device;
  const head = [
    `engine ${id}`,
    ...(device ? [`${device.kind} ${device.sampleRate} Hz, blocks of ${device.blockFrames}`] : []),
    `scheduling ${scheduling ?? 'unknown'}`,
    `${blocks} blocks, ${missedBlocks} missed, ${leftOutBlocks} left out`,
    `late ${times(latenessMs)}`,
    `${counters.faults} faults`,
    ...(counters.disk ? [`${(counters.disk.readBytes / 2 ** 20).toFixed(1)} MiB from the disk`] : []),
  ].join(' | ');
  const threads = counters.threads.map((thread) => [
    thread.name,
    percent(thread.load),
    percent(thread.peakLoad),
    percent(thread.claimedLoad),
    times(thread.blockMs),
    String(thread.missedBlocks),
    thread.replacements > 0 ? `${thread.replacements} replaced` : '',
  ]);
  const tasks = Object.entries(counters.tasks).map(([task, counted]) => [
    `  ${task} (${counters.threads[counted.thread]?.name ?? counted.thread})`,
    percent(counted.load),
    percent(counted.peakLoad),
    percent(counted.claimedLoad),
    times(counted.blockMs),
    String(counted.missedBlocks),
    [
      dearest(counted.instanceLoads),
      counted.faults > 0 ? `${counted.faults} faults` : '',
      counted.disk ? `disk: ${counted.disk.underruns} underruns, ${counted.disk.seekWaits} seek waits` : '',
    ]
      .filter((note) => note !== '')
      .join(', '),
  ]);
  const columns = ['', 'load', 'peak', 'claim', 'block p50 / p99 / p99.9 / max, ms', 'missed', ''];
  return `${head}\n${table([columns, ...threads, ...tasks])}`;
}

const awayText = ({ id, state, waitingFor }: EngineStatus): string =>
  `engine ${id} | ${state} | ${waitingFor.map(({ why }) => why).join('; ')}`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const times = ({ p50, p99, p999, max }: Distribution): string =>
  [p50, p99, p999, max].map((ms) => ms.toFixed(3)).join(' / ');

/** The instance with the largest share of its task. */
function dearest(loads: Record<string, number>): string {
  const [most] = Object.entries(loads)
    .filter(([name]) => name !== '')
    .sort(([, a], [, b]) => b - a);
  return most ? `most: ${most[0]} ${percent(most[1])}` : '';
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, c) => cell.padEnd(widths[c]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
