import { hash } from "node:crypto";

/** What the chain covers of an event besides its payload. */
export interface EventHeader {
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly at: number;
  readonly actor: string;
  readonly causation: string;
}

/** What the first event has as its previous hash. */
export const genesisHash = "0".repeat(64);

/**
 * SHA-256 over the salt (32 hexadecimal digits) followed by the payload as stored. The salt keeps an erased payload
 * from being guessed back out of its hash.
 * @returns 64 hexadecimal digits, as the other hashes here
 */
export function hashPayload(salt: string, payload: string): string {
  return hash("sha256", salt + payload);
}

/** The same over the bytes that the database holds, which need not be valid UTF-8 once somebody has been at them. */
export function hashPayloadBytes(salt: string, payload: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(salt), payload]));
}

/**
 * SHA-256 over the previous event's hash, the header as a JSON array without spaces, and the payload's hash. The first
 * and the last part have a fixed length, so no two different events give the same input.
 */
export function hashEvent(previousHash: string, header: EventHeader, payloadHash: string): string {
  const { seq, stream, version, type, schemaVersion, at, actor, causation } = header;
  const parts = JSON.stringify([seq, stream, version, type, schemaVersion, at, actor, causation]);
  return hash("sha256", previousHash + parts + payloadHash);
}
