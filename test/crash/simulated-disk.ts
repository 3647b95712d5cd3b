import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { integerBetween, type Random } from "../../src/base/random.ts";
import type { DiskOperation } from "./disk-trace.ts";

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly length: number };

/** Bytes that grow at their end; what was never written reads as zero. */
class Content {
  #bytes: Buffer;
  #length: number;

  constructor(bytes = Buffer.alloc(0)) {
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): Content {
    return new Content(Buffer.from(this.bytes));
  }

  apply(change: Change): void {
    if (change.kind === "truncate") {
      this.#reach(change.length);
      this.#bytes.fill(0, change.length);
      this.#length = change.length;
    } else {
      this.#reach(change.offset + change.data.length);
      change.data.copy(this.#bytes, change.offset);
    }
  }

  #reach(length: number): void {
    if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(length * 2)]);
    this.#length = Math.max(this.#length, length);
  }
}

/** A file's content as it is safe on the disk, and what was done to it since its last sync. */
class DiskFile {
  readonly safe = new Content();
  unsynced: Change[] = [];

  sync(): void {
    for (const change of this.unsynced) this.safe.apply(change);
    this.unsynced = [];
  }
}

type NameChange = { readonly name: string; readonly file: DiskFile | undefined; readonly formerly?: string };

/** A disk sector is written whole or not at all. */
const sectorBytes = 512;
const noiseBytes = 8_191;

/**
 * A disk that forgets what was not synced. What a power loss leaves of unsynced writes is anything between all and
 * nothing: each may be there, missing, torn at a sector or garbage, in whatever order. Names made, moved or removed
 * since the folder's last sync are there up to some moment, because file systems keep those in order; syncing a file
 * makes its own name safe.
 */
export class SimulatedDisk {
  readonly #random: Random;
  readonly #names = new Map<string, DiskFile>();
  readonly #safeNames = new Map<string, DiskFile>();
  #unsyncedNames: NameChange[] = [];

  /** @param random decides what is lost */
  constructor(random: Random) {
    this.#random = random;
  }

  apply(operation: DiskOperation): void {
    switch (operation.kind) {
      case "write":
      case "truncate":
        this.#file(operation.file).unsynced.push(operation);
        return;
      case "sync":
        this.#sync(operation.file);
        return;
      case "failed-sync":
        this.#failSync(operation.file);
        return;
      case "rename":
        this.#name({ name: operation.file, file: this.#file(operation.from), formerly: operation.from });
        return;
      case "unlink":
        this.#name({ name: operation.file, file: undefined });
        break;
      case "ack":
    }
  }

  /** Whether a file holds writes that a power loss could undo. */
  hasUnsynced(file: string): boolean {
    return (this.#names.get(file)?.unsynced.length ?? 0) > 0;
  }

  /** Writes into a folder what a power loss at this moment leaves. */
  lose(folder: string): void {
    const random = this.#random;
    mkdirSync(folder, { recursive: true });
    const names = new Map(this.#safeNames);
    const kept = integerBetween(random, 0, this.#unsyncedNames.length);
    for (const change of this.#unsyncedNames.slice(0, kept)) rename(names, change);
    const fate = fateOf(random);
    for (const [name, file] of names) {
      const content = file.safe.copy();
      for (const change of file.unsynced) {
        const left = fate(change);
        if (left !== undefined) content.apply(left);
      }
      writeFileSync(join(folder, name), content.bytes);
    }
  }

  /**
   * After a sync that failed the system takes its unsynced writes for written: some are, some are gone, and no later
   * sync brings those back.
   */
  #failSync(name: string): void {
    if (name === ".") return;
    const file = this.#file(name);
    file.unsynced = file.unsynced.filter(() => this.#random.fraction() < 0.5);
    file.sync();
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
    if (made >= 0) for (const change of this.#unsyncedNames.splice(made, 1)) rename(this.#safeNames, change);
  }
}

function rename(names: Map<string, DiskFile>, { name, file, formerly }: NameChange): void {
  if (formerly !== undefined) names.delete(formerly);
  if (file === undefined) names.delete(name);
  else names.set(name, file);
}

/** What is left of an unsynced change: for some losses the same for all of them, for most decided one by one. */
function fateOf(random: Random): (change: Change) => Change | undefined {
  const noise = Buffer.from(random.bytes(noiseBytes));
  const fates = [
    () => undefined,
    (change: Change) => change,
    (change: Change) => tear(change, random),
    (change: Change) =>
      withData(change, (length) => startingAt(noise, integerBetween(random, 0, noiseBytes - 1), length)),
    (change: Change) => withData(change, (length) => Buffer.alloc(length)),
  ];
  const common = fates[integerBetween(random, 0, fates.length * 2 - 1)];
  return common ?? ((change) => fates[integerBetween(random, 0, fates.length - 1)]?.(change));
}

function tear(change: Change, random: Random): Change {
  if (change.kind === "truncate") return change;
  const firstBoundary = sectorBytes - (change.offset % sectorBytes);
  const sectors = Math.max(0, Math.floor((change.data.length - firstBoundary) / sectorBytes));
  const length = firstBoundary + integerBetween(random, 0, sectors) * sectorBytes;
  return { ...change, data: change.data.subarray(0, Math.min(length, change.data.length)) };
}

function withData(change: Change, make: (length: number) => Buffer): Change {
  return change.kind === "truncate" ? change : { ...change, data: make(change.data.length) };
}

function startingAt(noise: Buffer, offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => noise[(offset + index) % noise.length] ?? 0));
}
