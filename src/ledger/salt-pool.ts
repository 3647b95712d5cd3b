import type { Random } from "../base/random.ts";
import { toHex } from "./event-hash.ts";
import { ledgerBounds } from "./ledger-bounds.ts";

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
    const digits = ledgerBounds.saltBytes * 2;
    if (this.#position >= this.#drawn.length) {
      this.#drawn = toHex(this.#random.bytes(ledgerBounds.saltsPerDraw * ledgerBounds.saltBytes));
      this.#position = 0;
    }
    this.#position += digits;
    return this.#drawn.slice(this.#position - digits, this.#position);
  }
}
