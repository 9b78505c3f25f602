import { open } from 'node:fs/promises';

/** So that the names in a folder survive a crash of the machine. [control] */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
