import { spawnSync } from 'node:child_process';

// npm run check: format and lint, types, then the tests (the layers are one of them).
const STEPS = [
  ['biome', 'check', '.'],
  ['tsc', '-p', '.'],
  ['node', 'scripts/test.ts'],
] as const;

for (const [command, ...args] of STEPS) {
  console.log(`> ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
