import {
  closeSync,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  type WriteStream,
} from "node:fs";
import { dirname } from "node:path";

/** A file to which lines are added. */
export type LogFile = {
  /** Takes one line with its newline. Never throws and never waits; what cannot be written is lost. */
  readonly write: (line: string) => void;
  readonly close: () => void;
};

export type LogFileOptions = {
  readonly path: string;
  /** Beyond this the file becomes `<path>.old`, and a new one is begun. */
  readonly mostBytes: number;
  /** It cannot be written, and will not be any more: why, in one line. */
  readonly failed: (reason: string) => void;
};

/** Opens a log file for the user alone, and makes its folder where there is none. */
export function openLogFile({ path, mostBytes, failed }: LogFileOptions): LogFile {
  let stream: WriteStream | undefined;
  let bytes = 0;
  const fail = (cause: Error): void => {
    if (stream === undefined) return;
    stream.destroy();
    stream = undefined;
    failed(`${path} cannot be written: ${cause.message}`);
  };
  const open = (): WriteStream => {
    bytes = 0;
    const opened = createWriteStream(path, { flags: "w", mode: 0o600 });
    opened.on("error", fail);
    return opened;
  };
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    stream = open();
  } catch (cause) {
    failed(`${path} cannot be written: ${(cause as Error).message}`);
  }
  return {
    write: (line) => {
      // Nobody waits for a disk that is stuck.
      if (stream === undefined || stream.writableLength > mostBytes) return;
      bytes += line.length;
      if (bytes > mostBytes) {
        try {
          stream.end();
          renameSync(path, `${path}.old`);
          stream = open();
        } catch (cause) {
          fail(cause as Error);
          return;
        }
      }
      stream.write(line);
    },
    close: () => stream?.end(),
  };
}

/**
 * The whole lines that stand in a file from an offset on (UTF-8), and where they end; from its beginning where it has
 * become shorter, and nothing where it is gone.
 */
export function readLinesFrom(path: string, offset: number): { readonly text: string; readonly end: number } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const { size } = fstatSync(descriptor);
    const from = size < offset ? 0 : offset;
    const bytes = Buffer.alloc(size - from);
    const count = readSync(descriptor, bytes, 0, bytes.length, from);
    const whole = bytes.subarray(0, count).lastIndexOf(0x0a) + 1;
    return { text: bytes.toString("utf8", 0, whole), end: from + whole };
  } catch {
    return { text: "", end: 0 };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
