import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { integerBetween, type Random } from "../../src/base/random.ts";
import type { DiskOperation } from "./disk-trace.ts";

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly length: number };

/** A file's content as it is safe on the disk, and what was done to it since its last sync. */
class DiskFile {
  safe = Buffer.alloc(0);
  unsynced: Change[] = [];

  sync(): void {
    for (const change of this.unsynced) this.safe = changed(this.safe, change);
    this.unsynced = [];
  }
}

type NameChange = { readonly name: string; readonly file: DiskFile | undefined; readonly formerly?: string };

/** A disk sector is written whole or not at all. */
const sectorBytes = 512;

/**
 * A disk that forgets what was not synced. What a power loss leaves of unsynced writes is anything between all and
 * nothing: each may be there, missing, torn at a sector or garbage, in whatever order. Names made, moved or removed
 * since the folder's last sync are there up to some moment, because file systems keep those in order; syncing a file
 * makes its own name safe.
 */
export class SimulatedDisk {
  readonly #names = new Map<string, DiskFile>();
  readonly #safeNames = new Map<string, DiskFile>();
  #unsyncedNames: NameChange[] = [];

  apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case "write":
      case "truncate":
        this.#file(operation.file).unsynced.push(operation);
        return;
      case "sync":
        this.#sync(operation.file);
        return;
      case "rename":
        this.#name({ name: operation.file, file: this.#file(operation.from), formerly: operation.from });
        return;
      case "unlink":
        this.#name({ name: operation.file, file: undefined });
        return;
      case "ack":
    }
  }

  /** Whether a file holds writes that a power loss could undo. */
  hasUnsynced(file: string): boolean {
    return (this.#names.get(file)?.unsynced.length ?? 0) > 0;
  }

  /** Writes into a folder what a power loss at this moment leaves. */
  lose(folder: string, random: Random): void {
    mkdirSync(folder, { recursive: true });
    const names = new Map(this.#safeNames);
    const kept = integerBetween(random, 0, this.#unsyncedNames.length);
    for (const change of this.#unsyncedNames.slice(0, kept)) rename(names, change);
    const fate = fateOf(random);
    for (const [name, file] of names) {
      const content = file.unsynced.reduce((before, change) => fate(before, change), Buffer.from(file.safe));
      writeFileSync(join(folder, name), content);
    }
  }

  #file(name: string): DiskFile {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const file = new DiskFile();
    this.#name({ name, file });
    return file;
  }

  #name(change: NameChange): void {
    rename(this.#names, change);
    this.#unsyncedNames.push(change);
  }

  #sync(name: string): void {
    if (name === ".") {
      for (const change of this.#unsyncedNames) rename(this.#safeNames, change);
      this.#unsyncedNames = [];
      return;
    }
    const file = this.#file(name);
    file.sync();
    const made = this.#unsyncedNames.findIndex((change) => change.file === file && change.formerly === undefined);
    for (const change of this.#unsyncedNames.splice(Math.max(0, made), made < 0 ? 0 : 1))
      rename(this.#safeNames, change);
  }
}

function rename(names: Map<string, DiskFile>, { name, file, formerly }: NameChange): void {
  if (formerly !== undefined) names.delete(formerly);
  if (file === undefined) names.delete(name);
  else names.set(name, file);
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === "truncate")
    return Buffer.concat([content, Buffer.alloc(Math.max(0, change.length - content.length))]).subarray(
      0,
      change.length,
    );
  const { offset, data } = change;
  const end = offset + data.length;
  const grown = end <= content.length ? content : Buffer.concat([content, Buffer.alloc(end - content.length)]);
  data.copy(grown, offset);
  return grown;
}

/** What becomes of unsynced changes: for some losses the same for all of them, for most decided one by one. */
function fateOf(random: Random): (content: Buffer, change: Change) => Buffer {
  const lost = (content: Buffer): Buffer => content;
  const torn = (content: Buffer, change: Change): Buffer => changed(content, tear(change, random));
  const garbled = (content: Buffer, change: Change): Buffer => changed(content, garble(change, random));
  const zeroed = (content: Buffer, change: Change): Buffer => changed(content, zero(change));
  const fates = [lost, changed, torn, garbled, zeroed];
  const common = fates[integerBetween(random, 0, fates.length + 4)];
  if (common !== undefined) return common;
  return (content, change) => (fates[integerBetween(random, 0, fates.length - 1)] ?? lost)(content, change);
}

function tear(change: Change, random: Random): Change {
  if (change.kind === "truncate") return change;
  const firstBoundary = sectorBytes - (change.offset % sectorBytes);
  const sectors = Math.max(0, Math.floor((change.data.length - firstBoundary) / sectorBytes));
  const length = firstBoundary + integerBetween(random, 0, sectors) * sectorBytes;
  return { ...change, data: change.data.subarray(0, Math.min(length, change.data.length)) };
}

function garble(change: Change, random: Random): Change {
  if (change.kind === "truncate") return change;
  return { ...change, data: Buffer.from(random.bytes(change.data.length)) };
}

function zero(change: Change): Change {
  return change.kind === "truncate" ? change : { ...change, data: Buffer.alloc(change.data.length) };
}
