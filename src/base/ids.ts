import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/**
 * Makes a UUID of version 7 (RFC 9562, section 5.7): 48 bits of time, then randomness, so that ids sort by age.
 */
export function newId(clock: Pick<Clock, "now">, random: Pick<Random, "bytes">): string {
  const bytes = random.bytes(16);
  let time = clock.now();
  for (let index = 5; index >= 0; index--) {
    bytes[index] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** An unguessable token of 256 bits, as 64 hexadecimal digits. */
export function newToken(random: Pick<Random, "bytes">): string {
  return toHex(random.bytes(32));
}

function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
