import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { newToken } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { failure, type Result, success } from "../base/result.ts";
import { replaceFile } from "../home/atomic-file.ts";

const sessionRecord = z.object({
  /** SHA-256 of what the cookie holds, and of the secret of its origin. */
  cookieHash: z.string(),
  secretHash: z.string(),
  /** Milliseconds since the Unix epoch. */
  createdAt: z.number(),
  usedAt: z.number(),
});
const sessionFile = z.object({ schemaVersion: z.literal(1), sessions: z.array(sessionRecord) });

/** A browser that is signed in. */
export type Session = Readonly<z.infer<typeof sessionRecord>>;

/** What a browser gets for a code: the one goes into its cookie, the other is kept by the page. */
export interface SessionKeys {
  readonly cookie: string;
  readonly secret: string;
}

export interface SessionsOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  /** Told when a code has been used. */
  readonly onOpened?: () => void;
}

/**
 * Who may speak to the daemon from a browser. A one-time code, shown only to whoever started Keelson, is exchanged for
 * a cookie and a secret; both are needed, because the ports of a host share their cookies. The disk has only hashes.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #codes = new Map<string, number>();
  #sessions: Session[];
  #failures = { since: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#sessions = readSessions(options.file).filter((session) => this.#isAlive(session));
  }

  /** A new one-time code, 256 bits. */
  mintCode(): string {
    const code = newToken(this.#options.random);
    this.#codes.set(hash(code), this.#options.clock.monotonic() + limits.sessionCodeMilliseconds);
    const [oldest] = this.#codes.keys();
    if (this.#codes.size > limits.sessionCodes && oldest !== undefined) this.#codes.delete(oldest);
    return code;
  }

  /** Signs a browser in. Errors: `session.code`, `session.too-many-tries`. */
  open(code: string): Result<SessionKeys> {
    const { clock, random } = this.#options;
    if (this.#isThrottled()) {
      return failure("session.too-many-tries", "There were too many wrong codes in the last minute.", {
        next: "Wait a minute, then open a new address with: keelson open",
      });
    }
    const codeHash = hash(code);
    const expiresAt = this.#codes.get(codeHash);
    this.#codes.delete(codeHash);
    if (expiresAt === undefined || clock.monotonic() >= expiresAt) {
      this.#failures.count++;
      return failure("session.code", "This address has been used already, or is too old.", {
        next: "Open a new one with: keelson open",
      });
    }
    const keys = { cookie: newToken(random), secret: newToken(random) };
    const now = clock.now();
    const opened = { cookieHash: hash(keys.cookie), secretHash: hash(keys.secret), createdAt: now, usedAt: now };
    const newestFirst = this.#sessions.toSorted((left, right) => right.usedAt - left.usedAt);
    this.#store([opened, ...newestFirst.slice(0, limits.sessions - 1)]);
    this.#options.onOpened?.();
    return success(keys);
  }

  /** The session that a cookie stands for. */
  find(cookie: string | undefined): Session | undefined {
    if (cookie === undefined) return undefined;
    const cookieHash = hash(cookie);
    const found = this.#sessions.find((session) => session.cookieHash === cookieHash);
    return found !== undefined && this.#isAlive(found) ? found : undefined;
  }

  /** Whether a secret is the one of a session that is still open. Using a session keeps it. */
  admits(session: Session, secret: string | undefined): boolean {
    const known = this.#sessions.find(({ cookieHash }) => cookieHash === session.cookieHash);
    if (known === undefined || secret === undefined || !this.#isAlive(known)) return false;
    if (!timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(known.secretHash))) return false;
    const now = this.#options.clock.now();
    if (now - known.usedAt > limits.sessionTouchMilliseconds) {
      this.#store(this.#sessions.map((each) => (each === known ? { ...known, usedAt: now } : each)));
    }
    return true;
  }

  isOpen(session: Session): boolean {
    return this.#sessions.some((each) => each.cookieHash === session.cookieHash && this.#isAlive(each));
  }

  /** Signs a browser out. */
  close(session: Session): void {
    this.#store(this.#sessions.filter(({ cookieHash }) => cookieHash !== session.cookieHash));
  }

  #isAlive({ usedAt }: Session): boolean {
    return this.#options.clock.now() - usedAt < limits.sessionMilliseconds;
  }

  #isThrottled(): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#failures.since >= 60_000) this.#failures = { since: now, count: 0 };
    return this.#failures.count >= limits.sessionFailuresPerMinute;
  }

  #store(sessions: Session[]): void {
    this.#sessions = sessions;
    replaceFile(this.#options.file, `${JSON.stringify({ schemaVersion: 1, sessions })}\n`);
  }
}

/** A file that cannot be read signs everybody out and does no other harm. */
function readSessions(file: string): Session[] {
  try {
    return sessionFile.parse(JSON.parse(readFileSync(file, "utf8"))).sessions;
  } catch {
    return [];
  }
}

/** The values are random and long, so a plain hash tells nothing about them. */
function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
