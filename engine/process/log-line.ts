/** Writes one line of JSON to stderr, where whoever started the process keeps it. [control] */
export function logLine(
  level: 'info' | 'warn' | 'error',
  message: string,
  details: Record<string, unknown> = {},
): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...details })}\n`);
}
