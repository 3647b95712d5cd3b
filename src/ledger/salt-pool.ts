import type { Random } from "../base/random.ts";
import { ledgerBounds } from "./ledger-bounds.ts";

const digits = ledgerBounds.saltBytes * 2;

/** Hands out salts of 128 bits. Drawing many at a time costs far less than asking for each. */
export class SaltPool {
  readonly #random: Pick<Random, "bytes">;
  #drawn = "";
  #position = 0;

  constructor(random: Pick<Random, "bytes">) {
    this.#random = random;
  }

  /** A salt that was never handed out before, as 32 hexadecimal digits. */
  next(): string {
    if (this.#position >= this.#drawn.length) {
      const bytes = this.#random.bytes(ledgerBounds.saltsPerDraw * ledgerBounds.saltBytes);
      this.#drawn = Buffer.from(bytes).toString("hex");
      this.#position = 0;
    }
    this.#position += digits;
    return this.#drawn.slice(this.#position - digits, this.#position);
  }
}
