import { basename } from "node:path";

/** One thing that a process did to a file of the watched folder, or told on its standard output. Files go by their name. */
export type DiskOperation =
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly file: string; readonly length: number }
  | { readonly kind: "sync" | "failed-sync"; readonly file: string }
  | { readonly kind: "rename"; readonly from: string; readonly file: string }
  | { readonly kind: "unlink"; readonly file: string }
  | { readonly kind: "ack"; readonly index: number };

/** Reads what the shim noted. The folder itself goes by the name ".". SQLite's shared memory is no file of the disk's. */
export function parseTrace(log: Buffer, folder: string): readonly DiskOperation[] {
  const operations: DiskOperation[] = [];
  for (let position = 0; position < log.length;) {
    const end = log.indexOf(0x0a, position);
    const [kind = "", length = "", offset = "", path = ""] = log.toString("latin1", position, end).split(" ");
    const data = log.subarray(end + 1, end + 1 + Number(length));
    position = end + 1 + Number(length);
    const operation = operationOf(kind, data, Number(offset), path === folder ? "." : basename(path));
    if (operation !== undefined && !path.endsWith("-shm")) operations.push(operation);
  }
  return operations;
}

function operationOf(kind: string, data: Buffer, offset: number, file: string): DiskOperation | undefined {
  switch (kind) {
    case "write":
      return { kind, file, offset, data };
    case "truncate":
      return { kind, file, length: offset };
    case "sync":
    case "failed-sync":
    case "unlink":
      return { kind, file };
    case "rename":
      return { kind, from: basename(data.toString()), file };
    case "ack": {
      const index = /^ack (\d+)\n$/.exec(data.toString())?.[1];
      return index === undefined ? undefined : { kind, index: Number(index) };
    }
    default:
      throw new Error(`the shim noted ${JSON.stringify(kind)}`);
  }
}
