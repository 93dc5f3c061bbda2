import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's flag for a file that never has a name; Node's constants leave it out. */
const O_TMPFILE = 0o20200000;
const OWNER_ONLY = 0o600;

/** A temporary file without a name: no other process can open it, and it disappears with ours, however that ends. */
export async function openNamelessFile(): Promise<FileHandle> {
  if (process.platform === 'linux') {
    try {
      return await open(tmpdir(), O_TMPFILE | constants.O_RDWR, OWNER_ONLY);
    } catch (error) {
      // Not every file system has such files. A problem with the folder itself shows up again below.
      if (!['EOPNOTSUPP', 'EISDIR', 'EINVAL', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code)))
        throw error;
    }
  }
  const directory = await mkdtemp(join(tmpdir(), 'source-clari-'));
  try {
    return await open(
      join(directory, 'results.json'),
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
      OWNER_ONLY,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Proves that results can be written to the temporary folder. Otherwise, rejects with the file system's error. */
export async function tryTemporaryFolder(): Promise<void> {
  const file = await openNamelessFile();
  try {
    await file.write(Buffer.alloc(4096, 1));
  } finally {
    await file.close();
  }
}
